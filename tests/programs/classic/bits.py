# defn
"""Python integers and their bits: a cyclic redundancy check, and how many bits are set."""

import numpy as np

POLYNOMIAL = 0xEDB88320


def crc32(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= int(byte)
        for _ in range(8):
            if crc & 1:
                crc = (crc >> 1) ^ POLYNOMIAL
            else:
                crc >>= 1
    return crc ^ 0xFFFFFFFF


def popcount(number):
    count = 0
    while number:
        number &= number - 1
        count += 1
    return count


def popcounts(numbers):
    counts = np.zeros(len(numbers), dtype=np.int64)
    for i in range(len(numbers)):
        counts[i] = popcount(int(numbers[i]))
    return counts


def reverse_bits(number, width):
    result = 0
    for _ in range(width):
        result = (result << 1) | (number & 1)
        number >>= 1
    return result


def text(data):  # defn: off
    return np.frombuffer(data, dtype=np.uint8)


def numbers(n):  # defn: off
    return np.random.default_rng(n).integers(0, 2**40, n)


def cases():  # defn: off
    return [
        ("crc32", (text(b"123456789"),), {}),
        ("crc32", (text(b""),), {}),
        ("popcount", (0,), {}),
        ("popcount", (0b1011011,), {}),
        ("popcounts", (numbers(6),), {}),
        ("reverse_bits", (0b1011, 8), {}),
    ]


CASES = cases()
BENCHMARKS = {
    "crc32": lambda: (np.random.default_rng(0).integers(0, 256, 20_000).astype(np.uint8),),
    "popcounts": lambda: (numbers(10_000),),
}
