# defn
"""Where numbers would be inserted into a sorted array."""

import numpy as np


def find(values, wanted):
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) // 2
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return low


def find_all(values, wanted):
    places = np.zeros(len(wanted), dtype=np.int64)
    for i in range(len(wanted)):
        places[i] = find(values, wanted[i])
    return places


def position(values, wanted):
    low, high = 0, len(values) - 1
    while low <= high:
        middle = low + (high - low) // 2
        if values[middle] == wanted:
            return middle
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle - 1
    return -1


def arguments(n, count):  # defn: off
    rng = np.random.default_rng(n)
    return np.sort(rng.uniform(size=n)), rng.uniform(-0.1, 1.1, count)


def cases():  # defn: off
    values, wanted = arguments(13, 9)
    return [
        ("find_all", (values, wanted), {}),
        ("find_all", (values[:0], wanted), {}),
        ("find_all", (np.array([1, 3, 3, 3, 8]), np.array([0, 1, 3, 4, 9])), {}),
        ("find", (values, 0.5), {}),
        ("position", (values, values[4]), {}),
        ("position", (values, 0.5), {}),
        ("position", (np.array([2, 4, 6, 8]), 8), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "find_all": lambda: arguments(100_000, 10_000),
}
