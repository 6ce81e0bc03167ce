"""Derivatives as one writes them out in NumPy."""

import numpy as np


def mlp_gradient(weights, x, target):
    w1, b1, w2, b2, w3, b3 = weights
    first = np.tanh(x @ w1 + b1)
    second = np.tanh(first @ w2 + b2)
    scores = second @ w3 + b3
    scores -= np.max(scores, axis=1, keepdims=True)
    e = np.exp(scores)
    total = np.sum(e, axis=1, keepdims=True)
    value = -np.mean(np.sum((scores - np.log(total)) * target, axis=1))
    to_scores = (e / total * np.sum(target, axis=1, keepdims=True) - target) / len(x)
    to_second = to_scores @ w3.T * (1 - second * second)
    to_first = to_second @ w2.T * (1 - first * first)
    gradient = (
        x.T @ to_first,
        np.sum(to_first, axis=0),
        first.T @ to_second,
        np.sum(to_second, axis=0),
        second.T @ to_scores,
        np.sum(to_scores, axis=0),
    )
    return value, gradient


def logistic_gradient(w, x, y):
    z = x @ w
    return np.mean(np.logaddexp(0, z) - y * z), x.T @ (1 / (1 + np.exp(-z)) - y) / len(y)


def lennard_jones_forces(positions):
    difference = positions[:, None, :] - positions[None, :, :]
    squares = np.sum(difference * difference, axis=2)
    np.fill_diagonal(squares, 1)
    inverse = 1 / squares**3
    factor = (6 - 12 * inverse) * inverse / squares
    np.fill_diagonal(factor, 0)
    return 2 * np.sum(inverse * inverse - inverse), 4 * np.sum(factor[:, :, None] * difference, axis=1)


def gaussian_process_gradient(logarithms, x, y):
    scale, length, noise = np.exp(logarithms)
    squares = (x[:, None] - x[None, :]) ** 2
    signal = scale * np.exp(-0.5 * squares / length**2)
    covariance = signal + noise * np.eye(len(x), dtype=x.dtype)
    factor = np.linalg.cholesky(covariance)
    inverse = np.linalg.inv(covariance)
    solved = inverse @ y
    adjoint = 0.5 * (inverse - np.outer(solved, solved))
    gradient = [
        np.sum(adjoint * signal),
        np.sum(adjoint * signal * squares) / length**2,
        noise * np.trace(adjoint),
    ]
    value = 0.5 * y @ solved + np.sum(np.log(np.diag(factor)))
    return value, np.array(gradient, dtype=x.dtype)


def predator_and_prey(state, rates):
    """How fast the state changes, and with it its derivatives by the four rates, which are its other columns."""
    prey, predators = state[:, 0]
    meetings = prey * predators
    by_state = np.array(
        [
            [rates[0] - rates[1] * predators, -rates[1] * prey],
            [rates[2] * predators, rates[2] * prey - rates[3]],
        ]
    )
    changes = np.zeros_like(state)
    changes[:, 0] = rates[0] * prey - rates[1] * meetings, rates[2] * meetings - rates[3] * predators
    changes[:, 1:] = by_state @ state[:, 1:]
    changes[0, 1] += prey
    changes[0, 2] -= meetings
    changes[1, 3] += meetings
    changes[1, 4] -= predators
    return changes


def runge_kutta_sensitivities(rates, state):
    step = 0.05
    moved = np.zeros((2, 5), dtype=state.dtype)
    moved[:, 0] = state
    for _ in range(200):
        k1 = predator_and_prey(moved, rates)
        k2 = predator_and_prey(moved + step / 2 * k1, rates)
        k3 = predator_and_prey(moved + step / 2 * k2, rates)
        k4 = predator_and_prey(moved + step * k3, rates)
        moved = moved + step / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return np.sum(moved[:, 0] ** 2), 2 * moved[:, 0] @ moved[:, 1:]


def rosenbrock_hvp(x, direction):
    result = np.zeros_like(x)
    across = -400 * x[:-1]
    result[:-1] = (1200 * x[:-1] ** 2 - 400 * x[1:] + 2) * direction[:-1] + across * direction[1:]
    result[1:] += across * direction[:-1] + 200 * direction[1:]
    return result
