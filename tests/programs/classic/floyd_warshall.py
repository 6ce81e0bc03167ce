# defn
"""The shortest ways between all pairs of nodes of a graph: by matrices, and by three loops."""

import numpy as np


def floyd_warshall(path):
    for k in range(path.shape[0]):
        path[:] = np.minimum(path, path[:, k : k + 1] + path[k])


def floyd_warshall_loops(path):
    n = path.shape[0]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                if path[i, k] + path[k, j] < path[i, j]:
                    path[i, j] = path[i, k] + path[k, j]


def graph(n, dtype=np.float64):  # defn: off
    rng = np.random.default_rng(n)
    path = rng.integers(1, 100, (n, n)).astype(dtype)
    path[rng.uniform(size=(n, n)) < 0.6] = 9999
    np.fill_diagonal(path, 0)
    return path


def cases():  # defn: off
    return [
        ("floyd_warshall", (graph(6),), {}),
        ("floyd_warshall", (graph(5, np.int32),), {}),
        ("floyd_warshall", (graph(1),), {}),
        ("floyd_warshall_loops", (graph(6),), {}),
        ("floyd_warshall_loops", (graph(5, np.int64),), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "floyd_warshall": lambda: (graph(200),),
    "floyd_warshall_loops": lambda: (graph(60),),
}
