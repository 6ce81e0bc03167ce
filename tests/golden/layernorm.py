import numpy as np
from defnhook.backend.numba import (
    BLOCK,
    ZERO,
    fast_add,
    from_bits,
    isfinite,
    native,
    next_slice,
    select,
    sqrt,
)


@native("void(float32[:, ::1], float32[::1], float32[::1], float32[:, ::1], uint64[::1], int64, uint64, uint64)")
def layernorm(x, gain, bias, out, table, phase, first, last):
    n0 = table[0]
    n1 = table[1]
    c0 = np.float32(from_bits(table[2]))
    c1 = np.float32(from_bits(table[3]))
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
                sum_0 = np.float32(0)
                sum_0_error = np.float32(0.0)
                for block in range(ZERO, n1, BLOCK):
                    block_stop = min(block + BLOCK, n1)
                    part_0 = np.float32(0.0)
                    for j in range(block, block_stop):
                        x_0 = x[i, j]
                        part_0 = fast_add(part_0, x_0)
                    total = sum_0 + part_0
                    head = total - part_0
                    sum_0_error = sum_0_error + ((sum_0 - head) + (part_0 - (total - head)))
                    sum_0 = total
                sum_0 = select(isfinite(sum_0_error), sum_0 + sum_0_error, sum_0)
                divide_0 = sum_0 / c0
                sum_1 = np.float32(0)
                sum_1_error = np.float32(0.0)
                for block in range(ZERO, n1, BLOCK):
                    block_stop = min(block + BLOCK, n1)
                    part_1 = np.float32(0.0)
                    for j in range(block, block_stop):
                        x_1 = x[i, j]
                        subtract_0 = x_1 - divide_0
                        out[i, j] = subtract_0
                        square_0 = subtract_0 * subtract_0
                        part_1 = fast_add(part_1, square_0)
                    total = sum_1 + part_1
                    head = total - part_1
                    sum_1_error = sum_1_error + ((sum_1 - head) + (part_1 - (total - head)))
                    sum_1 = total
                sum_1 = select(isfinite(sum_1_error), sum_1 + sum_1_error, sum_1)
                divide_1 = sum_1 / c0
                add_0 = divide_1 + c1
                sqrt_0 = sqrt(add_0)
                for j in range(ZERO, n1):
                    subtract_1 = out[i, j]
                    divide_2 = subtract_1 / sqrt_0
                    gain_0 = gain[j]
                    multiply_0 = divide_2 * gain_0
                    bias_0 = bias[j]
                    add_1 = multiply_0 + bias_0
                    out[i, j] = add_1
        if role >= -1:
            break
