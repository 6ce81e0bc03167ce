# defn
"""The mean over every block of 3 x 3 x 3 voxels: one shifted sum after another, and voxel by voxel."""

import numpy as np


def box_blur(volume):
    n, m, k = volume.shape
    total = np.zeros((n - 2, m - 2, k - 2), dtype=volume.dtype)
    for i in range(3):
        for j in range(3):
            for l in range(3):
                total += volume[i : i + n - 2, j : j + m - 2, l : l + k - 2]
    total /= 27
    return total


def box_blur_voxels(volume, blurred):
    n, m, k = volume.shape
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            for l in range(1, k - 1):
                blurred[i, j, l] = volume[i - 1 : i + 2, j - 1 : j + 2, l - 1 : l + 2].mean()


def volume(n, m, k, dtype=np.float64):  # defn: off
    return np.random.default_rng(n).normal(size=(n, m, k)).astype(dtype)


def cases():  # defn: off
    return [
        ("box_blur", (volume(4, 5, 6),), {}),
        ("box_blur", (volume(3, 6, 4, np.float32),), {}),
        ("box_blur_voxels", (volume(4, 5, 6), np.zeros((4, 5, 6))), {}),
        ("box_blur_voxels", (volume(2, 3, 3), np.ones((2, 3, 3))), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "box_blur": lambda: (volume(80, 80, 80),),
    "box_blur_voxels": lambda: (volume(20, 20, 20), np.zeros((20, 20, 20))),
}
