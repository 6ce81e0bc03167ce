# defn
"""The Mandelbrot set: arrays of which only the points still inside are updated, and one point after another."""

import numpy as np


def mandelbrot(left, right, bottom, top, width, height, limit):
    x = np.linspace(left, right, width)
    y = np.linspace(bottom, top, height)
    c = x + 1j * y[:, np.newaxis]
    z = np.zeros_like(c)
    count = np.zeros(c.shape, dtype=np.int64)
    for _ in range(limit):
        inside = np.abs(z) <= 2
        z[inside] = z[inside] * z[inside] + c[inside]
        count[inside] += 1
    return z, count


def escape(c, limit):
    z = 0j
    for n in range(limit):
        if z.real * z.real + z.imag * z.imag > 4:
            return n
        z = z * z + c
    return limit


def mandelbrot_points(left, right, bottom, top, width, height, limit):
    count = np.zeros((height, width), dtype=np.int64)
    for i, y in enumerate(np.linspace(bottom, top, height)):
        for j, x in enumerate(np.linspace(left, right, width)):
            count[i, j] = escape(complex(x, y), limit)
    return count


def cases():  # defn: off
    return [
        ("mandelbrot", (-2.1, 0.6, -1.2, 1.2, 9, 7, 12), {}),
        ("mandelbrot", (-0.8, -0.7, 0.1, 0.2, 5, 6, 20), {}),
        ("mandelbrot_points", (-2.1, 0.6, -1.2, 1.2, 9, 7, 12), {}),
        ("escape", (0.3 + 0.5j, 25), {}),
        ("escape", (1 + 1j, 25), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "mandelbrot": lambda: (-2.1, 0.6, -1.2, 1.2, 300, 200, 40),
    "mandelbrot_points": lambda: (-2.1, 0.6, -1.2, 1.2, 100, 60, 40),
}
