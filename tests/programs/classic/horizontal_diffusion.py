# defn
"""Diffusion of fourth order in the horizontal planes of an atmosphere, its fluxes limited, into a field given."""

import numpy as np


def horizontal_diffusion(field, out, coefficient):
    laplacian = 4 * field[1:-1, 1:-1] - (
        field[2:, 1:-1] + field[:-2, 1:-1] + field[1:-1, 2:] + field[1:-1, :-2]
    )

    flux_x = laplacian[1:, 1:-1] - laplacian[:-1, 1:-1]
    downhill = flux_x * (field[2:-1, 2:-2] - field[1:-2, 2:-2])
    flux_x[downhill > 0] = 0

    flux_y = laplacian[1:-1, 1:] - laplacian[1:-1, :-1]
    downhill = flux_y * (field[2:-2, 2:-1] - field[2:-2, 1:-2])
    flux_y[downhill > 0] = 0

    out[:] = field[2:-2, 2:-2] - coefficient * (flux_x[1:] - flux_x[:-1] + flux_y[:, 1:] - flux_y[:, :-1])


def horizontal_diffusion_where(field, out, coefficient):
    inner = field[1:-1, 1:-1]
    laplacian = 4 * inner - (field[2:, 1:-1] + field[:-2, 1:-1] + field[1:-1, 2:] + field[1:-1, :-2])
    flux_x = laplacian[1:, 1:-1] - laplacian[:-1, 1:-1]
    flux_x = np.where(flux_x * (inner[1:, 1:-1] - inner[:-1, 1:-1]) > 0, 0, flux_x)
    flux_y = laplacian[1:-1, 1:] - laplacian[1:-1, :-1]
    flux_y = np.where(flux_y * (inner[1:-1, 1:] - inner[1:-1, :-1]) > 0, 0, flux_y)
    divergence = flux_x[1:] - flux_x[:-1] + flux_y[:, 1:] - flux_y[:, :-1]
    out[:, :, :] = inner[1:-1, 1:-1] - coefficient * divergence


def arguments(n, m, levels, dtype=np.float64):  # defn: off
    rng = np.random.default_rng(n)
    field = rng.uniform(size=(n + 4, m + 4, levels)).astype(dtype)
    coefficient = rng.uniform(size=(n, m, levels)).astype(dtype)
    return field, np.zeros((n, m, levels), dtype), coefficient


def cases():  # defn: off
    return [
        ("horizontal_diffusion", arguments(4, 5, 3), {}),
        ("horizontal_diffusion", arguments(3, 2, 2, np.float32), {}),
        ("horizontal_diffusion", arguments(2, 4, 1), {}),
        ("horizontal_diffusion_where", arguments(4, 5, 3), {}),
        ("horizontal_diffusion_where", arguments(3, 3, 2, np.float32), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "horizontal_diffusion": lambda: arguments(128, 128, 32),
    "horizontal_diffusion_where": lambda: arguments(128, 128, 32),
}
