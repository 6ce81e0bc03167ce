# defn
"""Fields and particles: forces, energies, waves, thermodynamics."""

import numpy as np

G = 6.674e-11
BOLTZMANN = np.float64(1.380649e-23)


def gravity(positions, masses, softening=1e-3):
    separation = positions[None] - positions[:, None]
    distance2 = np.sum(separation**2, axis=-1) + softening**2
    return G * np.sum(masses[None, :, None] * separation / distance2[..., None] ** 1.5, axis=1)


def lennard_jones(r, epsilon=1.0, sigma=1.0):
    ratio = (sigma / r) ** 6
    return 4 * epsilon * (ratio**2 - ratio)


def kinetic_energy(masses, velocities):
    return 0.5 * np.sum(masses * np.sum(velocities**2, axis=1))


def planck(wavelength, temperature):
    h, c = 6.62607015e-34, 299792458.0
    exponent = h * c / (wavelength * BOLTZMANN * temperature)
    return 2 * h * c**2 / wavelength**5 / np.expm1(exponent)


def cross(a, b):
    return np.stack(
        [
            a[..., 1] * b[..., 2] - a[..., 2] * b[..., 1],
            a[..., 2] * b[..., 0] - a[..., 0] * b[..., 2],
            a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0],
        ],
        axis=-1,
    )


def spherical(xyz):
    r = np.linalg.norm(xyz, axis=-1)
    return r, np.arccos(xyz[..., 2] / r), np.arctan2(xyz[..., 1], xyz[..., 0])


def rotation(angle):
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s], [s, c]])


def rotate(points, angle):
    return points @ rotation(angle).T


def wave_step(now, before, courant):
    lap = now[2:] - 2 * now[1:-1] + now[:-2]
    inner = 2 * now[1:-1] - before[1:-1] + courant**2 * lap
    return np.hstack([0.0, inner, 0.0])


def quaternion_product(p, q):
    a1, b1, c1, d1 = p
    a2, b2, c2, d2 = q
    return np.array([a1 * a2 - b1 * b2 - c1 * c2 - d1 * d2, a1 * b2 + b1 * a2 + c1 * d2 - d1 * c2])


def cases():  # defn: off
    rng = np.random.default_rng(12)
    positions, masses = rng.normal(size=(4, 3)), rng.uniform(1, 9, size=4)
    return [
        ("gravity", (positions, masses), {}),
        ("gravity", (positions.astype("f4"), masses.astype("f4")), {"softening": 0.1}),
        ("lennard_jones", (np.linspace(0.8, 3, 7),), {}),
        ("lennard_jones", (np.linspace(0.8, 3, 7, dtype="f4"), 2, 1.5), {}),
        ("lennard_jones", (1.5,), {}),
        ("kinetic_energy", (masses, positions), {}),
        ("planck", (np.linspace(4e-7, 8e-7, 5), 5800), {}),
        ("cross", (positions, positions[::-1]), {}),
        ("cross", (positions[0], positions), {}),
        ("spherical", (positions,), {}),
        ("spherical", (positions.astype("f4"),), {}),
        ("rotation", (0.5,), {}),
        ("rotation", (np.float32(0.5),), {}),
        ("rotate", (positions[:, :2], 0.5), {}),
        ("wave_step", (masses, masses[::-1], 0.5), {}),
        ("wave_step", (masses.astype("f4"), masses[::-1].astype("f4"), 0.5), {}),
        ("quaternion_product", (masses, masses[::-1]), {}),
        ("quaternion_product", ((1, 2.0, 3, 4), masses), {}),
    ]


CASES = cases()
