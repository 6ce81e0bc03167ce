# defn
"""The mean of the values that fall into each bin: by masks, and by sums at the places of the bins."""

import numpy as np


def bin_means(x, values, edges):
    means = np.full(len(edges) - 1, np.nan)
    for b in range(len(means)):
        inside = (x >= edges[b]) & (x < edges[b + 1])
        if inside.any():
            means[b] = values[inside].mean()
    return means


def bin_means_at(x, values, edges):
    bins = len(edges) - 1
    width = (edges[-1] - edges[0]) / bins
    places = np.floor((x - edges[0]) / width).astype(np.int64)
    sums = np.zeros(bins)
    counts = np.zeros(bins)
    np.add.at(sums, places, values)
    np.add.at(counts, places, 1)
    return sums / np.maximum(counts, 1)


def arguments(n, bins):  # defn: off
    rng = np.random.default_rng(n)
    return rng.uniform(0, 1, n), rng.normal(size=n), np.linspace(0, 1, bins + 1)


def cases():  # defn: off
    return [
        ("bin_means", arguments(20, 4), {}),
        ("bin_means", arguments(3, 6), {}),
        ("bin_means_at", arguments(20, 4), {}),
        ("bin_means_at", arguments(3, 6), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "bin_means": lambda: arguments(200_000, 20),
    "bin_means_at": lambda: arguments(200_000, 20),
}
