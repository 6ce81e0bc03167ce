"""Large arrays for results, used again when nobody holds them any more.

A large array of new memory has pages that the system clears as they are first touched, which can take longer than a
kernel needs for its work. `malloc` keeps some freed memory, but gives back what lies at the end of it, and always
arrays beyond a size (32 MB at most, in glibc). So the last large arrays stay known here, and the next call for the same
shape and dtype gets one of them if its references tell that it is no longer in use.
"""

from __future__ import annotations

import sys
import threading
from collections import OrderedDict
from typing import Any
from weakref import getweakrefcount

import numpy as np

from defnhook import config

LEAST = 1 << 20
OF_A_KIND = 8

Array = np.ndarray[Any, Any]
Key = tuple[Any, np.dtype[Any]]


class Memory:
    """Arrays by shape and dtype, of so many bytes together; the kinds used longest ago are forgotten first."""

    def __init__(self, limit: int) -> None:
        self.limit = limit if _references_are_counted() else 0
        self.size = 0
        self._kinds: OrderedDict[Key, list[Array]] = OrderedDict()
        self._lock = threading.Lock()

    def empty(self, shape: Any, dtype: np.dtype[Any]) -> Array:
        """An array of any content, as of `np.empty`; one of those made before where that is free."""
        known = self._kinds.get((shape, dtype))
        if known:
            references, free = _least_held(known)
            if free is not None and references == _FREE:
                if _untouched(free, shape, dtype):
                    return free
                self._forget((shape, dtype), free)
        array = np.empty(shape, dtype)
        if 2 * _bytes((shape, dtype)) <= self.limit:
            self._keep((shape, dtype), array)
        return array

    def _keep(self, key: Key, array: Array) -> None:
        with self._lock:
            known = self._kinds.setdefault(key, [])
            known.append(array)
            self._kinds.move_to_end(key)
            self.size += _bytes(key)
            if len(known) > OF_A_KIND:
                self._drop(key, 0)
            while self.size > self.limit:
                self._drop(next(iter(self._kinds)), 0)

    def _forget(self, key: Key, array: Array) -> None:
        with self._lock:
            for place, other in enumerate(self._kinds.get(key, ())):
                if other is array:
                    self._drop(key, place)
                    return

    def _drop(self, key: Key, place: int) -> None:
        known = self._kinds[key]
        known.pop(place)
        self.size -= _bytes(key)
        if not known:
            del self._kinds[key]

    def clear(self) -> None:
        """Forget every array."""
        with self._lock:
            self._kinds.clear()
            self.size = 0


def _bytes(key: Key) -> int:
    shape, dtype = key
    return int(np.prod(shape, dtype=np.int64)) * dtype.itemsize


def _references_are_counted() -> bool:
    """Whether the references to an array tell if it is in use: not without the interpreter's lock."""
    return hasattr(sys, "getrefcount") and getattr(sys, "_is_gil_enabled", lambda: True)()


def _least_held(arrays: list[Array]) -> tuple[int, Array | None]:
    """The array of the fewest references, and how many it has."""
    fewest, found = sys.maxsize, None
    for array in tuple(arrays):
        references = sys.getrefcount(array)
        if references < fewest:
            fewest, found = references, array
    return fewest, found


def _untouched(array: Array, shape: Any, dtype: np.dtype[Any]) -> bool:
    """Whether nobody gave an array another form, made it read-only or waits for its end."""
    flags = array.flags
    return (
        array.shape == (shape if isinstance(shape, tuple) else (shape,))
        and array.dtype == dtype
        and flags.c_contiguous
        and flags.writeable
        and flags.owndata
        and not getweakrefcount(array)
    )


_FREE = _least_held([np.empty(0)])[0] if _references_are_counted() else 0

MEMORY = Memory(config.kept_bytes())
