# defn
"""Newton's iteration with a break: Kepler's equation for every mean anomaly, and roots of numbers."""

import numpy as np


def kepler(mean_anomaly, eccentricity, tolerance=1e-12, limit=50):
    anomaly = np.empty_like(mean_anomaly)
    for i, mean in enumerate(mean_anomaly):
        x = mean + eccentricity * np.sin(mean)
        for _ in range(limit):
            step = (x - eccentricity * np.sin(x) - mean) / (1 - eccentricity * np.cos(x))
            x -= step
            if abs(step) < tolerance:
                break
        anomaly[i] = x
    return anomaly


def root(a, degree, tolerance=1e-10):
    x = 1.0 if a < 1 else a
    iterations = 0
    while True:
        following = ((degree - 1) * x + a / x ** (degree - 1)) / degree
        iterations += 1
        if abs(following - x) <= tolerance * following:
            break
        x = following
    return following, iterations


def solve(x, limit):
    for n in range(limit):
        slope = 3 * x * x - 2
        if slope == 0:
            raise ZeroDivisionError("the slope is zero")
        step = (x * x * x - 2 * x - 5) / slope
        x = x - step
        if abs(step) < 1e-9:
            return x, n
    else:
        raise ValueError("no convergence")


def anomalies(n):  # defn: off
    return np.random.default_rng(n).uniform(0, 2 * np.pi, n)


def cases():  # defn: off
    return [
        ("kepler", (anomalies(7), 0.3), {}),
        ("kepler", (anomalies(5), 0.9), {"limit": 3}),
        ("kepler", (anomalies(0), 0.1), {}),
        ("root", (2.0, 2), {}),
        ("root", (0.027, 3), {}),
        ("solve", (2.0, 20), {}),
        ("solve", (2.0, 2), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "kepler": lambda: (anomalies(5_000), 0.5),
}
