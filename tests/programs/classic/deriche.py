# defn
"""Deriche's recursive smoothing of an image: forward and backward along the rows, then along the columns."""

import numpy as np


def deriche(image, alpha):
    height, width = image.shape
    decay = np.exp(-alpha)
    k = (1 - decay) ** 2 / (1 + 2 * alpha * decay - decay**2)
    a1, a2, a3, a4 = k, k * decay * (alpha - 1), k * decay * (alpha + 1), -k * decay**2
    b1, b2 = 2 * decay, -(decay**2)

    forward = np.empty_like(image)
    forward[:, 0] = a1 * image[:, 0]
    forward[:, 1] = a1 * image[:, 1] + a2 * image[:, 0] + b1 * forward[:, 0]
    for j in range(2, width):
        forward[:, j] = (
            a1 * image[:, j] + a2 * image[:, j - 1] + b1 * forward[:, j - 1] + b2 * forward[:, j - 2]
        )
    backward = np.empty_like(image)
    backward[:, -1] = 0.0
    backward[:, -2] = a3 * image[:, -1]
    for j in range(width - 3, -1, -1):
        backward[:, j] = (
            a3 * image[:, j + 1] + a4 * image[:, j + 2] + b1 * backward[:, j + 1] + b2 * backward[:, j + 2]
        )
    rows = forward + backward

    forward[0] = a1 * rows[0]
    forward[1] = a1 * rows[1] + a2 * rows[0] + b1 * forward[0]
    for i in range(2, height):
        forward[i] = a1 * rows[i] + a2 * rows[i - 1] + b1 * forward[i - 1] + b2 * forward[i - 2]
    backward[-1] = 0.0
    backward[-2] = a3 * rows[-1]
    for i in range(height - 3, -1, -1):
        backward[i] = a3 * rows[i + 1] + a4 * rows[i + 2] + b1 * backward[i + 1] + b2 * backward[i + 2]
    return forward + backward


def image(height, width, dtype=np.float64):  # defn: off
    return np.random.default_rng(height).uniform(size=(height, width)).astype(dtype)


def cases():  # defn: off
    return [
        ("deriche", (image(6, 7), 0.25), {}),
        ("deriche", (image(5, 4, np.float32), 0.5), {}),
        ("deriche", (image(2, 2), 0.25), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "deriche": lambda: (image(500, 400), 0.25),
}
