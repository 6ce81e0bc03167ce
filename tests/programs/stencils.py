# defn
"""Steps on grids written with slices."""

import numpy as np


def jacobi_2d(a):
    inner = (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1]) * 0.2
    middle = np.concatenate([a[1:-1, :1], inner, a[1:-1, -1:]], axis=1)
    return np.concatenate([a[:1], middle, a[-1:]], axis=0)


def laplacian(a):
    return np.roll(a, 1, 0) + np.roll(a, -1, 0) + np.roll(a, 1, 1) + np.roll(a, -1, 1) - 4 * a


def gray_scott(u, v, feed=0.035, kill=0.065, *, dt=1.0):
    reaction = u * v * v
    new_u = u + dt * (0.16 * laplacian(u) - reaction + feed * (1 - u))
    new_v = v + dt * (0.08 * laplacian(v) + reaction - (feed + kill) * v)
    return new_u, new_v


def several_steps(u, v, count):
    for _ in range(count):
        u, v = gray_scott(u, v)
    return u - v


def box_blur_3d(a):
    n, m, k = a.shape
    total = 0
    for i in range(3):
        for j in range(3):
            for l in range(3):
                total = total + a[i : n - 2 + i, j : m - 2 + j, l : k - 2 + l]
    return total / 27


def gradient_magnitude(a):
    dx = a[1:, :-1] - a[:-1, :-1]
    dy = a[:-1, 1:] - a[:-1, :-1]
    return np.hypot(dx, dy)


def halves(x):
    n = len(x)
    return x[: n // 2] + x[n - n // 2 :], x[1 : n - 1], x[::-1][: n // 2] * 2


def game_of_life(grid):
    neighbours = sum(
        np.roll(np.roll(grid, i, 0), j, 1) for i in (-1, 0, 1) for j in (-1, 0, 1) if (i, j) != (0, 0)
    )
    return ((neighbours == 3) | ((grid == 1) & (neighbours == 2))).astype(grid.dtype)


def smoothed(x):
    y = x.copy()
    y[1:-1] = (x[:-2] + x[1:-1] + x[2:]) / 3
    return y


def inner_cube(a):
    b = a.copy()
    b[1:-1, 1:, :-2] *= a[:-2, :-1, 2:]
    return b


def all_but_a_row(a):
    b = a.copy()
    b[1:] = a[:-1]
    c = a.copy()
    c[:, :] = a[::-1] * 2
    d = a.copy()
    d[:, 2:3] = 0
    return b, c, d


def twice_inside(a):
    b = a.copy()
    b[1:-1, 1:-1] += a[2:, 1:-1]
    b[1:-1, 1:-1] *= b[:-2, :-2]
    return b


def computed_first(a):
    b = np.sqrt(np.abs(a))
    b[1:] = b[1:] * 0.5 + 1
    return b


def written_in_place(a):
    a[1:-1] = a[2:] - a[:-2]
    return a * 2


def cases():  # defn: off
    rng = np.random.default_rng(5)
    a, u, v = rng.normal(size=(6, 7)), rng.uniform(size=(5, 6)), rng.uniform(size=(5, 6))
    cube = rng.normal(size=(4, 5, 6))
    return [
        ("jacobi_2d", (a,), {}),
        ("jacobi_2d", (a.astype("f4"),), {}),
        ("jacobi_2d", (np.asfortranarray(a),), {}),
        ("jacobi_2d", (a[::2, ::-1],), {}),
        ("jacobi_2d", (a[:3, :3],), {}),
        ("jacobi_2d", (a[:2, :2],), {}),
        ("gray_scott", (u, v), {}),
        ("gray_scott", (u.astype("f4"), v.astype("f4")), {"dt": 0.5}),
        ("several_steps", (u, v, 2), {}),
        ("several_steps", (u, v, 0), {}),
        ("box_blur_3d", (cube,), {}),
        ("box_blur_3d", (cube.astype("f4"),), {}),
        ("box_blur_3d", (rng.integers(0, 99, (4, 4, 4)).astype("u1"),), {}),
        ("gradient_magnitude", (a,), {}),
        ("halves", (a[0],), {}),
        ("halves", (np.arange(8),), {}),
        ("halves", (a,), {}),
        ("game_of_life", (rng.integers(0, 2, (6, 6)),), {}),
        ("game_of_life", (rng.integers(0, 2, (6, 6)).astype("i1"),), {}),
        ("game_of_life", (rng.integers(0, 2, (6, 6)).astype(bool),), {}),
        ("smoothed", (a[0],), {}),
        ("smoothed", (a[0, ::-1],), {}),
        ("smoothed", (a[0, :2],), {}),
        ("smoothed", (np.arange(200_000.0),), {}),
        ("inner_cube", (cube,), {}),
        ("inner_cube", (np.asfortranarray(cube),), {}),
        ("inner_cube", (cube.transpose(2, 0, 1),), {}),
        ("inner_cube", (cube[:, :1],), {}),
        ("inner_cube", (cube[:2, :2, :2],), {}),
        ("inner_cube", (rng.normal(size=(40, 30, 50)),), {}),
        ("all_but_a_row", (a,), {}),
        ("all_but_a_row", (a.T,), {}),
        ("all_but_a_row", (a[:1],), {}),
        ("all_but_a_row", (rng.normal(size=(300, 400)),), {}),
        ("twice_inside", (a,), {}),
        ("twice_inside", (a[:3],), {}),
        ("twice_inside", (rng.normal(size=(300, 200)),), {}),
        ("computed_first", (a,), {}),
        ("written_in_place", (np.arange(9.0) ** 2,), {}),
        ("written_in_place", (a.copy(),), {}),
    ]


CASES = cases()
