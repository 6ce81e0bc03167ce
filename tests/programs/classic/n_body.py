# defn
"""Bodies that attract each other: matrices of all pairs, and a loop over the pairs."""

import numpy as np


def accelerations(positions, masses, softening):
    x, y, z = positions[:, 0:1], positions[:, 1:2], positions[:, 2:3]
    dx, dy, dz = x.T - x, y.T - y, z.T - z
    inverse = dx**2 + dy**2 + dz**2 + softening**2
    inverse[inverse > 0] = inverse[inverse > 0] ** -1.5
    return np.hstack([(dx * inverse) @ masses, (dy * inverse) @ masses, (dz * inverse) @ masses])


def n_body(positions, velocities, masses, steps, dt=0.01, softening=0.1):
    a = accelerations(positions, masses, softening)
    energy = np.empty(steps)
    for n in range(steps):
        velocities += a * dt / 2
        positions += velocities * dt
        a = accelerations(positions, masses, softening)
        velocities += a * dt / 2
        energy[n] = 0.5 * np.sum(masses * velocities**2)
    return energy


def n_body_pairs(positions, velocities, masses, steps, dt=0.01):
    n = len(masses)
    for _ in range(steps):
        for i in range(n):
            for j in range(i + 1, n):
                d = positions[i] - positions[j]
                strength = dt / np.sqrt(d @ d) ** 3
                velocities[i] -= d * (masses[j] * strength)
                velocities[j] += d * (masses[i] * strength)
        for position, velocity in zip(positions, velocities, strict=True):
            position += dt * velocity


def bodies(n):  # defn: off
    rng = np.random.default_rng(n)
    return rng.normal(size=(n, 3)), rng.normal(size=(n, 3)), rng.uniform(0.5, 1.5, (n, 1))


def pairs(n):  # defn: off
    positions, velocities, masses = bodies(n)
    return positions, velocities, masses[:, 0]


def cases():  # defn: off
    return [
        ("accelerations", (bodies(4)[0], bodies(4)[2], 0.1), {}),
        ("n_body", (*bodies(5), 3), {}),
        ("n_body", (*bodies(3), 0), {}),
        ("n_body_pairs", (*pairs(4), 3), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "n_body": lambda: (*bodies(100), 50),
    "n_body_pairs": lambda: (*pairs(5), 300),
}
