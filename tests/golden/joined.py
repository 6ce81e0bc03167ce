import numpy as np
from defnhook.backend.numba import ZERO, native, next_slice


@native("void(float64[::1], float32[::1], float64[::1], uint64[::1], int64, uint64, uint64)")
def joined(x, y, out, table, phase, first, last):
    n0 = table[0]
    o0 = table[1]
    n1 = table[2]
    o1 = table[3]
    n2 = table[4]
    o2 = table[5]
    role, state, count = phase, first, last
    while True:
        if role < -1:
            phase, first, last = next_slice(table, role, state, count, phase)
            if phase < 0:
                break
        if phase < 0 or phase == 0:
            start = first if phase == 0 else ZERO
            stop = last if phase == 0 else n0
            for i in range(start, stop):
                x_0 = x[(o0 + i)]
                out[i] = x_0
        if phase < 0 or phase == 1:
            start = first if phase == 1 else ZERO
            stop = last if phase == 1 else n1
            for i in range(start, stop):
                y_0 = y[i]
                multiply_0 = y_0 * np.float32(2.0)
                float64_0 = np.float64(multiply_0)
                out[o1 + i] = float64_0
        if phase < 0 or phase == 2:
            start = first if phase == 2 else ZERO
            stop = last if phase == 2 else n2
            broadcast_0 = np.float64(0.0)
            for i in range(start, stop):
                out[o2 + i] = broadcast_0
        if role >= -1:
            break
