"""Character n-grams: what sentence vectors miss in misspelled words and rare names.

TF-IDF over n-grams inside word boundaries (as scikit-learn's ``char_wb``), reduced by truncated SVD. At run time one
text costs a few dozen dictionary look-ups; scikit-learn's own vectorizer takes several times as long for one text.
"""
from __future__ import annotations

from collections import Counter
from math import log
from typing import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD

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
        counted = [Counter(grams(text)) for text in texts]
        seen = Counter(gram for counts in counted for gram in counts)
        least = 2 if len(texts) > 2000 else 1
        vocabulary = sorted(gram for gram, n in seen.items() if n >= least)
        idf = np.array([log((1 + len(texts)) / (1 + seen[gram])) + 1 for gram in vocabulary], dtype=np.float32)
        fitted = cls(vocabulary, idf, np.zeros((len(vocabulary), 0), dtype=np.float32))
        if min(len(vocabulary), len(texts)) <= dimensions:
            return fitted, np.zeros((len(texts), 0), dtype=np.float32)
        matrix = fitted._matrix(counted)
        svd = TruncatedSVD(dimensions, n_iter=2, random_state=seed).fit(matrix)
        fitted.components = np.ascontiguousarray(svd.components_.T, dtype=np.float32)
        return fitted, np.asarray(matrix @ fitted.components, dtype=np.float32)

    def _weights(self, counts: Counter[str]) -> tuple[list[int], np.ndarray]:
        known = [(column, n) for gram, n in counts.items() if (column := self._column.get(gram)) is not None]
        columns = [column for column, _ in known]
        values = (1 + np.log(np.array([n for _, n in known], dtype=np.float32))) * self.idf[columns]
        return columns, values / max(float(np.linalg.norm(values)), 1e-9)

    def reduce(self, counts: Counter[str]) -> np.ndarray:
        """The reduced vector of a text with these n-grams, shape (dimensions,)."""
        columns, values = self._weights(counts)
        return values @ self.components[columns]

    def _matrix(self, counted: Sequence[Counter[str]]) -> csr_matrix:
        weighed = [self._weights(counts) for counts in counted]
        ends = np.cumsum([0, *(len(columns) for columns, _ in weighed)])
        columns = np.concatenate([np.array(found, dtype=np.int32) for found, _ in weighed])
        values = np.concatenate([weights for _, weights in weighed])
        return csr_matrix((values, columns, ends), shape=(len(counted), len(self.vocabulary)), dtype=np.float32)

    def arrays(self) -> dict[str, np.ndarray]:
        """For the model storage."""
        return {"ngrams": np.array(self.vocabulary), "idf": self.idf, "components": self.components}
