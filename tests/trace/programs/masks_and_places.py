# defn
"""Masks, and arrays of places, in reads and writes."""

import numpy as np


def statistics_under_a_mask(x):
    m = x > 0.3
    x[m] = x[m] * 2 + 1
    x[~m] -= 1
    return x[m].sum(), x[m].mean(), np.mean(x[x > 1.2]), x[m].max(), len(x[m]), x[m].size, np.std(x[m])


def gathered_and_put_back(x, idx):
    y = x[idx]
    x[idx] = 0
    x[idx] += 1
    np.add.at(x, idx, 2)
    return y


def mixed_indices(A, i, j):
    B = A[i, j] + A[0, j] + A[i, 1:][:, 0]
    A[i, :] = 7
    A[:, j] *= 2
    return B, A[i], A[:, None, i], A[i, :, None]


def means_by_label(A, labels):
    out = np.zeros((3, A.shape[1]))
    for k in range(3):
        out[k] = A[labels == k].mean(axis=0)
    return out


def masks_of_rows(A):
    A[A > 0.5] = 9
    A[:, A[0] > 8] = 3
    A[0, A[1] > 0.1] = 4
    return np.sum(A[A > 3]), np.any(A[A > 3] > 8), np.count_nonzero(A > 1)


def selected(x):
    return x[x > 0.5]


def extreme_of_nothing(x):
    return x[x > 100].max()


def masks_in_a_loop(x, n):
    s = 0.0
    for i in range(n):
        m = x > i / 4
        s += x[m].sum()
        x[m] = i
    return s


def places_in_a_loop(x, idx, v):
    for t in range(3):
        x[idx[t]] += v[idx[t]]
        x[idx] = v[:3] + t
    return x


def out_of_bounds(x, idx):
    return x[idx]


def lists(x, lst):
    return x[[0, 2]], x[np.array([1, 1])], x[lst]


def separated(A, i):
    return A[[0, 1], :, [1, 0]], A[i, :, 0]


def counted(h, idx):
    np.add.at(h, idx, 1)
    np.maximum.at(h, idx, 3)
    np.subtract.at(h, (idx,), h[idx] * 2)


def at_single_places(x, i):
    place = np.argmax(x)
    np.add.at(x, place, x[0])
    np.maximum.at(x, (i,), 0.5)
    np.subtract.at(x, np.s_[1:3], x[0])
    np.multiply.at(x, -1, 3.0)


def written_while_iterated(x):
    for v in x:
        if v > 0.5:
            x[x > v] = v
    return x


def shuffled_in_place(y, i):
    y[y.astype(int) % 5] = y + 1.0
    y[(i + 1) % 5] = ((i + 1) % 5) * 2.0
    y[i - 2] += np.sqrt(y[i - 2])
    np.add.at(y, (i * 2) % 5, i + 0.5)
    return y


def rows_in_place(m, i, j):
    m[i - 1] = m[i] * 2.0
    m[i[:, None] * 0 + 1, j[None, :] + 1] = np.arange(3.0)[:, None] + j
    m[:, j + 1] = 7.0
    m[i, 1:][:, 0] = 3
    m[1:, j] -= m[1:, j + 1]
    k = np.argsort(m[0])
    m[0, k[::-1]] = m[1, k]
    m[np.cumsum(i) % 3] = 0.5
    return m


def computed_places_in_a_loop(m, i):
    for n in range(3):
        m[(i + n) % 3, n] += 1
        m[n, i - n] = m[n, 0] + n
    return m


def beyond_the_rows(m, i):
    m[0] = 5
    m[i + 2] = 1


rng = np.random.default_rng(1)
CASES = [
    ("statistics_under_a_mask", (rng.random(7),)),
    ("gathered_and_put_back", (rng.random(7), np.array([1, -2, 1]))),
    ("mixed_indices", (rng.random((3, 4)), np.array([0, 2]), np.array([1, 3]))),
    ("means_by_label", (rng.random((6, 2)), np.array([0, 1, 2, 0, 1, 1]))),
    ("masks_of_rows", (rng.random((4, 3)),)),
    ("selected", (rng.random(5),)),
    ("extreme_of_nothing", (rng.random(5),)),
    ("masks_in_a_loop", (rng.random(5), 3)),
    ("places_in_a_loop", (rng.random(5), np.array([0, -1, 2]), rng.random(5))),
    ("out_of_bounds", (rng.random(5), np.array([0, 5]))),
    ("out_of_bounds", (rng.random(5), np.array([0, 4], dtype=np.uint8))),
    ("out_of_bounds", (rng.random(5), np.array([0, -6]))),
    ("lists", (rng.random(5), [1, 3])),
    ("separated", (rng.random((2, 3, 2)), np.array([1, 0, 0]))),
    ("counted", (rng.random(5), np.array([1, 1, 3]))),
    ("at_single_places", (rng.random(5), 2)),
    ("counted", (np.arange(5), np.array([1, 1, 3]))),
    ("written_while_iterated", (rng.random(6),)),
    ("shuffled_in_place", (rng.random(5) * 9, np.array([0, 1, 4, 2, 1]))),
    ("rows_in_place", (rng.random((3, 3)), np.array([0, 2, 1]), np.array([0, 1]))),
    (
        "rows_in_place",
        (np.asfortranarray(rng.random((3, 3))), np.array([0, 2, 1]), np.array([0, 1], np.uint8)),
    ),
    ("computed_places_in_a_loop", (rng.random((3, 3)), np.array([0, 2, 1]))),
    ("beyond_the_rows", (rng.random((3, 3)), np.array([0, 2, 1]))),
]
