# defn
"""How many letters must be inserted, deleted or replaced to make one text of another: two rows, and a table."""

import numpy as np


def levenshtein(a, b):
    previous = np.arange(len(b) + 1)
    current = np.zeros(len(b) + 1, dtype=previous.dtype)
    for i in range(len(a)):
        current[0] = i + 1
        for j in range(len(b)):
            if a[i] == b[j]:
                current[j + 1] = previous[j]
            else:
                current[j + 1] = 1 + min(previous[j], previous[j + 1], current[j])
        previous, current = current, previous
    return previous[-1]


def levenshtein_table(a, b):
    n, m = len(a), len(b)
    table = np.zeros((n + 1, m + 1), dtype=np.int32)
    table[:, 0] = np.arange(n + 1)
    table[0, :] = np.arange(m + 1)
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            replaced = table[i - 1, j - 1] + (a[i - 1] != b[j - 1])
            table[i, j] = min(replaced, table[i - 1, j] + 1, table[i, j - 1] + 1)
    return table[n, m]


def letters(text):  # defn: off
    return np.frombuffer(text.encode(), dtype=np.uint8)


def random_letters(n):  # defn: off
    return np.random.default_rng(n).integers(97, 101, n).astype(np.uint8)


def cases():  # defn: off
    pairs = [("kitten", "sitting"), ("saturday", "sunday"), ("same", "same"), ("", "abc"), ("abc", "")]
    texts = [(letters(a), letters(b)) for a, b in pairs]
    return [(name, pair, {}) for name in ("levenshtein", "levenshtein_table") for pair in texts]


CASES = cases()
BENCHMARKS = {
    "levenshtein": lambda: (random_letters(300), random_letters(280)),
    "levenshtein_table": lambda: (random_letters(300), random_letters(280)),
}
