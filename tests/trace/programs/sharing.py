# defn
"""Arrays with several names: what loops and branches leave in variables, written afterwards."""

import numpy as np


def exchanged(a, b):
    for _ in range(3):
        a, b = b, a
    a[0] = 7
    return b + 1


def exchanged_by_views(a):
    b = np.transpose(a)
    for _ in range(3):
        a, b = b, a
    a[1:] = 2
    return b + 0


def no_step(a, x):
    k = 0
    while k < 3 and 0 < x < 2:
        k += 1
        a = np.where(a > x, a, 0)
    a[0] = 9
    return k


def exchanged_and_more(a, b, n):
    a, b = b, a + 0
    k = 0
    while k < n:
        k += 1
        b, a = a, b
        a[1:] -= a[0] + k
    a[a < 0] = 3
    return k


def turned_round(a):
    for _ in range(len(a)):
        a = a[::-1]
    a[0] = -1
    return a + 0


def scaled_then_new(a, n, x):
    for _ in range(2):
        for _ in range(n):
            np.multiply(a, x, out=a)
        for _ in range(1):
            a = np.dot(a, a)
    return a


def filled_then_new(a):
    for _ in range(2):
        for row in reversed(a):
            a[...] = 1.5
            a = np.zeros(a.shape)
    return a


def chosen_and_written(x):
    y = x + 1
    if x[0] > 0.5:
        z = x
    else:
        z = y
    z[1] = 5
    return x + y


def given_back(x, t):
    if x[0] > t:
        return x
    x[1] = 5
    return x * 2


def seen_at_first(a):
    v = a
    s = 0.0
    for i in range(3):
        a[0] = i + 10
        s += v[0]
        v = v + 1
    return s


R = np.random.default_rng(3)


def an_array_and_a_view_of_it(a, n):
    for _ in range(n):
        made = np.ones_like(a)
        row = made.reshape(-1)
    row[0] = 5.0
    return made, row


def either_with_a_view(a, n):
    if n > a[0]:
        made = np.ones_like(a)
        row = made[::-1]
    else:
        made = np.zeros_like(a)
        row = a * 2
    row[0] = 5.0
    return made, row


def same_beginnings(x, c):
    """Arrays that begin alike, of which one is changed in place on one side of a branch."""
    t = 0.0
    for _ in range(3):
        w = x * 2.0
        for _ in range(2):
            w = w * 0.5 + 0.1
        t = t + w[1]
    if c > 0:
        r = t
    else:
        v = x * 2.0
        for i in range(1, 4):
            v[i] = v[i - 1] + t
        r = v[3]
    for _ in range(3):
        w = x * 2.0
        for _ in range(2):
            w = w * 0.5 + 0.1
        r = r + w[2]
    return r


CASES = [
    ("same_beginnings", (np.array([0.3, -0.4, 0.7, 0.1]), -1.0)),
    ("same_beginnings", (np.array([0.3, -0.4, 0.7, 0.1]), 1.0)),
    ("an_array_and_a_view_of_it", (np.arange(4.0), 3)),
    ("either_with_a_view", (np.arange(4.0), 3)),
    ("either_with_a_view", (np.arange(4.0), -3)),
    ("exchanged", (R.random(4), R.random(4))),
    ("exchanged_by_views", (R.random(4),)),
    ("no_step", (R.random(4), -1.0)),
    ("no_step", (R.random(4), 0.5)),
    ("exchanged_and_more", (R.random(4), R.random(4), 3)),
    ("turned_round", (R.random(3),)),
    ("scaled_then_new", (R.random((3, 3)), 3, 0.5)),
    ("filled_then_new", (R.random((3, 4)),)),
    ("chosen_and_written", (R.random(3),)),
    ("chosen_and_written", (R.random(3) + 1,)),
    ("given_back", (R.random(3), 0.1)),
    ("given_back", (R.random(3), 2.0)),
    ("seen_at_first", (R.random(3),)),
]
