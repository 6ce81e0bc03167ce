import numpy as np
from defnhook.backend.numba import ZERO, maximum, native, strided


@native("void(float64[:, ::1], float64[:, ::1], float64[::1], float64[::1], uint64[::1], int64, uint64, uint64)")
def columns(x, w, out, out_1, table, phase, first, last):
    n1 = table[0]
    n0 = table[1]
    w_across_0 = strided(w)
    if phase < 0 or phase == 0:
        for j in range(ZERO, n1):
            out[j] = np.float64(0)
        for j in range(ZERO, n1):
            out_1[j] = np.float64(-np.inf)
        for i in range(ZERO, n0):
            w_0 = w_across_0[i, 0]
            for j in range(ZERO, n1):
                x_0 = x[i, j]
                multiply_0 = x_0 * w_0
                out[j] = out[j] + multiply_0
                out_1[j] = maximum(out_1[j], x_0)
