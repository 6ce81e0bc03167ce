# defn
"""Distances on the sphere and between points, kernels, nearest centres."""

import numpy as np

EARTH = 6371.0088


def haversine(lat1, lon1, lat2, lon2):
    lat1, lon1, lat2, lon2 = map(np.radians, (lat1, lon1, lat2, lon2))
    h = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    return 2 * EARTH * np.arcsin(np.sqrt(h))


def pairwise(a, b):
    return np.sqrt(np.sum((a[:, None, :] - b[None, :, :]) ** 2, axis=-1))


def pairwise_by_products(a, b):
    squares = np.sum(a * a, axis=1)[:, None] + np.sum(b * b, axis=1) - 2 * (a @ b.T)
    return np.sqrt(np.maximum(squares, 0))


def rbf(a, b, gamma=0.5):
    return np.exp(-gamma * np.sum((a[:, np.newaxis] - b) ** 2, axis=2))


def assign(points, centres):
    distances = np.sum((points[:, None] - centres[None]) ** 2, axis=-1)
    return np.argmin(distances, axis=1), np.min(distances, axis=1)


def manhattan(a, b):
    return np.abs(a - b).sum(axis=-1)


def cosine(a, b):
    return np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b))


def cases():  # defn: off
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=(5, 3)), rng.normal(size=(4, 3))
    places = rng.uniform(-80, 80, size=(4, 6))
    whole = rng.integers(-9, 9, size=(5, 3)).astype("i2")
    return [
        ("haversine", tuple(places), {}),
        ("haversine", tuple(places.astype("f4")), {}),
        ("haversine", (52.5, 13.4, *places[2:]), {}),
        ("haversine", (52.5, 13.4, 48.9, 2.35), {}),
        ("haversine", (52, 13, 48, 2), {}),
        ("pairwise", (a, b), {}),
        ("pairwise", (a.astype("f4"), b.astype("f4")), {}),
        ("pairwise", (whole, whole[:4]), {}),
        ("pairwise", (a, b[:, :2]), {}),
        ("pairwise_by_products", (a, b), {}),
        ("pairwise_by_products", (a.astype("f4"), b), {}),
        ("rbf", (a, b), {}),
        ("rbf", (a.astype("f4"), b.astype("f4"), 2), {}),
        ("rbf", (np.asfortranarray(a), b[::-1]), {}),
        ("assign", (a, b), {}),
        ("assign", (whole, whole[1:4]), {}),
        ("manhattan", (a, b[0]), {}),
        ("manhattan", (whole, whole[0]), {}),
        ("cosine", (a[0], b[0]), {}),
        ("cosine", (a[0].astype("f4"), b[0].astype("f4")), {}),
        ("cosine", (a[0], b[0][:2]), {}),
    ]


CASES = cases()
