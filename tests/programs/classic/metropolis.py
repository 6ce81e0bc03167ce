# defn
"""Metropolis's walk with numbers drawn beforehand: one walker, and many that step together."""

import numpy as np


def log_density(x):
    return -0.5 * np.sum(x * x, axis=-1) - 0.1 * np.sum(x**4, axis=-1)


def walk(start, proposals, uniforms):
    steps = len(uniforms)
    x = start.copy()
    current = log_density(x)
    chain = np.empty((steps, len(start)))
    accepted = 0
    for n in range(steps):
        candidate = x + proposals[n]
        density = log_density(candidate)
        if np.log(uniforms[n]) < density - current:
            x = candidate
            current = density
            accepted += 1
        chain[n] = x
    return chain, accepted / steps


def step(walkers, proposals, uniforms):
    candidates = walkers + proposals
    accept = np.log(uniforms) < log_density(candidates) - log_density(walkers)
    walkers[accept] = candidates[accept]
    return accept.sum()


def draws(steps, dimensions):  # defn: off
    rng = np.random.default_rng(steps)
    return rng.normal(size=(steps, dimensions)), 1 - rng.uniform(size=steps)


def cases():  # defn: off
    return [
        ("walk", (np.zeros(2), *draws(15, 2)), {}),
        ("walk", (np.ones(1), *draws(4, 1)), {}),
        ("step", (draws(3, 2)[0][[0, 1, 2, 0, 1]], *draws(5, 2)), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "walk": lambda: (np.zeros(3), *draws(3_000, 3)),
    "step": lambda: (np.zeros((100_000, 3)), *draws(100_000, 3)),
}
