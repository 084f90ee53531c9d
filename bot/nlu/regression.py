"""Multinomial logistic regression in single precision, along whitened features.

scikit-learn 1.1, to which Rasa 3.6 is bound, computes it in double precision and takes twice as long for the same labels;
it was a quarter of the training. L-BFGS is SciPy's.

The features are whitened by how examples of one class differ among themselves, as linear discriminant analysis does: what
varies within every class anyway then tells little, and fewer steps lead further. The weights are given for the features as
they are, so that reading a text costs no more.
"""
from __future__ import annotations

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

EVEN_EXAMPLES = 12_000  # that differ the same in all directions, as if seen besides: few examples cannot show how a class varies


def fit(
    features: np.ndarray,
    numbers: np.ndarray,
    C: float,
    steps: int,
    balanced: bool,
    start: tuple[np.ndarray, np.ndarray] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Weights, shape (features, classes), and biases of the least regularised loss.

    Args:
        features: float32, a row an example.
        numbers: the class of each example, 0 and up, each at least once.
        C: inverse strength of the L2 penalty on the weights, as in scikit-learn.
        steps: of L-BFGS at most; few of them keep the weights small too.
        balanced: whether each class counts the same, however many examples it has.
        start: weights and biases to go on from; zeros without.
    """
    middle, widen, narrow = _whitening(features, numbers)
    features = (features - middle) @ widen
    examples, size, classes = len(features), features.shape[1], int(numbers.max()) + 1
    counts = np.bincount(numbers)
    weight = (examples / (classes * counts) if balanced else np.ones(classes))[numbers].astype(np.float32)
    each = np.arange(examples)

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        weights, bias = flat[:-classes].reshape(size, classes), flat[-classes:]
        scores = features @ weights.astype(np.float32) + bias.astype(np.float32)
        scores -= scores.max(axis=1, keepdims=True)
        own = scores[each, numbers]
        chances = np.exp(scores, out=scores)
        total = chances.sum(axis=1)
        value = weight @ (np.log(total) - own) + (weights * weights).sum() / (2 * C)
        chances *= (weight / total)[:, None]
        chances[each, numbers] -= weight
        return float(value), np.concatenate([(features.T @ chances + weights / C).ravel(), chances.sum(axis=0)])

    origin = np.zeros((size + 1) * classes)
    if start is not None:
        origin = np.concatenate([(narrow @ start[0]).ravel(), start[1] + middle @ start[0]]).astype(float)
    found = minimize(loss, origin, jac=True, method="L-BFGS-B", options={"maxiter": steps}).x.astype(np.float32)
    weights = widen @ found[:-classes].reshape(size, classes)
    return np.ascontiguousarray(weights), found[-classes:] - middle @ weights


def _whitening(features: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The mean, the matrix after which examples of one class vary the same in all directions, and its inverse."""
    counts = np.bincount(numbers)
    of_class = csr_matrix((np.ones(len(numbers), np.float32), (numbers, np.arange(len(numbers)))))
    means = (of_class @ features) / counts[:, None].astype(np.float32)
    middle = features.mean(axis=0)
    inside = features - means[numbers]
    spread = (inside.T @ inside).astype(float)
    even = max(np.trace(spread) / len(spread), 1e-9) * EVEN_EXAMPLES / len(features)
    values, directions = np.linalg.eigh(spread + even * np.eye(len(spread)))
    scales = 1 / np.sqrt(values)
    outside = features - middle
    lengths = (outside @ directions.astype(np.float32)) * scales.astype(np.float32)
    scales /= max(np.sqrt((lengths * lengths).sum(axis=1).mean()), 1e-9)  # vectors of length one on average, as C expects
    widen, narrow = (directions * scales) @ directions.T, (directions / scales) @ directions.T
    return middle, widen.astype(np.float32), narrow.astype(np.float32)


def softmax(scores: np.ndarray) -> np.ndarray:
    """Chances along the last axis."""
    chances = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return chances / chances.sum(axis=-1, keepdims=True)
