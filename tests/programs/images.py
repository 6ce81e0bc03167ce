# defn
"""Pictures: colours, pooling, blending, gamma, rotation by views."""

import numpy as np

WEIGHTS = np.array([0.299, 0.587, 0.114])


def luminance(picture):
    return np.sum(picture * WEIGHTS, axis=-1)


def grey_by_product(picture):
    return picture @ WEIGHTS


def gamma(picture, value=2.2):
    return (np.power(picture / 255, 1 / value) * 255).round().astype(np.uint8)


def blend(a, b, alpha):
    return (a * alpha + b * (1 - alpha)).astype(a.dtype)


def pool(x, k):
    h, w = x.shape
    blocks = x[: h // k * k, : w // k * k].reshape(h // k, k, w // k, k)
    return blocks.max(axis=(1, 3)), blocks.mean(axis=(1, 3))


def rotated(x):
    return x.T[::-1], x[::-1, ::-1], np.flipud(x), np.fliplr(x)


def threshold(x, level):
    return np.where(x > level, np.uint8(255), np.uint8(0)), (x > level).mean(), np.count_nonzero(x > level)


def channels_first(picture):
    return picture.transpose(2, 0, 1) / np.float32(255), picture.max(axis=(0, 1)), picture.sum(axis=(0, 1))


def saturated(x, amount):
    return np.clip(x.astype(np.int16) + amount, 0, 255).astype(np.uint8)


def cases():  # defn: off
    rng = np.random.default_rng(11)
    picture = rng.integers(0, 256, size=(5, 6, 3)).astype("u1")
    grey = picture[..., 0]
    return [
        ("luminance", (picture,), {}),
        ("luminance", (picture.astype("f4"),), {}),
        ("grey_by_product", (picture,), {}),
        ("gamma", (picture,), {}),
        ("gamma", (np.float32(picture), 1.5), {}),
        ("blend", (picture, picture[::-1], 0.25), {}),
        ("blend", (picture.astype("f4"), picture[::-1], 0.25), {}),
        ("pool", (grey, 2), {}),
        ("pool", (grey.astype("f8"), 3), {}),
        ("pool", (grey.T, 2), {}),
        ("rotated", (grey,), {}),
        ("threshold", (grey, 100), {}),
        ("threshold", (grey / 255, 0.5), {}),
        ("threshold", (grey, 1000), {}),
        ("channels_first", (picture,), {}),
        ("saturated", (grey, 60), {}),
        ("saturated", (grey, -60), {}),
    ]


CASES = cases()
