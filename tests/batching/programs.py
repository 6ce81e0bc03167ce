# defn
"""Functions of one element, to be mapped over many."""

import math

import numpy as np
from scipy import linalg, special

import defnhook
from defnhook import random


def arithmetic(x, y):
    return (x * y + 1) / (np.exp(-x) + 2), np.maximum(x, y), x > y


def softmax(x):
    e = np.exp(x - np.max(x))
    return e / np.sum(e)


def reductions(x):
    return (
        np.sum(x),
        np.max(x, axis=0),
        np.mean(x, axis=1, keepdims=True),
        np.argmax(x),
        np.argmin(x, axis=1),
        np.prod(x),
    )


def shapes(x):
    flat = x.reshape(-1)
    return (
        x.T,
        flat[::-1],
        np.concatenate([x, x[:1] * 2]),
        np.stack([x, x], axis=1),
        np.roll(x, 1, axis=1),
        flat[1::2],
    )


def mixed_ranks(x, y):
    return x + y, np.outer(x[0], x[1]) + y, np.where(x > 0, x, y)


def casts(x):
    return x.astype(np.float32), (x * 3).astype(np.int64), x.astype(np.float32) + 1


def numbers(x):
    a = float(x)
    b = int(a * 10)
    c = b // 3 + b % 7 - (b << 2)
    d = max(a, 0.5) * min(b, 4) + abs(b)
    return (
        a / 2,
        b,
        c,
        d,
        math.sqrt(a + 10),
        not b,
        round(a),
        math.floor(a),
        b**2,
        math.hypot(a, 3.0),
        bool(b) + 1,
        -b,
    )


def logic(x):
    a, b = float(x), int(x * 4)
    return a > 0 and b < 3, b & 6 | 1, a if b > 1 else 2.0, 0 < b < 4, ~b


def uncommon_numbers(x):
    return math.gamma(float(x) + 3), round(float(x), 1), math.lgamma(abs(float(x)) + 1)


def complex_numbers(z):
    return z * 2, np.abs(z), z.real, np.conj(z) + z.imag


def aranges(x, n):
    return np.arange(5) * x, x + np.arange(n.shape[0]), np.linspace(0.0, 1.0, 4) * x


# -- places


def element(x, i):
    return x[i], x[i, 1], x[0, i]


def window(x, i):
    return x[i, 1:], x[:, i], x[::-1, i]


def tuple_of_places(x, i, j):
    return x[i, j], x[i : i + 2].shape[1]


def gathered(x, i):
    return x[i], x[:, i], x[i, i], np.take(x, i, axis=1)


def written(x, i):
    y = np.zeros((4, 3))
    y[i] = x
    y[1, 2] = 7
    y[:, 0] += x[0]
    return y


def column_written(x, i):
    y = np.ones((3, 4))
    y[:, i] = x
    y[i - 1, 1:3] = x[0]
    return y


def scattered(x, i):
    y = np.zeros(4)
    np.add.at(y, i, x)
    z = np.zeros((2, 4))
    z[:, i] = x
    z[0, [0, 2]] = 5.0
    return y, z


def masked(x):
    y = x.copy()
    y[y < 0] = 0.0
    return y, np.sum(x[x > 0]), np.where(x > 0, x, -1)


def in_place(x):
    x += 1
    x[0] = 5
    return x.sum()


# -- branches


def branch(x):
    if x > 0:
        y = np.sqrt(x)
        k = 1
    elif x < -1:
        y = -x * 2
        k = 2
    else:
        y = x
        k = 3
    return y, k


def branch_of_all(x, n):
    if n > 2:
        y = x * n
    else:
        y = x - n
    return y


def written_branch(x):
    y = np.zeros(3)
    z = x.copy()
    if x[0] > 0:
        y[0] = x[1]
        z[:] = 2
    else:
        y[1] = x[0]
    return y, z


def branch_with_loop(x):
    total = 0.0
    if x > 0:
        k = 10
        while k > 0:
            total += x / k
            k -= 3
    return total


def early_return(x):
    if x[0] > 1:
        return x * 2
    if x[1] > 0:
        return x + 1
    return x


def guarded_division(i):
    k = int(i)
    if k > 0:
        return 12 // k
    return -1


def raising(x):
    if x < 0:
        raise ValueError("negative")
    return np.sqrt(x)


