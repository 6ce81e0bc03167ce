"""Gradients against what mathematics says they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from both import mode_of

import defnhook

FILE = Path(__file__).parent / "closed_forms.py"
RNG = np.random.default_rng(4)
X, Y, W = RNG.normal(size=(6, 3)), RNG.integers(0, 2, 6) * 1.0, RNG.normal(size=3)
A = RNG.normal(size=(4, 4)) + 4 * np.eye(4)
S = A + A.T
P = np.array([0.2, 0.3, 0.5])
SPINS = RNG.choice([-1.0, 1.0], 8)


def logistic(w, x, y):
    return x.T @ (1 / (1 + np.exp(-x @ w)) - y)


def evidence(theta, x, y):
    """Rasmussen and Williams, Gaussian Processes for Machine Learning, equation 5.9."""
    scale, noise = np.exp(theta)
    squares = ((x[:, None] - x[None, :]) / scale) ** 2
    k = np.exp(-0.5 * squares)
    inverse = np.linalg.inv(k + noise * np.eye(len(x)))
    alpha = inverse @ y
    by = [k * squares, noise * np.eye(len(x))]
    return np.array([0.5 * np.trace((np.outer(alpha, alpha) - inverse) @ d) for d in by])


def geometric(x, n):
    return sum(k * x ** (k - 1) for k in range(1, n))


def largest_eigenvalue(a):
    vector = np.linalg.eigh(a)[1][:, -1]
    return np.outer(vector, vector)


def nuclear_norm(a):
    u, _, v = np.linalg.svd(a)
    return u @ v


FORMS = {
    "logistic": ((W, X, Y), logistic, 1e-13),
    "evidence": ((np.array([0.3, -1.0]), X[:, 0], Y), evidence, 1e-10),
    "decay": ((1.0, 200), lambda rate, steps: -np.exp(-1.0), 1e-9),
    "ising": ((SPINS * 0.1, 0.5, SPINS), lambda field, coupling, spins: -spins, 1e-15),
    "log_determinant": ((A,), lambda a: np.linalg.inv(a).T, 1e-13),
    "determinant": ((A,), lambda a: np.linalg.det(a) * np.linalg.inv(a).T, 1e-13),
    "trace_of_inverse": ((A,), lambda a: -(np.linalg.inv(a) @ np.linalg.inv(a)).T, 1e-12),
    "largest_eigenvalue": ((S,), largest_eigenvalue, 1e-12),
    "nuclear_norm": ((A,), nuclear_norm, 1e-12),
    "quadratic": ((W, X[:3]), lambda x, a: (a + a.T) @ x, 1e-13),
    "distance": ((W, W + 1), lambda x, y: -np.ones(3) / np.sqrt(3), 1e-14),
    "entropy": ((P,), lambda p: -np.log(p) - 1, 1e-14),
    "geometric": ((0.5, 12), geometric, 1e-14),
    "parseval": ((W,), lambda x: 2 * len(x) * x, 1e-13),
}


@pytest.fixture(scope="module")
def module(both_ways):
    return both_ways(FILE, "interpret").hooked


@pytest.mark.parametrize("name", FORMS)
def test_gradients_are_those_of_the_closed_form(name, module):
    args, expected, tolerance = FORMS[name]
    with mode_of("interpret"):
        made = defnhook.grad(getattr(module, name))(*args)
    wanted = expected(*args)
    np.testing.assert_allclose(made, wanted, rtol=tolerance, atol=tolerance * np.max(np.abs(wanted)))


def test_the_hessian_of_a_quadratic_form(module):
    with mode_of("interpret"):
        np.testing.assert_allclose(defnhook.hessian(module.quadratic)(W, X[:3]), X[:3] + X[:3].T, atol=1e-14)
