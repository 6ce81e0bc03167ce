"""The classic programs as they are written, in NumPy: each against another formula, SciPy or a known value."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import scipy.cluster.vq
import scipy.integrate
import scipy.linalg
import scipy.ndimage
import scipy.signal
import scipy.sparse
import scipy.sparse.csgraph
import scipy.special
import scipy.stats
from both import import_plain
from numpy.testing import assert_allclose, assert_array_equal

CLASSICS = sorted((Path(__file__).parent / "programs" / "classic").glob("*.py"))
CHECKS: dict[str, Callable[[ModuleType], None]] = {}


def check(function: Callable[[ModuleType], None]) -> Callable[[ModuleType], None]:
    """The check of the program of that name."""
    CHECKS[function.__name__] = function
    return function


@pytest.fixture
def program(path: Path) -> ModuleType:
    """A program without the hook."""
    return import_plain(path)


@pytest.mark.parametrize("path", CLASSICS, ids=lambda path: path.stem)
def test_a_program_as_written_is_right(program):
    CHECKS[program.__name__](program)


@pytest.mark.parametrize("path", CLASSICS, ids=lambda path: path.stem)
def test_a_program_has_cases_and_benchmarks(program):
    assert CHECKS.keys() == {path.stem for path in CLASSICS}
    assert program.BENCHMARKS
    for name, arguments in program.BENCHMARKS.items():
        assert name in {case for case, *_ in program.CASES}
        assert isinstance(arguments(), tuple)


# -- linear algebra


@check
def gemm(program):
    alpha, beta, C, A, B = program.arguments(4, 5, 6)
    expected = scipy.linalg.blas.dgemm(alpha, A, B, beta, C)
    program.gemm(alpha, beta, C, A, B)
    assert_allclose(C, expected)


@check
def gemver(program):
    alpha, beta, A, u1, v1, u2, v2, w, x, y, z = arguments = program.arguments(5)
    matrix = A + np.einsum("i,j", u1, v1) + np.einsum("i,j", u2, v2)
    vector = x + beta * np.einsum("ji,j", matrix, y) + z
    product = w + alpha * np.einsum("ij,j", matrix, vector)
    program.gemver(*arguments)
    for actual, expected in ((A, matrix), (x, vector), (w, product)):
        assert_allclose(actual, expected)


@check
def cholesky(program):
    A = program.positive(7)
    expected = np.linalg.cholesky(A)
    program.cholesky(A)
    assert_allclose(np.tril(A), expected)


@check
def lu(program):
    A, b = program.matrix(6), program.vector(6)
    assert_allclose(program.solve(A.copy(), b), np.linalg.solve(A, b))
    factors = A.copy()
    program.lu(factors)
    assert_allclose((np.tril(factors, -1) + np.eye(6)) @ np.triu(factors), A)


@check
def thomas(program):
    lower, diagonal, upper, right = program.system(9)
    banded = np.stack([np.roll(upper, 1), diagonal, np.roll(lower, -1)])
    expected = scipy.linalg.solve_banded((1, 1), banded, right)
    assert_allclose(program.thomas(lower, diagonal, upper, right), expected)
    program.thomas_in_place(lower, diagonal, upper, right)
    assert_allclose(right, expected)


@check
def gram_schmidt(program):
    A = program.matrix(6, 4)
    Q, R = program.gram_schmidt(A.copy())
    expected, triangle = np.linalg.qr(A)
    signs = np.sign(np.diag(triangle))
    assert_allclose(Q, expected * signs)
    assert_allclose(R, triangle * signs[:, None], atol=1e-12)


@check
def durbin(program):
    r = program.correlations(8)
    column = np.concatenate([[1.0], r[:-1]])
    assert_allclose(program.durbin(r), scipy.linalg.solve_toeplitz(column, -r))


@check
def csr(program):
    starts, columns, values, x = arguments = program.matrix(6, 7, 0.4)
    expected = scipy.sparse.csr_array((values, columns, starts), shape=(6, 7)) @ x
    for function in (program.csr_matvec, program.csr_matvec_slices, program.csr_matvec_loops):
        assert_allclose(function(*arguments), expected)


# -- grids


@check
def jacobi_1d(program):
    steps, A, B = program.arguments(3, 9)
    expected = [A.copy(), B.copy()]
    for half in range(2 * steps):
        source, target = expected[half % 2], expected[1 - half % 2]
        target[1:-1] = np.convolve(source, np.full(3, 0.33333), "valid")
    program.jacobi_1d(steps, A, B)
    assert_allclose([A, B], expected)


@check
def jacobi_2d(program):
    steps, A, B = program.arguments(3, 6, 7)
    cross = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]]) / 5
    expected = [A.copy(), B.copy()]
    for half in range(2 * steps):
        source, target = expected[half % 2], expected[1 - half % 2]
        target[1:-1, 1:-1] = scipy.ndimage.correlate(source, cross)[1:-1, 1:-1]
    program.jacobi_2d(steps, A, B)
    assert_allclose([A, B], expected)
    for count in (400, 401):
        plate = program.relax(program.plate(5, 5), count)
        assert_allclose(
            4 * plate[1:-1, 1:-1], 5 * scipy.ndimage.correlate(plate, cross)[1:-1, 1:-1] - plate[1:-1, 1:-1]
        )


@check
def box_blur(program):
    volume = program.volume(4, 5, 6)
    expected = scipy.ndimage.uniform_filter(volume, 3)[1:-1, 1:-1, 1:-1]
    assert_allclose(program.box_blur(volume), expected)
    blurred = np.zeros_like(volume)
    program.box_blur_voxels(volume, blurred)
    assert_allclose(blurred[1:-1, 1:-1, 1:-1], expected)
    assert np.count_nonzero(blurred) == expected.size


@check
def gray_scott(program):
    U, V, steps = program.arguments(6, 8, 3)
    program.wrap_edges(U)
    program.wrap_edges(V)
    u, v = U[1:-1, 1:-1].copy(), V[1:-1, 1:-1].copy()
    cross = np.array([[0, 1, 0], [1, -4, 1], [0, 1, 0]])
    for _ in range(steps):
        spread = [scipy.ndimage.correlate(x, cross, mode="wrap") for x in (u, v)]
        reaction = u * v**2
        u = u + 0.16 * spread[0] - reaction + 0.035 * (1 - u)
        v = v + 0.08 * spread[1] + reaction - (0.035 + 0.065) * v
    program.gray_scott(U, V, steps)
    assert_allclose(U[1:-1, 1:-1], u)
    assert_allclose(V[1:-1, 1:-1], v)
    assert_array_equal(U, np.pad(U[1:-1, 1:-1], 1, mode="wrap"))


@check
def horizontal_diffusion(program):
    field, out, coefficient = program.arguments(4, 5, 2)
    cross = np.array([[0, -1, 0], [-1, 4, -1], [0, -1, 0]])[:, :, None]
    laplacian = scipy.ndimage.correlate(field, cross)

    def flux(i, j, k, axis):
        step = np.eye(3, dtype=int)[axis]
        here, there = (i, j, k), tuple(np.array((i, j, k)) + step)
        value = laplacian[there] - laplacian[here]
        return 0.0 if value * (field[there] - field[here]) > 0 else value

    expected = np.empty_like(out)
    for i, j, k in np.ndindex(out.shape):
        gain = flux(i + 2, j + 2, k, 0) - flux(i + 1, j + 2, k, 0)
        gain += flux(i + 2, j + 2, k, 1) - flux(i + 2, j + 1, k, 1)
        expected[i, j, k] = field[i + 2, j + 2, k] - coefficient[i, j, k] * gain
    for function in (program.horizontal_diffusion, program.horizontal_diffusion_where):
        out[:] = np.nan
        function(field, out, coefficient)
        assert_allclose(out, expected)


@check
def deriche(program):
    image, alpha = program.image(6, 7), 0.25
    decay = np.exp(-alpha)
    k = (1 - decay) ** 2 / (1 + 2 * alpha * decay - decay**2)
    denominator = [1, -2 * decay, decay**2]
    ahead, behind = [k, k * decay * (alpha - 1)], [0, k * decay * (alpha + 1), -k * decay**2]

    def smooth(x, axis):
        backward = np.flip(scipy.signal.lfilter(behind, denominator, np.flip(x, axis), axis), axis)
        return scipy.signal.lfilter(ahead, denominator, x, axis) + backward

    assert_allclose(program.deriche(image, alpha), smooth(smooth(image, 1), 0))
    constant = program.deriche(np.ones((400, 400)), alpha)
    assert_allclose(constant[200, 200], 1.0)


@check
def game_of_life(program):
    board = program.board(7, 6)
    around = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]])
    cells = board[1:-1, 1:-1].copy()
    for _ in range(4):
        neighbours = scipy.ndimage.correlate(cells, around, mode="constant")
        cells = np.where(cells == 1, np.isin(neighbours, (2, 3)), neighbours == 3).astype(cells.dtype)
    assert program.game_of_life(board, 4) is board
    assert_array_equal(board, np.pad(cells, 1))


@check
def mandelbrot(program):
    left, right, bottom, top, width, height, limit = arguments = (-2.1, 0.6, -1.2, 1.2, 9, 7, 12)
    z, count = program.mandelbrot(*arguments)
    for (i, y), (j, x) in itertools.product(
        enumerate(np.linspace(bottom, top, height)), enumerate(np.linspace(left, right, width))
    ):
        orbit = [0j]
        while abs(orbit[-1]) <= 2 and len(orbit) <= limit:
            orbit.append(orbit[-1] ** 2 + complex(x, y))
        assert count[i, j] == len(orbit) - 1
        assert_allclose(z[i, j], orbit[-1])
    assert_array_equal(program.mandelbrot_points(*arguments), count)


# -- elementwise work and networks


@check
def arc_distance(program):
    theta_1, phi_1, theta_2, phi_2 = arguments = program.points(20)

    def place(theta, phi):
        return np.stack([np.cos(theta) * np.cos(phi), np.cos(theta) * np.sin(phi), np.sin(theta)])

    a, b = place(theta_1, phi_1), place(theta_2, phi_2)
    angle = np.arctan2(np.linalg.norm(np.cross(a, b, axis=0), axis=0), np.sum(a * b, axis=0))
    assert_allclose(program.arc_distance(*arguments), angle)


@check
def go_fast(program):
    a = program.matrix(6)
    assert_allclose(program.go_fast(a), a + np.sum(np.tanh(np.diag(a))))


@check
def softmax_4d(program):
    x = program.scores(2, 3, 4, 5)
    expected = scipy.special.softmax(x, axis=-1)
    assert_allclose(program.softmax_4d(x), expected, rtol=1e-6)
    assert program.softmax_4d_in_place(x) is x
    assert_allclose(x, expected, rtol=1e-6)


@check
def mlp(program):
    x, w1, b1, w2, b2 = arguments = program.arguments(4, 5, 6, 3, np.float64)
    hidden = np.clip(np.einsum("ij,jk", x, w1) + b1, 0, None)
    expected = scipy.special.softmax(np.einsum("ij,jk", hidden, w2) + b2, axis=1)
    assert_allclose(program.mlp(*arguments), expected)


@check
def conv2d(program):
    images, weights, bias = program.arguments(2, 5, 6, 3, 2, 4, np.float64)
    windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))
    expected = np.einsum("nijcab,abcf->nijf", windows, weights) + bias
    assert_allclose(program.conv2d(images, weights, bias), expected)


# -- graphs, texts, searches


@check
def floyd_warshall(program):
    for function in (program.floyd_warshall, program.floyd_warshall_loops):
        path = program.graph(7)
        expected = scipy.sparse.csgraph.shortest_path(np.where(path == 9999, 0, path), "D")
        function(path)
        assert_array_equal(np.where(path >= 9999, np.inf, path), expected)


@check
def viterbi(program):
    start, transition, emission, observed = arguments = program.model(3, 4, 6)
    path, best = program.viterbi(*arguments)

    def weight(way):
        moves = sum(transition[a, b] for a, b in itertools.pairwise(way))
        return start[way[0]] + moves + sum(emission[s, o] for s, o in zip(way, observed, strict=True))

    ways = list(itertools.product(range(3), repeat=6))
    assert tuple(path) == max(ways, key=weight)
    assert_allclose(best, max(map(weight, ways)))


@check
def levenshtein(program):
    known = {
        ("kitten", "sitting"): 3,
        ("saturday", "sunday"): 3,
        ("", "abc"): 3,
        ("abc", ""): 3,
        ("same", "same"): 0,
        ("flaw", "lawn"): 2,
    }
    for (a, b), distance in known.items():
        for function in (program.levenshtein, program.levenshtein_table):
            assert function(program.letters(a), program.letters(b)) == distance


@check
def binary_search(program):
    values, wanted = program.arguments(13, 40)
    assert_array_equal(program.find_all(values, wanted), np.searchsorted(values, wanted))
    repeated = np.array([1, 3, 3, 3, 8])
    assert_array_equal(program.find_all(repeated, np.arange(10)), np.searchsorted(repeated, np.arange(10)))
    assert [program.position(values, v) for v in values] == list(range(13))
    assert program.position(values, 2.0) == -1


@check
def bits(program):
    for data in (b"", b"123456789", bytes(range(256))):
        assert program.crc32(program.text(data)) == zlib.crc32(data)
    numbers = program.numbers(20)
    assert_array_equal(program.popcounts(numbers), [int(n).bit_count() for n in numbers])
    assert program.reverse_bits(0b10110, 6) == 0b011010


@check
def k_means(program):
    for function in (program.k_means, program.k_means_loops):
        points, centres = program.arguments(30, 2, 4)
        expected, _ = scipy.cluster.vq.vq(points, centres)
        labels = function(points, centres)
        assert_array_equal(labels, expected)
        for k in np.unique(labels):
            assert_allclose(centres[k], np.average(points, axis=0, weights=labels == k))


@check
def bin_means(program):
    x, values, edges = arguments = program.arguments(40, 5)
    expected = scipy.stats.binned_statistic(x, values, bins=edges).statistic
    assert_allclose(program.bin_means(*arguments), expected)
    assert_allclose(program.bin_means_at(*arguments), expected)


# -- steps through time, iterations


@check
def newton(program):
    mean = program.anomalies(9)
    anomaly = program.kepler(mean, 0.6)
    assert_allclose(anomaly - 0.6 * np.sin(anomaly), mean)
    assert_allclose(program.root(2.0, 2)[0], np.sqrt(2))
    assert_allclose(program.root(0.027, 3)[0], 0.3)
    (real,) = (root.real for root in np.roots([1, 0, -2, -5]) if root.imag == 0)
    assert_allclose(program.solve(2.0, 20)[0], real)
    with pytest.raises(ValueError, match="no convergence"):
        program.solve(2.0, 2)


@check
def lorenz(program):
    start, end = np.array([0.0, 1.0, 1.05]), 0.2
    exact = scipy.integrate.solve_ivp(
        lambda t, state: program.lorenz(state), (0, end), start, rtol=1e-11, atol=1e-12
    ).y[:, -1]
    assert_allclose(program.rk4(start, 200, end / 200)[-1], exact, rtol=1e-8)
    coarse, fine = (program.euler(start, n, end / n)[-1] for n in (4_000, 8_000))
    assert_allclose(2 * fine - coarse, exact, rtol=1e-4)
    assert_allclose(program.euler_numbers(*start, 4_000, end / 4_000), coarse)


@check
def metropolis(program):
    proposals, uniforms = program.draws(4_000, 1)
    chain, share = program.walk(np.zeros(1), 2 * proposals, uniforms)
    grid = np.linspace(-6, 6, 2_001)[:, None]
    density = np.exp(program.log_density(grid))
    variance = np.sum(grid[:, 0] ** 2 * density) / np.sum(density)
    assert_allclose(np.var(chain), variance, rtol=0.15)
    assert share == np.mean(np.any(np.diff(chain, axis=0, prepend=0), axis=1))
    walkers = np.random.default_rng(0).normal(size=(50, 2))
    before, (proposals, uniforms) = walkers.copy(), program.draws(50, 2)
    ratio = np.exp(program.log_density(before + proposals) - program.log_density(before))
    accepted = program.step(walkers, proposals, uniforms)
    assert accepted == np.count_nonzero(uniforms < ratio)
    assert_array_equal(walkers, np.where((uniforms < ratio)[:, None], before + proposals, before))


@check
def n_body(program):
    positions, velocities, masses = program.bodies(4)
    expected = np.zeros_like(positions)
    for i, j in itertools.permutations(range(4), 2):
        d = positions[j] - positions[i]
        expected[i] += masses[j] * d / (d @ d + 0.01) ** 1.5
    assert_allclose(program.accelerations(positions, masses, 0.1), expected)
    momentum = np.sum(masses * velocities, axis=0)
    before = positions.copy()
    program.n_body(positions, velocities, masses, 5)
    assert_allclose(np.sum(masses * velocities, axis=0), momentum)
    assert not np.allclose(positions, before)

    positions, velocities, masses = program.pairs(4)
    momentum = masses @ velocities
    first = positions + 1e-3 * (velocities + 1e-3 * program.accelerations(positions, masses[:, None], 0.0))
    program.n_body_pairs(positions, velocities, masses, 1, 1e-3)
    assert_allclose(positions, first)
    assert_allclose(masses @ velocities, momentum)
