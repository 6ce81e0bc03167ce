# defn
"""How many elements lie in each bin of a histogram."""

import numpy as np


def counts_in_even_bins(a, edges):
    """The counts between edges that are evenly spaced but for rounding; the last bin holds its upper edge too.

    A product finds the bin, or one beside it, which the edges decide. Widths that have no reciprocal are enlarged.
    """
    count = len(edges) - 1
    counts = np.zeros(count, np.int64)
    first, last = edges[0], edges[count]
    width = np.float64(last) - np.float64(first)
    larger = np.where(width < 1e-290, 2.0**300, 1.0)
    scale = count / (width * larger)
    for i in range(len(a)):
        x = a[i]
        if (x >= first) & (x <= last):
            place = np.minimum(((x - np.float64(first)) * larger * scale).astype(np.int64), count - 1)
            below = x < edges[place]
            above = (x >= edges[place + 1]) & (place < count - 1)
            counts[place - below + above] += 1
    return counts