def nested_branches(x, n):
    y = x
    if x > 0:
        if n > 1:
            y = x * 2
        else:
            y = x * 3
        if x > 0.5:
            y += 1
    return y


# -- loops


def power(x):
    y = 1.0
    for _ in range(5):
        y = y * x + 0.5
    return y


def cumulative(x):
    y = np.zeros_like(x)
    total = 0.0
    for i in range(len(x)):
        total += x[i]
        y[i] = total
    return y


def collatz(n):
    n = int(n)
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


def newton(a):
    x = a
    count = 0
    while abs(x * x - a) > 1e-12 * a and count < 50:
        x = (x + a / x) / 2
        count += 1
    return x, count


def first_above(x, limit):
    place = -1
    for i in range(x.shape[0]):
        if x[i] > limit:
            place = i
            break
    return place


def found_else(x):
    result = 0.0
    for i in range(x.shape[0]):
        if x[i] > 1.5:
            result = x[i]
            break
    else:
        result = -1.0
    return result


def counted(n):
    total = 0.0
    for i in range(n):
        total += i * 0.5
    return total


def counted_between(a, b):
    total = 0
    for i in range(a, b, 2):
        total += i * i
    return total


def counted_down(x, n):
    y = x.copy()
    for i in range(n, 0, -1):
        y[i] = y[i - 1] * 2
    return y


def skipping(x):
    total = 0.0
    for i in range(x.shape[0]):
        if x[i] < 0:
            continue
        total += x[i]
    return total


def written_ragged(x, n):
    y = np.zeros(6)
    k = 0
    while k < n:
        y[k] = x * k
        y[5 - k] += 1
        k += 1
    return y, k


def bisected(values, x):
    low = 0
    high = values.shape[0]
    while low < high:
        middle = (low + high) // 2
        if values[middle] < x:
            low = middle + 1
        else:
            high = middle
    return low


def insertion_sort(x):
    x = x.copy()
    for i in range(1, x.shape[0]):
        key = x[i]
        j = i - 1
        while j >= 0 and x[j] > key:
            x[j + 1] = x[j]
            j -= 1
        x[j + 1] = key
    return x


def double_loop(x):
    total = 0.0
    for i in range(3):
        for j in range(i, 3):
            if x[i] > x[j]:
                total += x[i] * x[j]
    return total


def escape(c):
    z = 0.0
    n = 0
    for n in range(20):
        z = z * z + c
        if z > 2:
            return n
    return 20


def swapping(x):
    u = x.copy()
    v = np.zeros_like(x)
    for _ in range(4):
        for i in range(1, x.shape[0] - 1):
            v[i] = (u[i - 1] + u[i + 1]) / 2
        u, v = v, u
    return u


# -- matrices and other calls


def products(a, x):
    return (
        a @ x,
        x @ a.T,
        np.dot(a, x),
        a.T @ a,
        x @ x,
        np.einsum("ij,j->i", a, x),
        np.tensordot(a, a, 2),
        np.inner(x, x),
    )


def stacked_products(a, b):
    return a @ b, np.dot(a, b), np.vdot(a, a)


def solved(a, b):
    spd = a @ a.T + np.eye(3)
    return np.linalg.solve(spd, b), np.linalg.cholesky(spd), np.linalg.inv(spd), np.linalg.det(spd)


def solved_alone(a, b):
    return np.linalg.solve(a, b)


def factored(a):
    q, r = np.linalg.qr(a)
    return (
        q @ r,
        np.linalg.svd(a)[1],
        np.linalg.slogdet(a[:3])[1],
        np.linalg.eigvalsh(a.T @ a),
        np.linalg.norm(a),
    )


def triangular(a, b):
    return linalg.solve_triangular(a, b, lower=True)


def least_squares(a, b):
    return np.linalg.lstsq(a, b)[0]


def sorted_(x):
    return np.sort(x), np.argsort(x), np.median(x), np.quantile(x, [0.25, 0.5]), np.cumsum(x), np.diff(x)


def sorted_along(x):
    return np.sort(x, axis=0), np.median(x, axis=0), np.cumsum(x, axis=1), np.quantile(x, 0.3, axis=1)


def searched(values, x):
    return np.searchsorted(values, x), np.interp(x, values, values * 2), np.histogram(x, 4, (0.0, 1.0))[0]


def transformed(x):
    return np.abs(np.fft.fft(x)), np.fft.irfft(np.fft.rfft(x)), np.convolve(x, x[:2])


