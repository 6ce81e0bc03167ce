# defn
"""Functions whose derivatives are known in closed form."""

import numpy as np


def logistic(w, x, y):
    z = x @ w
    return np.sum(np.logaddexp(0, z) - y * z)


def evidence(theta, x, y):
    """The log marginal likelihood of a Gaussian process, less its constant."""
    scale, noise = np.exp(theta[0]), np.exp(theta[1])
    d = (x[:, None] - x[None, :]) / scale
    k = np.exp(-0.5 * d * d) + noise * np.eye(len(x))
    lower = np.linalg.cholesky(k)
    z = np.linalg.solve(lower, y)
    return -0.5 * np.sum(z * z) - np.sum(np.log(np.diagonal(lower)))


def decay(rate, steps):
    """One over e by the classical method of Runge and Kutta."""
    h = 1.0 / steps
    y = 1.0
    for _ in range(steps):
        a = -rate * y
        b = -rate * (y + h / 2 * a)
        c = -rate * (y + h / 2 * b)
        d = -rate * (y + h * c)
        y = y + h / 6 * (a + 2 * b + 2 * c + d)
    return y


def ising(field, coupling, spins):
    neighbours = np.roll(spins, 1) * spins
    return -np.sum(field * spins) - coupling * np.sum(neighbours)


def log_determinant(a):
    return np.linalg.slogdet(a)[1]


def determinant(a):
    return np.linalg.det(a)


def trace_of_inverse(a):
    return np.trace(np.linalg.inv(a))


def largest_eigenvalue(a):
    return np.linalg.eigvalsh(a)[-1]


def nuclear_norm(a):
    return np.sum(np.linalg.svdvals(a))


def quadratic(x, a):
    return x @ a @ x


def distance(x, y):
    return np.linalg.norm(x - y)


def entropy(p):
    return -np.sum(p * np.log(p))


def geometric(x, n):
    s = 0.0
    p = 1.0
    for _ in range(n):
        s = s + p
        p = p * x
    return s


def parseval(x):
    return np.sum(np.abs(np.fft.fft(x)) ** 2)
