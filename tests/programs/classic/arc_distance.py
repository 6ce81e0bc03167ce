# defn
"""The angle between pairs of points on a sphere, by the haversine."""

import numpy as np


def arc_distance(theta_1, phi_1, theta_2, phi_2):
    haversine = (
        np.sin((theta_2 - theta_1) / 2) ** 2
        + np.cos(theta_1) * np.cos(theta_2) * np.sin((phi_2 - phi_1) / 2) ** 2
    )
    return 2 * np.arctan2(np.sqrt(haversine), np.sqrt(1 - haversine))


def points(n, dtype=np.float64):  # defn: off
    rng = np.random.default_rng(n)
    latitudes = rng.uniform(-np.pi / 2, np.pi / 2, (2, n)).astype(dtype)
    longitudes = rng.uniform(-np.pi, np.pi, (2, n)).astype(dtype)
    return latitudes[0], longitudes[0], latitudes[1], longitudes[1]


def cases():  # defn: off
    return [
        ("arc_distance", points(20), {}),
        ("arc_distance", points(9, np.float32), {}),
        ("arc_distance", points(0), {}),
        ("arc_distance", (0.1, 0.2, 0.3, 0.4), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "arc_distance": lambda: points(500_000),
}
