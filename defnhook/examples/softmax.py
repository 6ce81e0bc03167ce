# defn
"""The softmax of a vector, as one writes it in NumPy."""

import numpy as np


def softmax(t):
    """Weights that sum to 1, in proportion to the exponential of each element."""
    return np.exp(t) / np.sum(np.exp(t))
