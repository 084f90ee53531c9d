"""Multinomial logistic regression in single precision.

scikit-learn 1.1, to which Rasa 3.6 is bound, computes it in double precision and takes twice as long for the same labels;
it was a quarter of the training. L-BFGS is SciPy's.
"""
from __future__ import annotations

import numpy as np
from scipy.optimize import minimize


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

    origin = np.zeros((size + 1) * classes) if start is None else np.concatenate([part.ravel() for part in start]).astype(float)
    found = minimize(loss, origin, jac=True, method="L-BFGS-B", options={"maxiter": steps}).x
    found = found.astype(np.float32)
    return np.ascontiguousarray(found[:-classes].reshape(size, classes)), found[-classes:]


def softmax(scores: np.ndarray) -> np.ndarray:
    """Chances along the last axis."""
    chances = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return chances / chances.sum(axis=-1, keepdims=True)
