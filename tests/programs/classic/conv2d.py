# defn
"""A convolution layer with a bias: for every pixel of the result, a window of the images times the weights."""

import numpy as np


def conv2d(images, weights, bias):
    size = weights.shape[0]
    count, height, width, _ = images.shape
    out_height = height - size + 1
    out_width = width - size + 1
    out = np.empty((count, out_height, out_width, weights.shape[3]), dtype=images.dtype)
    for i in range(out_height):
        for j in range(out_width):
            window = images[:, i : i + size, j : j + size, :, np.newaxis]
            out[:, i, j, :] = np.sum(window * weights[np.newaxis], axis=(1, 2, 3))
    return out + bias


def arguments(count, height, width, size, channels, filters, dtype=np.float32):  # defn: off
    rng = np.random.default_rng(height)
    images = rng.normal(size=(count, height, width, channels)).astype(dtype)
    weights = rng.normal(size=(size, size, channels, filters)).astype(dtype)
    return images, weights, rng.normal(size=filters).astype(dtype)


def cases():  # defn: off
    return [
        ("conv2d", arguments(2, 5, 6, 3, 2, 4), {}),
        ("conv2d", arguments(1, 4, 4, 2, 1, 3, np.float64), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "conv2d": lambda: arguments(4, 32, 32, 5, 3, 16),
}
