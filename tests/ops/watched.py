"""An array that lets itself be used in the ways of a traced value only, and only by entries of the table."""

from __future__ import annotations

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

from defnhook.ops import METHODS, Composite, meaning

INDICES = (int, slice, type(None), type(Ellipsis), np.ndarray, np.integer)


class Watched(NDArrayOperatorsMixin):
    """Holds an array or a NumPy scalar; its elements cannot be had."""

    def __init__(self, value):
        self.value = value

    shape = property(lambda self: self.value.shape)
    dtype = property(lambda self: self.value.dtype)
    strides = property(lambda self: self.value.strides)
    ndim = property(lambda self: self.value.ndim)
    size = property(lambda self: self.value.size)
    T = property(lambda self: apply(np.transpose, (self,), {}))
    real = property(lambda self: apply(np.real, (self,), {}))
    itemsize = property(lambda self: self.value.itemsize)

    def __array_ufunc__(self, ufunc, method, *inputs, **keywords):
        assert method == "__call__"
        return apply(ufunc, inputs, keywords)

    def __array_function__(self, function, types, args, keywords):
        return apply(function, args, keywords)

    def __getitem__(self, index):
        items = index if isinstance(index, tuple) else (index,)
        assert all(isinstance(item, INDICES) for item in items)
        return Watched(self.value[unwrap(index)])

    def __setitem__(self, index, value):
        assert self.value.flags.owndata, "an argument of a test is not written to"
        self.value[unwrap(index)] = unwrap(value)

    def forbid(self, error, message):
        if self.value:
            raise error(message)

    def __getattr__(self, name):
        if name not in METHODS:
            raise AttributeError(name)

        def method(*args, **keywords):
            op = METHODS[name]
            if isinstance(op, Composite) and name not in ("astype", "reshape", "transpose"):
                return op.expand(self, *args, **keywords)
            return wrap(getattr(self.value, name)(*map(unwrap, args), **keywords))

        return method

    def __array__(self, dtype=None, copy=None):
        raise TypeError("the elements are not known")

    def __bool__(self):
        raise TypeError("the value is not known")

    __hash__ = None


INDICES += (Watched,)


def apply(function, args, keywords):
    """A function of the table on watched values: composites are expanded, the rest is computed."""
    op = meaning(function)
    if op is None:
        raise TypeError(f"{function.__name__} is not in the table")
    if isinstance(op, Composite):
        like = {"like": Watched(np.float64(0))} if op.makes else {}
        return op.expand(*args, **like, **keywords)
    return wrap(function(*unwrap(args), **unwrap(keywords)))


def unwrap(value):
    if isinstance(value, Watched):
        return value.value
    if isinstance(value, tuple | list):
        return getattr(type(value), "_make", type(value))(map(unwrap, value))
    if isinstance(value, dict):
        return {name: unwrap(item) for name, item in value.items()}
    return value


def wrap(value):
    if isinstance(value, tuple | list):
        return getattr(type(value), "_make", type(value))(map(wrap, value))
    return Watched(value) if isinstance(value, np.ndarray | np.generic) else value
