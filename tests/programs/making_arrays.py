# defn
"""Arrays made of values, of functions and of grids; what a value is; bits; places that are counted through."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view


def converted(value, dtype, order, copy):
    return np.array(value, dtype, order=order, copy=copy), np.asarray(value, dtype, order, copy=copy)


def in_order(value):
    return (
        np.ascontiguousarray(value),
        np.asfortranarray(value),
        np.asanyarray(value, order="F"),
        np.asfortranarray(value, np.float32),
        np.ascontiguousarray(value, dtype=np.complex64, like=None),
    )


def of_axes(value, ndmin):
    return np.array(value, ndmin=ndmin, subok=True), np.asarray(value, device="cpu", like=None)


def of_parts(x, y):
    return np.array([x, y]), np.asarray([[x, 1], [y, 2.5]]), np.array((x, y), dtype=np.float32)


def unsupported(x, keyword):
    return np.array(x, **{keyword: 1})


def what(x):
    return np.shape(x), np.ndim(x), np.size(x), np.isscalar(x), np.iterable(x)


def along(x, axis):
    return np.size(x, axis)


def static(x):
    return (
        np.broadcast_shapes(x.shape, (1,), 1),
        np.isdtype(x.dtype, "real floating"),
        np.min_scalar_type(300),
    )


def grids(n):
    return np.mgrid[0:n], np.mgrid[0:n, 1:4:2], np.ogrid[0:1:5j, :n], np.mgrid[0:1:3j], np.mgrid[-1:1:0.5, :n]


def from_function(n, x):
    return (
        np.fromfunction(lambda i, j: i * n + j + np.sum(x), (2, 3)),
        np.fromfunction(lambda i: i % 2 == 0, (n,), dtype=int),
        np.fromfunction(np.add, (2, 2), dtype=np.int32),
    )


def keyword(x):
    return np.fromfunction(lambda i, scale: i * scale, (3,), scale=x)


def pieces(x):
    return (
        np.piecewise(x, [x < 0, x >= 1], [-1, 1]),
        np.piecewise(x, [x < 0, x >= 1], [lambda v: -v, lambda v: v * 2, 7]),
        np.piecewise(x, x > 0, [np.sqrt, np.negative]),
        np.piecewise(x, [x > 0], [lambda v, k, shift: v * k + shift], 3, shift=x.dtype.type(2)),
    )


def too_many(x):
    return np.piecewise(x, [x > 0], [1, 2, 3])


def counted(x):
    total, places = 0, []
    for i, j in np.ndindex(2, 3):
        total = total + x[i, j] * (i + 2 * j)
        places.append((i, j))
    for place, value in np.ndenumerate(x[:2, :2]):
        total = total + value * place[0]
    return total, places, [place for place in np.ndindex((2,))]


def bits(x, dtype):
    return x.view(dtype)


def bits_used(x):
    whole = (2 * x).view(np.int32)
    return (whole >> 23) & 255, x.view()[0], x.view(np.int32).view(np.float32) * 2


def crossed(x, rows, columns):
    return x[np.ix_(rows, columns)], x[np.ix_([True, False, True], [0, 1])]


def triangle(x, n):
    return x[np.tril_indices(n)], x[np.triu_indices(n, 1)], x[np.diag_indices(n)]


def written(x):
    x[np.tril_indices(3)] = 0
    x[np.diag_indices_from(x[:3, :3])] += 10
    return x


def taken(x, places, mode):
    return np.take(x, places, mode=mode), np.take(x, places, 0, mode=mode), x.take(places, axis=1, mode=mode)


def put(x, places, values):
    np.put(x, places, values, mode="wrap")
    x.put(places, values, "clip")
    np.put_along_axis(x, np.argmax(x, 1, keepdims=True), 99, 1)
    return np.take_along_axis(x, np.argmin(x, 1, keepdims=True), 1)


def kept(x, mask):
    return np.sum(np.compress(mask, x, 0)), np.mean(np.extract(x > 0, x)), np.extract(x > 0, x)


def windows(x, width):
    view = np.lib.stride_tricks.sliding_window_view(x, width, axis=-1)
    return view, view.mean(-1), np.max(sliding_window_view(x, width, -1), axis=-1)


def padded(x, width, value):
    return (
        np.pad(x, width, "reflect"),
        np.pad(x, width, constant_values=value),
        np.pad(x, ((0, width), (width, 0)), "edge"),
        np.pad(x, width, "wrap").sum(),
        np.pad(x, width, "empty").shape,
    )


def cut(x, n):
    return np.split(x, n), np.array_split(x, n + 1, 1), np.hsplit(x, [1, n]), np.vstack(np.vsplit(x, n))


def again(x, n):
    return np.repeat(x, n, 0), np.tile(x, (n, 1)), np.resize(x, (n, 5)), x.repeat([1, 0, 2], axis=0)


def edited(x, n):
    return (
        np.delete(x, n, 0),
        np.insert(x, n, x[0], 0),
        np.append(x, [[n] * x.shape[1]], 0),
        np.delete(x, [0, -1], 1),
    )


def counts_unknown(x):
    return np.repeat(x[0], (x[0] > 0).astype(int))


def combined(x):
    return np.block([[x, np.ones((3, 1))], [np.zeros((1, 4)), 5]]), np.dstack([x, x]).shape


def chosen(x, which):
    return np.choose(which, [x, -x, 0]), np.select([x > 1, x < -1], [x, x * x], -1)


def diagonals(x, k):
    return np.diag(x, k), np.diag(x[0], k), np.diagflat(x, k), np.vander(x[0], 3)


def meshes(x, y):
    a, b = np.meshgrid(x, y, indexing="ij")
    return a * b, np.meshgrid(x, y, sparse=True)[1] + x, np.indices((2, 3)).sum(0)


def tapered(x, n):
    return x[0, :n] * np.hanning(n), np.kaiser(n, 8.6), np.logspace(0, 2, n), np.geomspace(1, 64, n)


def in_loop(x, n):
    total = np.zeros(3)
    for i in range(n):
        np.put(total, i % 3, x[0, i % 4])
        np.fill_diagonal(x, i)
        total += np.take(x, i % 3, axis=1)[:3] + np.repeat(x[0, :1], 3)
        total[0] += np.choose(i % 2, [1.0, 2.0])
        x[:2] = np.pad(x, 1, "edge")[1:3, 1:-1] * 0.5 + np.tile(x[0], (2, 1))
    return total, x


def devices(device):
    return (
        np.full(3, 2.5, device=device),
        np.arange(3, device=device),
        np.full((2, 3), 1, int, "F", device=device),
    )


def from_mask(x):
    return np.array(x[x > 0]), np.asarray(x)[x > 1].size


def written_later(x, n):
    a = np.empty_like(x)
    for i in range(len(x)):
        a[i] = x[i] * 2
    b = np.empty((n, 4), order="F")
    b[:] = x[:4]
    c = np.empty(n, np.int32)
    c[1:] = 7
    c[:1] = -1
    return a, b, c


def cases():  # defn: off
    x = np.arange(-6.0, 6.0).reshape(3, 4)
    whole = np.arange(12, dtype=np.int32).reshape(3, 4)
    single = x.astype("f4")
    found = [
        ("converted", (value, dtype, order, copy), {})
        for value in (x, x.T, x[::2, ::-1], 3, 2.5, np.float32(1.5), [1, 2], np.array(7))
        for dtype in (None, np.float32)
        for order, copy in [("K", True), ("C", None), ("F", None), ("A", True), (None, False), ("F", True)]
    ]
    found += [
        ("in_order", (value,), {})
        for value in (x, x.T, x[0], x[:, ::2], 3, np.float64(2), [1, 2], np.array(7))
    ]
    found += [("written_later", (row, n), {}) for row in (x[0], single[1]) for n in (1, 3)]
    found += [("of_axes", (value, ndmin), {}) for value in (x, x[0], 2.5, [1, 2]) for ndmin in (0, 1, 3)]
    found += [("of_parts", pair, {}) for pair in [(1.5, 2), (np.float32(1), 2), (x[0, 0], 3.0)]]
    found += [("of_parts", (x, x), {}), ("unsupported", (x, "size"), {})]
    found += [("what", (value,), {}) for value in (x, x[0], 2.5, np.float32(1), [1, 2], np.array(3.0), 7)]
    found += [("along", (x, axis), {}) for axis in (None, 0, -1, 5)]
    found += [("static", (value,), {}) for value in (x, whole)]
    found += [("grids", (3,), {}), ("from_function", (4, x), {}), ("keyword", (2.5,), {})]
    found += [("pieces", (value,), {}) for value in (x, single, whole, np.array(2.0), np.float64(-2))]
    found += [("too_many", (x,), {}), ("counted", (x,), {}), ("counted", (whole,), {})]
    found += [
        ("bits", (a, d), {}) for a, d in [(x, np.int64), (single, np.int32), (whole, np.uint32), (x, None)]
    ]
    found += [
        ("bits", (a.T, d), {}) for a, d in [(single, np.uint32), (whole, np.float32), (whole, np.int32)]
    ]
    found += [("bits_used", (single,), {}), ("bits_used", (single[:, ::2],), {})]
    found += [("crossed", (x, [0, 2], [1, 3]), {}), ("crossed", (x, np.array([0, 2]), np.array([1])), {})]
    found += [("triangle", (x, 3), {}), ("triangle", (whole, 2), {}), ("written", (x.copy(),), {})]
    found += [
        ("taken", (x, places, mode), {})
        for places in (np.array([0, 2, -1]), 1, [[0, 1], [2, 0]], np.array([5, 1]), 11)
        for mode in ("raise", "wrap", "clip")
    ]
    found += [
        ("put", (x.copy(), np.array([0, 5, 13]), np.array([7.0, 8.0])), {}),
        ("put", (whole.copy(), 3, 1.5), {}),
    ]
    found += [("kept", (x, np.array([True, False, True])), {}), ("kept", (x, [True, False]), {})]
    found += [("windows", (a, width), {}) for a in (x, whole, x.T) for width in (1, 2, 9)]
    found += [("padded", (a, 1, value), {}) for a in (x, whole) for value in (0, 2.5, np.float32(7))]
    found += [("cut", (x, 3), {}), ("cut", (x, 2), {}), ("again", (x, 2), {}), ("again", (whole, 0), {})]
    found += [("edited", (a, n), {}) for a in (x, whole) for n in (0, 2, -1, 9)]
    found += [("counts_unknown", (x,), {}), ("combined", (x,), {}), ("combined", (whole,), {})]
    found += [("chosen", (x, which), {}) for which in (np.array([0, 1, 2, 1]), 1, np.array([3]))]
    found += [("diagonals", (a, k), {}) for a in (x, whole) for k in (0, 1, -2)]
    found += [("meshes", (x[0], x[0]), {}), ("tapered", (x, 4), {}), ("tapered", (single, 3), {})]
    found += [("in_loop", (x.copy(), n), {}) for n in (0, 3, 40)]
    found += [("devices", (device,), {}) for device in (None, "cpu", "gpu")]
    found += [("from_mask", (x,), {})]
    return found


CASES = cases()
