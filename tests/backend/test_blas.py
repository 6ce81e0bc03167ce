"""SciPy's calls on small matrices take one thread where NumPy brings a BLAS of its own."""

import threading

import numpy as np
import pytest
import scipy.linalg

from defnhook.backend import blas


class Library:
    """A library of threads that notes what it is told."""

    def __init__(self, threads):
        self.num_threads = threads
        self.told = []

    def set_num_threads(self, number):
        self.num_threads = number
        self.told.append(number)


@pytest.fixture
def library(monkeypatch):
    found = Library(4)
    gate = blas.Gate(found)
    monkeypatch.setattr(blas, "_gate", lambda: gate)
    return found


def test_a_small_matrix_takes_one_thread(library):
    factor = np.tril(np.ones((3, 3)))
    found = blas.alone(scipy.linalg.solve_triangular)(factor, np.ones(3), lower=True)
    np.testing.assert_array_equal(found, [1, 0, 0])
    assert library.told == [1, 4]


def test_a_large_matrix_takes_all(library, monkeypatch):
    monkeypatch.setattr(blas, "SMALL", 8)
    blas.alone(scipy.linalg.solve_triangular)(np.tril(np.ones((3, 3))), np.ones(3), lower=True)
    assert library.told == []


def test_an_error_brings_the_threads_back(library):
    with pytest.raises(scipy.linalg.LinAlgError):
        blas.alone(scipy.linalg.solve_triangular)(np.zeros((3, 3)), np.ones(3))
    assert library.told == [1, 4]


def test_other_functions_are_left_alone():
    assert blas.alone(np.linalg.inv) is np.linalg.inv
    assert blas.alone(np.sort) is np.sort


@pytest.mark.parametrize("dtype", "fd")
@pytest.mark.parametrize("upper", [False, True])
@pytest.mark.parametrize("order", ["C", "F", "spread", "reversed"])
def test_the_factor_of_a_large_matrix_is_numpys(dtype, upper, order):
    rng = np.random.default_rng(0)
    n = blas.LARGE
    half = rng.normal(size=(n, n))
    a = half @ half.T + n * np.eye(n)
    a = (np.triu(a) if upper else np.tril(a)) + 100 * (np.tril(half, -1) if upper else np.triu(half, 1))
    layouts = {"C": np.array, "F": np.asfortranarray}
    layouts |= {"spread": lambda x: np.repeat(x, 2, 1)[:, ::2], "reversed": lambda x: x[::-1].copy()[::-1]}
    given = layouts[order](a.astype(dtype))
    before, expected = given.copy(), np.linalg.cholesky(given, upper=upper)
    found = blas.cholesky(given, upper=upper)
    np.testing.assert_array_equal(given, before)
    assert found.dtype == expected.dtype
    assert found.flags.c_contiguous
    np.testing.assert_allclose(found, expected, rtol=0, atol=32 * n * np.finfo(dtype).eps)
    assert not np.any(np.tril(found, -1) if upper else np.triu(found, 1))


def test_a_large_matrix_without_a_factor_is_refused():
    a = np.eye(blas.LARGE)
    a[70, 70] = -1.0
    with pytest.raises(np.linalg.LinAlgError, match="Matrix is not positive definite"):
        blas.cholesky(a)


def test_what_is_not_a_number_is_not_refused():
    a = np.eye(blas.LARGE)
    a[70, 20] = np.nan
    np.testing.assert_array_equal(np.isnan(blas.cholesky(a)), np.isnan(np.linalg.cholesky(a)))


def test_calls_at_the_same_time_bring_the_threads_back_once():
    library = Library(4)
    gate = blas.Gate(library)
    inside = threading.Barrier(2)

    def call():
        with gate:
            inside.wait()

    threads = [threading.Thread(target=call) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert library.told == [1, 4]


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("/env/lib/python3.11/site-packages/numpy.libs/libscipy_openblas64_-32a4b2a6.so", "numpy"),
        ("/env/lib/python3.11/site-packages/scipy.libs/libscipy_openblas-6cdc3b4a.so", "scipy"),
        ("/env/lib/python3.11/site-packages/numpy/.dylibs/libscipy_openblas64_.dylib", "numpy"),
        ("/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0", ""),
    ],
)
def test_a_library_belongs_to_the_wheel_it_lies_in(path, owner):
    assert blas._owner(path) == owner
