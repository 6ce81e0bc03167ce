# defn
"""A step of k-means: every point to its nearest centre, every centre to the mean of its points."""

import numpy as np


def k_means(points, centres):
    distances = np.sum((points[:, np.newaxis, :] - centres) ** 2, axis=2)
    labels = np.argmin(distances, axis=1)
    for k in range(len(centres)):
        if np.any(labels == k):
            centres[k] = points[labels == k].mean(axis=0)
    return labels


def k_means_loops(points, centres):
    labels = np.empty(len(points), dtype=np.int64)
    sums = np.zeros_like(centres)
    counts = np.zeros(len(centres))
    for i, point in enumerate(points):
        nearest, least = 0, np.inf
        for k in range(len(centres)):
            difference = point - centres[k]
            distance = difference @ difference
            if distance < least:
                nearest, least = k, distance
        labels[i] = nearest
        sums[nearest] += point
        counts[nearest] += 1
    for k in range(len(centres)):
        if counts[k] > 0:
            centres[k] = sums[k] / counts[k]
    return labels


def arguments(n, dimensions, k):  # defn: off
    rng = np.random.default_rng(n)
    return rng.normal(size=(n, dimensions)), rng.normal(size=(k, dimensions))


def cases():  # defn: off
    points, centres = arguments(8, 2, 3)
    centres[1] = 1e3
    return [
        ("k_means", arguments(12, 2, 3), {}),
        ("k_means", (points, centres), {}),
        ("k_means_loops", arguments(12, 2, 3), {}),
        ("k_means_loops", (points.copy(), centres.copy()), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "k_means": lambda: arguments(20_000, 8, 10),
    "k_means_loops": lambda: arguments(2_000, 8, 10),
}
