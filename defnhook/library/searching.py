# defn
"""Binary searches in sorted arrays, and what is interpolated between their elements."""

import numpy as np

from defnhook.library.static import checked_kind, goes_left, in_block, is_mapped, is_transformed
from defnhook.ops.ordering import interpolate_in_numpy, is_among, search_in_numpy

FEW_BINS = 8
FEW = 1000  # keys; for more of them NumPy's own search is as fast or faster


def searchsorted(a, v, side="left", sorter=None):
    a, v, left = np.asarray(a), np.asarray(v), goes_left(side)
    if a.ndim != 1:
        raise ValueError("object of too small depth for desired array")
    if sorter is not None:
        a = ordered_by(a, np.asarray(sorter))
    return found_places(a, v, left)


def ordered_by(a, sorter):
    if sorter.dtype.kind not in "iu":
        raise TypeError("sorter must only contain integers")
    if sorter.ndim != 1:
        raise ValueError("object of too small depth for desired array")
    if sorter.shape != a.shape:
        raise ValueError("sorter.size must equal a.size")
    return a[sorter]


def found_places(a, v, left):
    """For each key the first place before which all elements are less, or not greater."""
    dtype = np.result_type(a.dtype, v.dtype)
    if dtype.kind == "c" or ((v.size > FEW or is_mapped(v)) and not in_block(v)):
        return search_in_numpy(a.astype(dtype, copy=False), v.astype(dtype, copy=False), left=left)
    keys = np.ravel(v).astype(dtype, copy=False)
    places = np.empty(keys.shape, np.int64)
    write_places(a.astype(dtype, copy=False), keys, places, np.less if left else np.less_equal)
    return np.reshape(places, v.shape)[()]


def write_places(a, keys, places, before):
    """The place of each key; a key that is greater than the last one is looked for from there on."""
    if not len(keys):
        return
    nowhere = keys.dtype.kind == "f"
    numbers = np.sum(a == a) if nowhere else len(a)
    low = len(a)
    last = keys[0]
    for i in range(len(keys)):
        key = keys[i]
        if nowhere and key != key:
            places[i] = numbers if before is np.less else len(a)
        else:
            high = len(a) if last < key else min(low + 1, len(a))
            low = low if last < key else 0
            while low < high:
                middle = (low + high) >> 1
                if before(a[middle], key):
                    low = middle + 1
                else:
                    high = middle
            places[i] = low
            last = key


def counted_places(a, v, left):
    """For each key how many elements are less, or not greater: its place where there are few."""
    dtype = np.result_type(a.dtype, v.dtype)
    a, v = a.astype(dtype, copy=False), v.astype(dtype, copy=False)
    places = np.zeros(v.shape, np.int64)
    for place in range(len(a)):
        each = a[place]
        before = (each < v) | ((v != v) & (each == each)) if left else (each <= v) | (v != v)
        places = places + before
    return places


def digitize(x, bins, right=False):
    x, bins = np.asarray(x), np.asarray(bins)
    if x.dtype.kind == "c" or bins.dtype.kind == "c":
        raise TypeError("x may not be complex" if x.dtype.kind == "c" else "bins may not be complex")
    if bins.ndim != 1:
        raise ValueError("object of too small depth for desired array")
    rises, level = np.any(bins[:-1] < bins[1:]), np.all(bins[:-1] == bins[1:])
    rising = (rises | level) & ~np.any(bins[:-1] > bins[1:])
    if rises and not rising:
        raise ValueError("bins must be monotonically increasing or decreasing")
    ordered = np.where(rising, bins, bins[::-1])
    find = counted_places if len(ordered) <= FEW_BINS else found_places
    places = find(ordered, x, bool(right))
    return np.where(rising, places, len(bins) - places)[()]


def isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    element, among = np.asarray(element), np.ravel(np.asarray(test_elements))
    checked_kind(kind, element.dtype, among.dtype)
    if among.size <= 8:
        found = np.zeros(element.shape, bool)
        for place in range(among.size):
            found = found | (element == among[place])
        return np.reshape(np.asarray(~found if invert else found), element.shape)
    if element.size > FEW and (element.dtype.kind != "f" or among.size > 4096) and not in_block(element):
        return is_among(element, among, invert=bool(invert))
    dtype = np.result_type(element.dtype, among.dtype)
    ordered, keys = np.sort(among.astype(dtype)), np.ravel(element).astype(dtype, copy=False)
    places = found_places(ordered, keys, True)
    found = ordered[np.minimum(places, len(ordered) - 1)] == keys
    return np.reshape(np.asarray(~found if invert else found), element.shape)


def interp(x, xp, fp, left=None, right=None, period=None):
    x, xp, fp = np.asarray(x), np.asarray(xp), np.asarray(fp)
    dtype = np.complex128 if fp.dtype.kind == "c" else np.float64
    if period is None:
        return interpolated(x, xp.astype(np.float64), fp.astype(dtype), left, right)
    if period == 0:
        raise ValueError("period must be a non-zero value")
    if xp.ndim != 1 or fp.ndim != 1:
        raise ValueError("Data points must be 1-D sequences")
    if xp.shape[0] != fp.shape[0]:
        raise ValueError("fp and xp are not of the same length")
    period = abs(period)
    xp = xp.astype(np.float64) % period
    order = np.argsort(xp)
    xp, fp = xp[order], fp.astype(dtype)[order]
    xp = np.concatenate((xp[-1:] - period, xp, xp[:1] + period))
    fp = np.concatenate((fp[-1:], fp, fp[:1]))
    return interpolated(x.astype(np.float64) % period, xp, fp, None, None)


def interpolated(x, xp, fp, left, right):
    if xp.ndim != 1 or fp.ndim != 1:
        raise ValueError(
            "object too deep for desired array" if xp.ndim > 1 or fp.ndim > 1 else "too small depth"
        )
    if not xp.shape[0]:
        raise ValueError("array of sample points is empty")
    if xp.shape[0] != fp.shape[0]:
        raise ValueError("fp and xp are not of the same length.")
    if x.dtype.kind == "c":
        raise TypeError(
            "Cannot cast array data from dtype('complex128') to dtype('float64') according to the rule 'safe'"
        )
    x = x.astype(np.float64)
    if (x.size > FEW or is_transformed(x)) and not in_block(x):
        return interpolate_in_numpy(
            x, xp, fp, fp[0] if left is None else left, fp[-1] if right is None else right
        )
    keys = np.ravel(x)
    found = np.empty(keys.shape, fp.dtype)
    first = fp[0] if left is None else fp.dtype.type(left)
    final = fp[-1] if right is None else fp.dtype.type(right)
    write_interpolated(keys, xp, fp, found, first, final)
    return np.reshape(found, x.shape)[()]


def write_interpolated(keys, xp, fp, found, first, final):
    count = len(xp)
    low = 0
    for i in range(len(keys)):
        key = keys[i]
        if key != key and count > 1:
            found[i] = key
        elif key != key:
            found[i] = fp[0]
        elif key < xp[0]:
            found[i] = first
        elif key > xp[count - 1]:
            found[i] = final
        else:
            high = count
            if xp[low] <= key:
                high = low + 2 if low + 2 < count and key < xp[low + 2] else count
            else:
                low, high = 0, low + 1
            while low + 1 < high:
                middle = (low + high) >> 1
                if xp[middle] <= key:
                    low = middle
                else:
                    high = middle
            found[i] = fp[low] if low == count - 1 or xp[low] == key else between(key, xp, fp, low)


def between(key, xp, fp, low):
    slope = (fp[low + 1] - fp[low]) / (xp[low + 1] - xp[low])
    value = slope * (key - xp[low]) + fp[low]
    if value != value:
        value = slope * (key - xp[low + 1]) + fp[low + 1]
        if value != value and fp[low] == fp[low + 1]:
            value = fp[low]
    return value
