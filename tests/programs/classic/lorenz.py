# defn
"""Lorenz's convection: Euler's and Runge and Kutta's steps through time."""

import numpy as np


def lorenz(state, sigma=10.0, rho=28.0, beta=8 / 3):
    x, y, z = state
    return np.array([sigma * (y - x), x * (rho - z) - y, x * y - beta * z])


def euler(start, steps, dt):
    trajectory = np.empty((steps + 1, 3))
    trajectory[0] = start
    for n in range(steps):
        trajectory[n + 1] = trajectory[n] + dt * lorenz(trajectory[n])
    return trajectory


def rk4(start, steps, dt):
    trajectory = np.empty((steps + 1, 3))
    trajectory[0] = start
    for n in range(steps):
        state = trajectory[n]
        k1 = lorenz(state)
        k2 = lorenz(state + dt / 2 * k1)
        k3 = lorenz(state + dt / 2 * k2)
        k4 = lorenz(state + dt * k3)
        trajectory[n + 1] = state + dt / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return trajectory


def euler_numbers(x, y, z, steps, dt, sigma=10.0, rho=28.0, beta=8 / 3):
    for _ in range(steps):
        dx = sigma * (y - x)
        dy = x * (rho - z) - y
        dz = x * y - beta * z
        x, y, z = x + dt * dx, y + dt * dy, z + dt * dz
    return x, y, z


def cases():  # defn: off
    start = np.array([0.0, 1.0, 1.05])
    return [
        ("lorenz", (start,), {"rho": 14.0}),
        ("euler", (start, 20, 0.01), {}),
        ("euler", (start, 0, 0.01), {}),
        ("rk4", (start, 15, 0.02), {}),
        ("euler_numbers", (0.0, 1.0, 1.05, 20, 0.01), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "euler": lambda: (np.array([0.0, 1.0, 1.05]), 5_000, 0.001),
    "rk4": lambda: (np.array([0.0, 1.0, 1.05]), 1_000, 0.005),
    "euler_numbers": lambda: (0.0, 1.0, 1.05, 100_000, 0.00025),
}
