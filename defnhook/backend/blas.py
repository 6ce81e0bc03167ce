"""Calls of LAPACK: SciPy's on small matrices kept to one thread, and the factor of a large one by SciPy's copy.

The wheels of NumPy and SciPy hold a copy of OpenBLAS each. Its threads spin for a while after a call, on the cores that
the threads of the other copy need: two calls after each other, one of each library, can take several times as long as
apart. On small matrices a second thread gains less than that costs. NumPy's Cholesky factor of a matrix of some
hundred rows takes up to four times as long as SciPy's.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

SMALL = 512 * 512
LARGE = 128
_LAPACK = ("scipy.linalg", "defnhook.ops.matrices", __name__)


class Gate:
    """Keeps a library of threads to one thread while any call is inside."""

    def __init__(self, library: Any) -> None:
        self.library = library
        self._lock = threading.Lock()
        self._inside = 0
        self._threads = 1

    def __enter__(self) -> None:
        with self._lock:
            if not self._inside:
                self._threads = self.library.num_threads
                self.library.set_num_threads(1)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if not self._inside:
                self.library.set_num_threads(self._threads)


@functools.cache
def _gate() -> Gate | None:
    """The gate to SciPy's BLAS, if it is not NumPy's as well."""
    import scipy.linalg  # noqa: F401  (loads its BLAS)
    from threadpoolctl import ThreadpoolController

    libraries = [each for each in ThreadpoolController().lib_controllers if each.user_api == "blas"]
    owners = {_owner(each.filepath): each for each in libraries}
    return Gate(owners["scipy"]) if {"numpy", "scipy"} <= owners.keys() else None


def _owner(path: str) -> str:
    """The package whose wheel holds a library, by the folders it lies in."""
    folders = Path(path).parts[-3:-1]
    return next((name for name in ("numpy", "scipy") for each in folders if each.startswith(name)), "")


@functools.cache
def alone(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, by SciPy's LAPACK where that is faster, and on one thread where its operands are small."""
    if function is np.linalg.cholesky:
        return cholesky
    if not str(getattr(function, "__module__", "")).startswith(_LAPACK):
        return function

    @functools.wraps(function)
    def call(*operands: Any, **parameters: Any) -> Any:
        gate = _gate() if all(np.size(each) <= SMALL for each in operands) else None
        if gate is None:
            return function(*operands, **parameters)
        with gate:
            return function(*operands, **parameters)

    return call


def cholesky(a: Any, *, upper: bool = False) -> Any:
    """`np.linalg.cholesky`, to rounding."""
    single = a.ndim == 2 and a.dtype.char in "fd" and LARGE <= a.shape[0] == a.shape[1]
    return alone(_factor)(a, upper) if single else np.linalg.cholesky(a, upper=upper)


def _factor(a: Any, upper: bool) -> Any:
    """By LAPACK's `potrf`; rows of a matrix are columns there, and its lower triangle the upper one."""
    from scipy.linalg import get_lapack_funcs

    (factorize,) = get_lapack_funcs(("potrf",), (a,))
    factor, failed = factorize(a.T, lower=upper)
    if failed:
        raise np.linalg.LinAlgError("Matrix is not positive definite")
    return factor.T
