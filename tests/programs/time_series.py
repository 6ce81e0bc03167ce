# defn
"""Filters, differences, autocorrelation, trends."""

import numpy as np


def moving_average(x, width):
    return sum(x[i : len(x) - width + 1 + i] for i in range(width)) / width


def differences(x):
    return np.diff(x), np.diff(x, n=2), np.diff(x, prepend=0)


def autocorrelation(x, lags):
    centred = x - np.mean(x)
    return np.stack([np.sum(centred[k:] * centred[: len(x) - k]) for k in range(lags)]) / np.sum(centred**2)


def trend(t, y):
    slope = np.sum((t - t.mean()) * (y - y.mean())) / np.sum((t - t.mean()) ** 2)
    return slope, y.mean() - slope * t.mean()


def detrend(y):
    t = np.arange(y.shape[-1])
    slope, offset = trend(t, y)
    return y - (slope * t + offset)


def z_scores(x, *, axis=-1):
    return (x - np.mean(x, axis=axis, keepdims=True)) / np.std(x, axis=axis, keepdims=True)


def seasonal(n, period, amplitude=1.0):
    return amplitude * np.sin(2 * np.pi * np.arange(n) / period)


def padded(x, k):
    return np.concatenate([np.zeros(k, x.dtype), x, np.full(k, x[-1])]), np.roll(x, k), np.roll(x, -k)


def envelope(x):
    return np.maximum(x[1:], x[:-1]), np.minimum(x[1:], x[:-1]), np.max(x) - np.min(x), np.ptp(x)


def cases():  # defn: off
    rng = np.random.default_rng(10)
    x = rng.normal(size=12)
    t = np.arange(12.0)
    return [
        ("moving_average", (x, 3), {}),
        ("moving_average", (x.astype("f4"), 4), {}),
        ("moving_average", (np.arange(6), 2), {}),
        ("differences", (x,), {}),
        ("differences", (np.arange(5, dtype="u1")[::-1],), {}),
        ("differences", (x > 0,), {}),
        ("autocorrelation", (x, 4), {}),
        ("autocorrelation", (x.astype("f4"), 3), {}),
        ("trend", (t, x), {}),
        ("trend", (np.arange(12), x.astype("f4")), {}),
        ("detrend", (x,), {}),
        ("z_scores", (x.reshape(3, 4),), {}),
        ("z_scores", (x.reshape(3, 4).astype("f4"),), {"axis": 0}),
        ("seasonal", (8, 4), {}),
        ("seasonal", (8, 4.5, 2), {}),
        ("padded", (x, 2), {}),
        ("padded", (np.arange(4, dtype="i2"), 1), {}),
        ("padded", (x, 0), {}),
        ("envelope", (x,), {}),
        ("envelope", (np.array([1.0, np.nan, 2.0, -np.inf]),), {}),
    ]


CASES = cases()
