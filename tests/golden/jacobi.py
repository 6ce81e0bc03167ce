import numpy as np
from defnhook.backend.numba import (
    BLOCK,
    ONE,
    TWO,
    ZERO,
    fast_add,
    from_bits,
    isfinite,
    native,
    next_slice,
    select,
    to_bits,
)


@native("void(float64[:, ::1], float64[:, ::1], Array(float64, 0, 'C'), uint64[::1], int64, uint64, uint64)")
def jacobi(a, out, out_1, table, phase, first, last):
    n0 = table[0]
    h0 = table[1]
    u0 = table[2]
    c0 = np.float64(from_bits(table[3]))
    n1 = table[4]
    p0 = table[5]
    role, state, count = phase, first, last
    while True:
        if role < -1:
            phase, first, last = next_slice(table, role, state, count, phase)
            if phase < 0:
                break
        if phase < 0 or phase == 0:
            start = first if phase == 0 else ZERO
            stop = last if phase == 0 else u0
            sum_0 = np.float64(0)
            sum_0_error = np.float64(0.0)
            for chunk in range(start, stop):
                lower = chunk * h0
                upper = min(lower + h0, n0)
                sum_1 = np.float64(0)
                sum_1_error = np.float64(0.0)
                for i in range(lower, upper):
                    for block in range(ZERO, n1, BLOCK):
                        block_stop = min(block + BLOCK, n1)
                        part_0 = np.float64(0.0)
                        for j in range(block, block_stop):
                            a_0 = a[(ONE + i), (ONE + j)]
                            a_1 = a[(ONE + i), j]
                            add_0 = a_0 + a_1
                            a_2 = a[(ONE + i), (TWO + j)]
                            add_1 = add_0 + a_2
                            a_3 = a[(TWO + i), (ONE + j)]
                            add_2 = add_1 + a_3
                            a_4 = a[i, (ONE + j)]
                            add_3 = add_2 + a_4
                            multiply_0 = add_3 * c0
                            out[i, j] = multiply_0
                            part_0 = fast_add(part_0, multiply_0)
                        total = sum_1 + part_0
                        head = total - part_0
                        sum_1_error = sum_1_error + ((sum_1 - head) + (part_0 - (total - head)))
                        sum_1 = total
                sum_1 = select(isfinite(sum_1_error), sum_1 + sum_1_error, sum_1)
                part = sum_1
                total = sum_0 + part
                head = total - part
                sum_0_error = sum_0_error + ((sum_0 - head) + (part - (total - head)))
                sum_0 = total
                if phase == 0:
                    table[p0 + chunk] = to_bits(np.float64(sum_1))
            sum_0 = select(isfinite(sum_0_error), sum_0 + sum_0_error, sum_0)
        if phase < 0 or phase == 1:
            if phase >= 0:
                sum_0 = np.float64(0)
                sum_0_error = np.float64(0.0)
                for chunk in range(u0):
                    part = np.float64(from_bits(table[p0 + chunk]))
                    total = sum_0 + part
                    head = total - part
                    sum_0_error = sum_0_error + ((sum_0 - head) + (part - (total - head)))
                    sum_0 = total
                sum_0 = select(isfinite(sum_0_error), sum_0 + sum_0_error, sum_0)
            out_1[()] = sum_0
        if role >= -1:
            break
