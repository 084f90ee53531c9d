"""Character n-grams: what sentence vectors miss in misspelled words and rare names.

TF-IDF over n-grams inside word boundaries (as scikit-learn's ``char_wb``), reduced by truncated SVD. At run time one
text costs a few dozen dictionary look-ups; scikit-learn's own vectorizer takes several times as long for one text.
"""
from __future__ import annotations

from collections import Counter
from math import log, sqrt
from typing import Sequence

import numpy as np
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.text import normalise

SIZES = (3, 4)


def grams(text: str) -> list[str]:
    """The n-grams of a text, each word padded with a space on both sides."""
    found: list[str] = []
    for word in normalise(text).split():
        padded = f" {word} "
        for size in SIZES:
            if len(padded) <= size:
                found.append(padded)
                break
            found.extend(padded[i : i + size] for i in range(len(padded) - size + 1))
    return found


class CharacterNgrams:
    """A fitted reduction from text to a short vector.

    Args:
        vocabulary: the n-grams, in column order.
        idf: their weights.
        components: shape (n-grams, dimensions).
    """

    def __init__(self, vocabulary: Sequence[str], idf: np.ndarray, components: np.ndarray) -> None:
        self.vocabulary, self.idf, self.components = list(vocabulary), idf, components
        self._column = {gram: i for i, gram in enumerate(vocabulary)}

    @classmethod
    def fit(cls, texts: Sequence[str], dimensions: int, seed: int) -> tuple[CharacterNgrams, np.ndarray]:
        """Learn the reduction, and reduce the texts that it was learned from.

        N-grams of a single text are left out where there are many texts.
        """
        vectorizer = TfidfVectorizer(
            analyzer=grams, sublinear_tf=True, min_df=2 if len(texts) > 2000 else 1, dtype=np.float32
        )
        matrix = vectorizer.fit_transform(texts)
        vocabulary, idf = vectorizer.get_feature_names_out().tolist(), vectorizer.idf_.astype(np.float32)
        components = np.zeros((len(vocabulary), 0), dtype=np.float32)
        if min(matrix.shape) > dimensions:
            svd = TruncatedSVD(dimensions, n_iter=1, random_state=seed).fit(matrix)
            components = np.ascontiguousarray(svd.components_.T, dtype=np.float32)
        return cls(vocabulary, idf, components), np.asarray(matrix @ components, dtype=np.float32)

    def reduce(self, counts: Counter[str]) -> np.ndarray:
        """The reduced vector of a text with these n-grams, shape (dimensions,)."""
        known = {column: n for gram, n in counts.items() if (column := self._column.get(gram)) is not None}
        columns = np.fromiter(known, dtype=np.intp, count=len(known))
        values = self.idf[columns]
        for i, n in enumerate(known.values()):
            if n > 1:  # few are; the logarithm of all of them takes longer
                values[i] *= 1 + log(n)
        return (values @ self.components.take(columns, axis=0)) / max(sqrt(values @ values), 1e-9)

    def arrays(self) -> dict[str, np.ndarray]:
        """For the model storage."""
        return {"ngrams": np.array(self.vocabulary), "idf": self.idf, "components": self.components}


class Reductions:
    """The n-grams of some texts, reduced by each model that asks.

    Args:
        texts: to be reduced.
        reducers: models that are known to ask: their part is done at once. Others that ask join them.
    """

    def __init__(self, texts: Sequence[str], reducers: list[CharacterNgrams]) -> None:
        self._counts = [Counter(grams(text)) for text in texts]
        self._reducers = reducers
        self._found = {reducer: self._reduce(reducer) for reducer in reducers}

    def by(self, reducer: CharacterNgrams) -> np.ndarray:
        """What a model makes of each text, shape (texts, dimensions)."""
        if reducer not in self._found:
            self._found[reducer] = self._reduce(reducer)
            self._reducers.append(reducer)
        return self._found[reducer]

    def _reduce(self, reducer: CharacterNgrams) -> np.ndarray:
        return np.stack([reducer.reduce(counts) for counts in self._counts])
