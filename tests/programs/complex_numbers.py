# defn
"""Complex arithmetic: signals, maps of the plane, roots of unity."""

import numpy as np


def to_polar(z):
    return np.abs(z), np.arctan2(z.imag, z.real)


def from_polar(r, phi):
    return r * (np.cos(phi) + 1j * np.sin(phi))


def moebius(z, a=1, b=2j, c=0.5, d=1.0):
    return (a * z + b) / (c * z + d)


def power_spectrum(z):
    return np.real(z * np.conj(z)), (z.real**2 + z.imag**2).sum()


def mandelbrot_steps(c, count=4):
    z = np.zeros_like(c)
    for _ in range(count):
        z = z * z + c
    return z


def sums(z):
    return z.sum(), z.mean(), np.prod(z), z.sum(axis=0), np.sum(z, dtype=np.complex128)


def parts(z):
    return z.real, z.imag, z.conj(), -z, z == z.conj(), np.isfinite(z)


def inner(a, b):
    return np.vdot(a, b), np.sum(np.conj(a) * b)


def dft(x):
    n = x.shape[0]
    k = np.arange(n)
    angle = 2 * np.pi * np.outer(k, k) / n
    return (np.cos(angle) - 1j * np.sin(angle)) @ x


def of_number(z):
    return z * 2j, z.real, z + 1, abs(z), z.conjugate()


def cases():  # defn: off
    rng = np.random.default_rng(7)
    z = rng.normal(size=(3, 4)) + 1j * rng.normal(size=(3, 4))
    found = []
    for x in (z, z.astype("c8")):
        found += [
            ("to_polar", (x,), {}),
            ("moebius", (x,), {}),
            ("power_spectrum", (x,), {}),
            ("mandelbrot_steps", (x / 2,), {}),
            ("sums", (x,), {}),
            ("parts", (x,), {}),
            ("inner", (x[0], x[1]), {}),
            ("dft", (x[0],), {}),
        ]
    return [
        *found,
        ("from_polar", (np.arange(4.0), np.linspace(0, 3, 4)), {}),
        ("from_polar", (np.arange(4, dtype="f4"), np.linspace(0, 3, 4, dtype="f4")), {}),
        ("parts", (np.arange(4.0),), {}),
        ("parts", (z.T,), {}),
        ("to_polar", (z[1, 2],), {}),
        ("of_number", (1 + 2j,), {}),
        ("of_number", (np.complex64(1 + 2j),), {}),
        ("of_number", (1.5,), {}),
        ("moebius", (2.0,), {}),
    ]


CASES = cases()