def special_functions(x):
    return special.gammaln(x + 4), special.erf(x), special.logsumexp(np.array([x, x + 1]))


def polynomial(x, c):
    return np.polyval(c, x)


def structure(p, x):
    return {"sum": p["a"] + x, "parts": (p["b"][0] * x, [x, 2.0])}


def nothing_mapped(x, y):
    return y * 2, x


def keywords(x, scale=2.0, *, shift=0.0):
    return x * scale + shift


def energy(x):
    return np.sum(np.tanh(x) ** 2 * x[0])


def fitted(w, x):
    return np.sum(np.tanh(x @ w) ** 2)


def newton_energy(x):
    y = x[0]
    while y > 1.0:
        y = y * 0.5 * np.cos(x[1])
    if x[1] > 0:
        y = y * x[1]
    z = np.zeros(3)
    for i in range(2):
        z[i] = x[i] * y
    return np.sum(z * z)


def scale_of(x):
    return np.sqrt(np.sum(x * x))


def summed_energy(x):
    return np.sum(defnhook.vmap(energy)(x))


def summed_newton_energy(x):
    return np.sum(defnhook.vmap(newton_energy)(x))


def shared_energy(w, x):
    return np.sum(defnhook.vmap(fitted, (None, 0))(w, x))


def pairs(x, y):
    return defnhook.vmap(defnhook.vmap(squared_distance, (None, 0)), (0, None))(x, y)


def squared_distance(a, b):
    return np.sum((a - b) ** 2)


def mapped_in_loop(x):
    total = np.zeros(x.shape[0])
    for i in range(3):
        total += defnhook.vmap(doubled_element, (0, None))(x, i)
    return total


def doubled_element(row, i):
    return row[i] * 2


def mapped_call(x):
    return defnhook.vmap(np.linalg.inv)(x)


def drawn(key):
    return random.normal(key, (3,)), random.uniform(random.split(key, 2)[1])


def scaled(a, x):
    return a * x


def scaled_vjp(g, r, a, x):
    return np.sum(g * x) * 3.0, g * a * 5.0


scaled_by_hand = defnhook.custom_grad(scaled, vjp=scaled_vjp)


def through_a_rule(a, x):
    return np.sum(scaled_by_hand(a, x * x))


def summed_by_a_rule(a, x):
    return np.sum(defnhook.vmap(scaled_by_hand)(a, x))


def shared_by_a_rule(a, x):
    return np.sum(defnhook.vmap(scaled_by_hand, (None, 0))(a, x))


def recomputed_energy(x):
    return defnhook.checkpoint(energy)(x * 2) + np.sum(defnhook.stop_grad(x) * x)


def summed_recomputed_energy(x):
    return np.sum(defnhook.vmap(recomputed_energy)(x))


def element_writer(x):
    log = np.zeros(3)

    def write(row):
        log[0] = row[0]
        return row

    return defnhook.vmap(write)(x)


def printing(x):
    print(x)  # noqa: T201
    return x


def of_own_size(x):
    return x[x > 0]


def of_any_size(n):
    total = 0.0
    while n > 0:
        y = np.zeros(3)
        total += np.sum(y[:n])
        n -= 1
    return total


def with_default(x, scale=2.0, *, shift=1.0):
    return x * scale + shift


def product(a, x):
    return np.tanh(a @ x)


def growing_parts(x):
    y = np.zeros_like(x)
    for i in range(1, x.shape[0]):
        y[i] = np.sum(y[:i] * x[:i]) + x[i]
    return np.sum(y * y)


def square_root(x):
    """By as many steps as it needs, inside a branch."""
    if x[0] > 0:
        y = 1.0
        while abs(y * y - x[0]) > 1e-12:
            y = 0.5 * (y + x[0] / y)
    else:
        y = x[1] * 1.0
    return y * x[1]


def doubled(x):
    """Until it is large, by a loop whose length the element decides."""
    y = x[0] * x[0] + 0.1
    while y < 10:
        y = y * (1.5 + x[1] * x[1])
    return y * x[2]


def interpolated(xp, fp, x):
    return np.interp(x, np.sort(xp), fp) + np.searchsorted(np.sort(xp), x) * x


def interpolated_sum(x):
    return np.sum(np.interp(x[0], np.array([-1.0, 0.0, 2.0, 3.0]), x) * x)
