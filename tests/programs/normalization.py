# defn
"""Layer, root mean square and batch normalization; standardized columns; moments."""

import numpy as np

EPSILON = 1e-5


def layernorm(x, gain, bias):
    mean = np.mean(x, axis=-1, keepdims=True)
    variance = np.var(x, axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + EPSILON) * gain + bias


def rms_norm(x, gain, eps=EPSILON):
    return x / np.sqrt(np.mean(np.square(x), axis=-1, keepdims=True) + eps) * gain


def standardize(x, ddof=0):
    return (x - x.mean(axis=0)) / x.std(axis=0, ddof=ddof)


def batch_statistics(x):
    flat = x.reshape(-1, x.shape[-1])
    return flat.mean(axis=0), flat.var(axis=0, ddof=1), flat.min(0), flat.max(0)


def moments(x, ddof=0):
    centre = x.mean()
    deviation = x - centre
    variance = np.var(x, ddof=ddof)
    skew = np.mean(deviation**3) / np.std(x) ** 3
    kurtosis = np.mean(deviation**4) / variance**2 - 3
    return centre, variance, skew, kurtosis


def rescale(x, low=0.0, high=1.0):
    return low + (x - x.min()) * (high - low) / np.ptp(x)


def weighted_mean(x, w):
    return np.average(x, weights=w), np.sum(w * x) / np.sum(w)


def cases():  # defn: off
    rng = np.random.default_rng(2)
    x, w = rng.normal(size=(6, 4)), rng.uniform(1, 2, size=(6, 4))
    gain, bias = rng.normal(size=4), rng.normal(size=4)
    small = (x.astype("f4"), gain.astype("f4"), bias.astype("f4"))
    return [
        ("layernorm", (x, gain, bias), {}),
        ("layernorm", small, {}),
        ("layernorm", (small[0], gain, small[2]), {}),
        ("layernorm", (x, 1.0, 0), {}),
        ("rms_norm", (x, gain), {}),
        ("rms_norm", small[:2], {"eps": 1e-3}),
        ("standardize", (x,), {}),
        ("standardize", (small[0], 1), {}),
        ("standardize", (np.arange(12).reshape(4, 3),), {}),
        ("standardize", (x.T,), {}),
        ("batch_statistics", (rng.normal(size=(2, 3, 4)),), {}),
        ("batch_statistics", (rng.integers(0, 9, size=(2, 3, 4)),), {}),
        ("moments", (x[:, 0],), {}),
        ("moments", (small[0], 1), {}),
        ("rescale", (x,), {}),
        ("rescale", (small[0], -1, 1), {}),
        ("rescale", (small[0], np.float64(-1.0)), {}),
        ("weighted_mean", (x.astype("f4"), np.abs(w)), {}),
        ("weighted_mean", (x, 0 * w), {}),
    ]


CASES = cases()
