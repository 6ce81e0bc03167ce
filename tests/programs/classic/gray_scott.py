# defn
"""Gray and Scott's reaction and diffusion on a torus whose edges are kept as a frame around the grid."""

import numpy as np


def laplacian(Z):
    return Z[:-2, 1:-1] + Z[1:-1, :-2] - 4 * Z[1:-1, 1:-1] + Z[1:-1, 2:] + Z[2:, 1:-1]


def wrap_edges(Z):
    Z[0, :] = Z[-2, :]
    Z[-1, :] = Z[1, :]
    Z[:, 0] = Z[:, -2]
    Z[:, -1] = Z[:, 1]


def gray_scott(U, V, steps, Du=0.16, Dv=0.08, feed=0.035, kill=0.065):
    u, v = U[1:-1, 1:-1], V[1:-1, 1:-1]
    for _ in range(steps):
        Lu = laplacian(U)
        Lv = laplacian(V)
        uvv = u * v * v
        u += Du * Lu - uvv + feed * (1 - u)
        v += Dv * Lv + uvv - (feed + kill) * v
        wrap_edges(U)
        wrap_edges(V)


def arguments(n, m, steps, dtype=np.float64):  # defn: off
    rng = np.random.default_rng(n)
    U, V = np.ones((n + 2, m + 2), dtype), np.zeros((n + 2, m + 2), dtype)
    U[n // 3 : n // 2, m // 3 : m // 2] = 0.5
    V[n // 3 : n // 2, m // 3 : m // 2] = 0.25
    U += (0.01 * rng.uniform(size=U.shape)).astype(dtype)
    V += (0.01 * rng.uniform(size=V.shape)).astype(dtype)
    return U, V, steps


def cases():  # defn: off
    return [
        ("gray_scott", arguments(6, 8, 3), {}),
        ("gray_scott", arguments(5, 4, 2, np.float32), {"feed": 0.04}),
        ("gray_scott", arguments(4, 4, 0), {}),
        ("laplacian", arguments(4, 5, 0)[:1], {}),
        ("wrap_edges", arguments(4, 5, 0)[:1], {}),
    ]


CASES = cases()
BENCHMARKS = {
    "gray_scott": lambda: arguments(256, 256, 20),
}
