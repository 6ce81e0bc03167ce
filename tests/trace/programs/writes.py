# defn
"""Assignments to elements, slices and views, masks, ``out=``, and what the caller sees of them."""

import numpy as np


def elements(x):
    x[1] = 5
    x[2:4] = 7.5
    x[-1] += 2
    return np.sum(x)


def views_of_views(x):
    y = x[1:-1]
    z = y[::-1]
    z[0] = 100
    y[1] = x[0]
    x *= 2
    return z, y


def of_a_new_array(x):
    table = np.zeros((3, 4))
    table[1] = x
    table[:, 2] += 3
    turned = table.T
    turned[0, 0] = -1
    table.reshape(2, 6)[1, 1:3] = 9
    flat = table.ravel()
    flat[3] = 44
    table[table > 8] = 0
    return table, turned


def overlapping(x, y):
    x[1:] = x[:-1]
    np.add(x, y, out=y)
    np.copyto(x, 3)
    np.copyto(x, y, where=y > 2)
    return x.sum()


def filled(x):
    x.fill(3)
    x[...] = np.arange(x.size)
    wide = x[None, :, None]
    wide[0, 1:3, 0] = 5
    np.exp(x, out=x)
    return wide


def flattened(x):
    flat = x.reshape(-1)
    flat[...] = 1.5


def of_one_number(x, n):
    made = np.zeros(x.shape)
    made[:] = n
    return made


def turned(x):
    made = x * x
    made[::-1] = made
    return made


def into_a_broadcast(x):
    wide = np.broadcast_to(x, (2, x.size))
    wide[0] = 1
    return wide


def whole_numbers(x):
    x //= 2
    x[x > 1] = -1
    x[0] = 2.7
    return x


def no_room(x):
    x += 0.5


def one_array_twice(x, y):
    x[0] = 1
    y[1] = x[0] + 1
    return x is y


def diagonal_seen(x):
    y = np.diagonal(x)
    x[1, 1] = 33
    return y


def sorted_in_place(x):
    x.sort()
    y = x[::-1] * 2
    y.sort(axis=0)
    x[:2].sort(axis=0)
    return y


TWICE = np.arange(3.0)
FROZEN = np.arange(6.0)
FROZEN.flags.writeable = False


def divided_by_what_was_there(a):
    before = a[1]
    a[...] = a[...] * 0.5
    if a[-1] > 0.5:
        a /= before


def a_copy_before_a_product(a):
    a[::2][-1] = a[::2][-1] + 1
    kept = 0 - a
    np.copyto(kept, a)
    product = np.dot(kept, a)
    a *= kept[::-1]
    return kept, product


def swapped_part(a):
    k = 0
    while k < 5:
        k += 1
        part = a[:k]
    return np.swapaxes(part, 0, -1)


CASES = [
    ("a_copy_before_a_product", (np.array([0, 3, 2]),)),
    ("swapped_part", (np.arange(12.0).reshape(2, 3, 2),)),
    ("divided_by_what_was_there", (np.array([1 - 2j, 3 + 1j, 2.5 - 0.5j]),)),
    ("elements", (np.arange(6.0),)),
    ("elements", (np.arange(6.0)[::-1],)),
    ("elements", (FROZEN,)),
    ("views_of_views", (np.arange(7.0),)),
    ("of_a_new_array", (np.arange(4.0),)),
    ("overlapping", (np.arange(4.0), np.ones(4))),
    ("filled", (np.arange(4.0),)),
    ("turned", (np.arange(3.0),)),
    ("flattened", (np.zeros((2, 3)),)),
    ("of_one_number", (np.arange(3.0), 3)),
    ("into_a_broadcast", (np.arange(3.0),)),
    ("whole_numbers", (np.arange(5),)),
    ("no_room", (np.arange(5),)),
    ("no_room", (np.arange(5.0),)),
    ("one_array_twice", (TWICE, TWICE)),
    ("sorted_in_place", (np.array([3.0, 1, np.nan, 2]),)),
    ("sorted_in_place", (np.array([[3.0, 1], [0, 2]]),)),
    ("sorted_in_place", (np.array([[3, 1], [0, 2]])[::-1],)),
    ("diagonal_seen", (np.ones((3, 3)),)),
]
