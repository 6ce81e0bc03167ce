# defn
"""Estimates over axes: robust means, covariances of groups, bootstrap by given weights."""

import numpy as np


def summary(x, axis=None):
    return {
        "mean": np.mean(x, axis=axis),
        "sd": np.std(x, axis=axis, ddof=1),
        "min": np.min(x, axis=axis),
        "max": np.max(x, axis=axis),
        "n": np.size(x) if axis is None else np.shape(x)[axis],
    }


def winsorized(x, low, high):
    return np.clip(x, low, high).mean(axis=0), np.clip(x, None, high), np.clip(x, low, None)


def huber(residuals, delta=1.0):
    size = np.abs(residuals)
    return np.where(size <= delta, 0.5 * residuals**2, delta * (size - 0.5 * delta)).mean()


def group_means(x, groups, count):
    member = groups == np.arange(count)[:, None]
    return (member * x).sum(axis=1) / member.sum(axis=1), member.sum(axis=1)


def bootstrap(x, weights):
    means = weights @ x / weights.sum(axis=1)
    return means, means.std(ddof=1), np.mean(means > x.mean())


def normal_log_likelihood(x, mu, sigma):
    return -0.5 * np.sum(((x - mu) / sigma) ** 2 + np.log(2 * np.pi * sigma**2))


def geometric_mean(x):
    return np.exp(np.mean(np.log(x))), np.prod(x) ** (1 / x.size), 1 / np.mean(1 / x)


def over_all_axes(x):
    return [x.sum(axis=a) for a in (None, 0, 1, 2, (0, 1), (0, 2), (1, 2), (-1, 0), (0, 1, 2), ())]


def kept_axes(x):
    return [x.max(axis=a, keepdims=True) for a in (None, 0, (0, 2), (1, 2), ())]


def two_passes(x):
    y = x - x.mean(axis=0)
    z = y / np.sqrt((y * y).sum(axis=1, keepdims=True))
    return z, z.sum(), (z * z).sum(axis=1)


def counts_on_edges(x):
    weights = np.arange(x.size)
    return (
        np.histogram(x, 7, (-0.3, 0.7))[0],
        np.histogram(x, 7, (np.float64(-0.3), np.float64(0.7))),
        np.histogram(x, 7, (-0.3, 0.7), weights=weights)[0],
        np.histogram(x, 1, (-1.0, 0.5))[0],
    )


def counts_of_all(x):
    return np.histogram(x, 7), np.histogram(x, 3, weights=x)


def counts_of_tiny_bins(x):
    return np.histogram(x, 10, (0.0, 1e-310))


def beside_edges(dtype):  # defn: off
    edges = np.concatenate([np.linspace(-0.3, 0.7, 8), np.linspace(0.0, 1e-310, 11)]).astype(dtype)
    ends = np.array([np.nan, np.inf, -np.inf], dtype)
    return np.concatenate([edges, *(np.nextafter(edges, end) for end in ends[1:]), ends])


def cases():  # defn: off
    rng = np.random.default_rng(14)
    x, cube = rng.normal(size=(5, 4)), rng.normal(size=(2, 3, 4))
    return [
        ("summary", (x,), {}),
        ("summary", (x,), {"axis": 0}),
        ("summary", (x.astype("f4"), 1), {}),
        ("summary", (rng.integers(0, 9, (3, 4)), 0), {}),
        ("winsorized", (x, -0.5, 0.5), {}),
        ("winsorized", (x.astype("f4"), -1, 1), {}),
        ("winsorized", (rng.integers(0, 9, (3, 4)).astype("u1"), 2, 5), {}),
        ("huber", (x,), {}),
        ("huber", (x.astype("f4"), 0.5), {}),
        ("group_means", (x[:, 0], np.array([0, 1, 0, 2, 1]), 3), {}),
        ("bootstrap", (x[:, 0], rng.integers(0, 3, (6, 5)) + 1), {}),
        ("normal_log_likelihood", (x, 0.1, 2.0), {}),
        ("normal_log_likelihood", (x.astype("f4"), x.mean(axis=0), 1.5), {}),
        ("geometric_mean", (np.abs(x),), {}),
        ("over_all_axes", (cube,), {}),
        ("over_all_axes", (cube.astype("f4").transpose(2, 0, 1),), {}),
        ("over_all_axes", ((9 * cube).astype("i2"),), {}),
        ("kept_axes", (cube,), {}),
        ("kept_axes", (np.asfortranarray(cube),), {}),
        ("two_passes", (x,), {}),
        ("two_passes", (x.T.astype("f4"),), {}),
        ("counts_on_edges", (beside_edges("f8"),), {}),
        ("counts_on_edges", (beside_edges("f4"),), {}),
        ("counts_on_edges", (rng.integers(-2, 3, 20),), {}),
        ("counts_of_all", (beside_edges("f8")[:-3],), {}),
        ("counts_of_all", (beside_edges("f4")[:-3],), {}),
        ("counts_of_tiny_bins", (beside_edges("f8"),), {}),
    ]


CASES = cases()
