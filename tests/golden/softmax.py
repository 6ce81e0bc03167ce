import numpy as np
from defnhook.backend.numba import (
    BLOCK,
    ZERO,
    exp_f32,
    fast_add,
    isfinite,
    maximum,
    native,
    next_slice,
    select,
)


@native("void(float32[:, ::1], float32[:, ::1], uint64[::1], int64, uint64, uint64)")
def softmax(t, out, table, phase, first, last):
    n0 = table[0]
    n1 = table[1]
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
                max_0 = np.float32(-np.inf)
                for j in range(ZERO, n1):
                    t_0 = t[i, j]
                    max_0 = maximum(max_0, t_0)
                sum_0 = np.float32(0)
                sum_0_error = np.float32(0.0)
                for block in range(ZERO, n1, BLOCK):
                    block_stop = min(block + BLOCK, n1)
                    part_0 = np.float32(0.0)
                    for j in range(block, block_stop):
                        t_1 = t[i, j]
                        subtract_0 = t_1 - max_0
                        exp_0 = exp_f32(subtract_0)
                        out[i, j] = exp_0
                        part_0 = fast_add(part_0, exp_0)
                    total = sum_0 + part_0
                    head = total - part_0
                    sum_0_error = sum_0_error + ((sum_0 - head) + (part_0 - (total - head)))
                    sum_0 = total
                sum_0 = select(isfinite(sum_0_error), sum_0 + sum_0_error, sum_0)
                for j in range(ZERO, n1):
                    exp_1 = out[i, j]
                    divide_0 = exp_1 / sum_0
                    out[i, j] = divide_0
        if role >= -1:
            break
