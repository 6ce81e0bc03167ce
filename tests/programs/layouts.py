# defn
"""Arrays as they come: transposed, strided, reversed, broadcast, read-only, big-endian, empty, of no axes."""

import numpy as np


def affine(x):
    return 2 * x + 1


def reductions(x):
    return x.sum(), x.sum(axis=0), x.max(axis=-1), x.mean(axis=-1, keepdims=True)


def views(x):
    return x.T, x[1:], x[..., ::-1], x[..., None], x.reshape(-1), x.real, x[...], np.squeeze(x[None])


def copies(x):
    return x.copy(), x.astype(x.dtype), x + 0, x.flatten(), np.array(x), x.astype(x.dtype, copy=False)


def views_of_results(x):
    y = x + 1
    return y, y.T, y[1:], y.reshape(-1), y[::-1]


def itself(x):
    return x, np.asarray(x), np.ascontiguousarray(x), np.reshape(x, x.shape), np.transpose(np.transpose(x))


def ordered(x):
    return (
        np.zeros_like(x),
        np.ones_like(x, dtype=np.int16),
        np.exp(x),
        x * x.T[0].sum(),
        np.where(x > 0, x, 0),
    )


def joined(x):
    return np.concatenate([x, x]), np.stack([x, x], axis=-1), np.vstack([x, x]), np.hstack([x, 2 * x])


def moved(x):
    return np.moveaxis(x, 0, -1), np.swapaxes(x, 0, 1), np.flip(x), np.flip(x, 0), np.expand_dims(x, 1)


def broadcasts(x):
    return np.broadcast_to(x, (2, *x.shape)), np.broadcast_to(x + 1, (2, *x.shape)), x[None] + x[:, None]


def scalars(x):
    return x[0, 0], x[-1, -1] + 1, x[0, 0] * 2.5, x.max(), x[0].sum(), np.sum(x).astype(np.float32)


def empties(x):
    return x + 1, x.sum(), x.sum(axis=0), x.prod(axis=1), x.T, x[:0], np.concatenate([x, x]), x.mean(axis=0)


def indexing(x):
    return (
        x[0],
        x[:, 1],
        x[1:, :-1],
        x[::2, ::-1],
        x[-1, 0:1],
        x[..., 0],
        x[None, 0],
        x[:, None, 1:2],
        x[5:, 0],
    )


def of_no_axes(x):
    return x + 1, x * x, x[()], x[None], x.reshape(1), x.sum(), np.sqrt(x), x.T, -x, x.copy()


def arrangements():  # defn: off
    base = np.arange(24, dtype="f8").reshape(4, 6) / 7 - 1
    read_only = base.copy()
    read_only.flags.writeable = False
    return {
        "plain": base,
        "small": base.astype("f4"),
        "fortran": np.asfortranarray(base),
        "transposed": base.T,
        "rows": base[::2],
        "columns": base[:, ::2],
        "reversed": base[::-1],
        "turned": base[:, ::-1],
        "both": base[::-2, ::-3],
        "repeated": np.broadcast_to(base[0], (4, 6)),
        "column": np.broadcast_to(base[:, :1], (4, 6)),
        "read_only": read_only,
        "big_endian": base.astype(">f4"),
        "unaligned": np.frombuffer(b"x" + base.tobytes(), "f8", offset=1).reshape(4, 6),
        "one_row": base[:1],
        "one_column": base[:, :1],
        "whole": np.arange(24).reshape(4, 6).T,
    }


def turned(x):
    state = x
    for _ in range(3):
        state = state.T
    rounded = np.round(np.arccos(x * 1j)[::-1], 1)
    return state, rounded


def grown(x):
    state = 0.0
    for _ in range(3):
        state = state * 0.5 + x
    return state


def found_places(x):
    for place in range(2):
        last = place
    most = np.argmax(x) % x.shape[0]
    return x[most], x[last:], x[:, ::-1][last], x[last, ..., 1], x.T[last, most]


def limited(x):
    size = np.sqrt(np.sum(np.abs(x) ** 2))
    if size > 8:
        return x * (8 / size), x
    elif size > 2:
        return x, x[::-1]
    return x[::-1], x


def chosen_twice(x):
    first = x if np.sum(x) > 3 else x[::-1]
    other = first if np.max(x) > 2 else np.ones_like(first)
    return [first, other], {"a": first}


def cases():  # defn: off
    found = []
    arrays = arrangements()
    functions = [
        affine,
        reductions,
        views,
        copies,
        views_of_results,
        itself,
        ordered,
        joined,
        moved,
        indexing,
        turned,
        grown,
        limited,
        chosen_twice,
        found_places,
    ]
    for x in arrays.values():
        found += [(f.__name__, (x,), {}) for f in [*functions, broadcasts, scalars]]
    cube = np.arange(24.0).reshape(2, 3, 4)
    for x in (cube, cube.transpose(1, 0, 2), cube.transpose(2, 0, 1), cube[:, ::2], np.asfortranarray(cube)):
        found += [(f.__name__, (x,), {}) for f in functions[:-1]]
    return [
        *found,
        ("empties", (np.empty((0, 3)),), {}),
        ("empties", (np.empty((3, 0), "f4"),), {}),
        ("empties", (np.empty((2, 0), "i4"),), {}),
        ("reductions", (np.empty((0, 3)),), {}),
        ("of_no_axes", (np.array(2.5),), {}),
        ("of_no_axes", (np.array(3, "i4"),), {}),
        ("of_no_axes", (np.float32(2.5),), {}),
        ("affine", (np.array(">f8") if False else np.array(1.5, ">f8"),), {}),
        ("affine", (np.arange(4.0)[::-1].reshape(2, 2, 1),), {}),
    ]


CASES = cases()
