"""What is measured: each function with its arguments, and the rows that follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Shape = tuple[int, ...]
KEPT_BYTES = 30 * 2**20
MATRICES = ((64, 128), (1024, 1024), (4096, 1024))
SINGLE, DOUBLE = "float32", "float64"
DEFAULT_TOLERANCES = {SINGLE: 2e-5, DOUBLE: 1e-11}


@dataclass(frozen=True)
class Subject:
    """A function of ``examples/benchmark_functions.py`` and of the peers' modules, by its name."""

    name: str
    group: str
    arguments: Callable[[Shape, Any, np.random.Generator], tuple[Any, ...]]
    shapes: Sequence[Shape]
    small: Shape
    derivative: tuple[str, str] | None = None
    tolerance: float = 1.0
    dtypes: Sequence[str] = (SINGLE, DOUBLE)
    least: int = 1

    @property
    def has_curve(self) -> bool:
        """Whether one number is the whole size of its arguments."""
        return len(self.small) == 1 and self.group in ("one axis", "elementwise")


@dataclass(frozen=True)
class Row:
    """A function on arguments of one shape and dtype."""

    subject: Subject
    shape: Shape
    dtype: str

    @property
    def name(self) -> str:
        """What to call it in a table."""
        size = f"{self.shape[0]:,}" if len(self.shape) == 1 else str(self.shape)
        return f"{self.subject.name}, {self.dtype}, {size}"

    @property
    def tolerance(self) -> float:
        """How far a result may be from NumPy's in float64, in units of the largest of its numbers."""
        return DEFAULT_TOLERANCES[self.dtype] * self.subject.tolerance

    def arguments(self, dtype: Any = None) -> tuple[Any, ...]:
        """The same numbers every time; they are first rounded to the dtype of the row.

        Freeing a large block first makes the C library keep freed memory rather than give it back to the system at
        every call, which favours NumPy's temporaries.
        """
        np.empty(KEPT_BYTES, np.uint8)
        made = self.subject.arguments(self.shape, np.dtype(self.dtype), np.random.default_rng(0))
        return made if dtype is None else converted(made, lambda array: array.astype(dtype))


def converted(value: Any, convert: Callable[[Any], Any]) -> Any:
    """A structure of tuples with every array replaced."""
    if isinstance(value, tuple | list):
        return tuple(converted(part, convert) for part in value)
    return convert(value)


def normal(count: int) -> Callable[..., tuple[Any, ...]]:
    """Arguments: arrays of normal numbers."""

    def arguments(shape: Shape, dtype: Any, rng: np.random.Generator) -> tuple[Any, ...]:
        return tuple(rng.standard_normal(shape).astype(dtype) for _ in range(count))

    return arguments


def between(*bounds: tuple[float, float]) -> Callable[..., tuple[Any, ...]]:
    """Arguments: an array for each pair of bounds."""

    def arguments(shape: Shape, dtype: Any, rng: np.random.Generator) -> tuple[Any, ...]:
        return tuple(rng.uniform(*pair, shape).astype(dtype) for pair in bounds)

    return arguments


def signal_and_kernel(shape: Shape, dtype: Any, rng: np.random.Generator) -> tuple[Any, ...]:
    """A signal and 31 weights, or a picture and 5 by 5."""
    kernel = (31,) if len(shape) == 1 else (5, 5)
    return rng.standard_normal(shape).astype(dtype), rng.uniform(0, 1, kernel).astype(dtype)


def points_and_centres(shape: Shape, dtype: Any, rng: np.random.Generator) -> tuple[Any, ...]:
    """Points, and ten centres."""
    return rng.standard_normal(shape).astype(dtype), rng.standard_normal((10, shape[1])).astype(dtype)


def network(shape: Shape, dtype: Any, rng: np.random.Generator) -> tuple[Any, ...]:
    """The weights of three layers, and a batch: its size, inputs, hidden units, outputs."""
    batch, inputs, hidden, outputs = shape
    weights: list[Any] = []
    for before, after in ((inputs, hidden), (hidden, hidden), (hidden, outputs)):
        weights.append((rng.standard_normal((before, after)) / before**0.5).astype(dtype))
        weights.append((0.1 * rng.standard_normal(after)).astype(dtype))
    return tuple(weights), rng.standard_normal((batch, inputs)).astype(dtype)


def network_and_target(shape: Shape, dtype: Any, rng: np.random.Generator) -> tuple[Any, ...]:
    """The same, and which output is right."""
    weights, batch = network(shape, dtype, rng)
    return weights, batch, np.eye(shape[3], dtype=dtype)[rng.integers(0, shape[3], shape[0])]


def observations(shape: Shape, dtype: Any, rng: np.random.Generator) -> tuple[Any, ...]:
    """Weights, observations, and which are ones."""
    x = rng.standard_normal(shape).astype(dtype)
    return (
        (rng.standard_normal(shape[1]) / shape[1] ** 0.5).astype(dtype),
        x,
        rng.integers(0, 2, shape[0]).astype(dtype),
    )


def particles(shape: Shape, dtype: Any, rng: np.random.Generator) -> tuple[Any, ...]:
    """Places on a shaken grid."""
    side = round(shape[0] ** (1 / 3) + 0.5)
    grid = np.stack(np.meshgrid(*[np.arange(side)] * 3), axis=-1).reshape(-1, 3)[: shape[0]]
    return ((1.1 * grid + rng.uniform(-0.05, 0.05, grid.shape)).astype(dtype),)


def process(shape: Shape, dtype: Any, rng: np.random.Generator) -> tuple[Any, ...]:
    """Logarithms of three parameters, places, values."""
    x = np.sort(rng.uniform(0, 10, shape))
    y = np.sin(x) + 0.1 * rng.standard_normal(shape)
    return np.array([0.0, 0.0, -1.0], dtype), x.astype(dtype), y.astype(dtype)


def animals(shape: Shape, dtype: Any, rng: np.random.Generator) -> tuple[Any, ...]:
    """Four rates, and the two numbers to begin with."""
    return np.array([1.1, 0.4, 0.1, 0.4], dtype), np.array([10.0, 5.0], dtype)


def by_axis(name: str) -> tuple[Subject, Subject]:
    """A function of rows and the one of columns."""
    return (
        Subject(f"{name}_rows", "rows", normal(1), MATRICES, (7, 9)),
        Subject(f"{name}_columns", "columns", normal(1), MATRICES, (7, 9)),
    )


MILLION = ((1_000,), (1_000_000,))
PRICES = between((50, 150), (50, 150), (0.25, 2))
PLACES = between((-1.5, 1.5), (-3, 3), (-1.5, 1.5), (-3, 3))
COMPLEX = between((-2, 2), (-2, 2), (-2, 1), (-1, 1))
UPDATE = between((-1, 1), (-1, 1), (-0.1, 0.1), (0.001, 0.01), (0.001, 0.01))

SUBJECTS = (
    Subject("softmax", "one axis", normal(1), MILLION, (40,)),
    *by_axis("softmax"),
    *by_axis("log_softmax"),
    *by_axis("logsumexp"),
    *by_axis("layer_norm"),
    *by_axis("rms_norm"),
    Subject("black_scholes", "elementwise", PRICES, MILLION, (40,)),
    Subject("haversine", "elementwise", PLACES, MILLION, (40,), tolerance=4),
    Subject("mandelbrot_step", "elementwise", COMPLEX, MILLION, (40,)),
    Subject("gelu", "elementwise", normal(1), MILLION, (40,)),
    Subject("adam", "elementwise", UPDATE, MILLION, (40,)),
    Subject("polynomial", "elementwise", between((-1, 1)), MILLION, (40,)),
    Subject("standardize", "columns", normal(1), ((1024, 1024),), (7, 9)),
    Subject("squared_distances", "pairs", normal(1), ((1000, 8),), (9, 4)),
    Subject("rbf_kernel", "pairs", normal(1), ((1000, 8),), (9, 4)),
    Subject("nearest_centre", "pairs", points_and_centres, ((20_000, 8),), (20, 4)),
    Subject("jacobi_2d", "stencils", normal(1), ((700, 700),), (9, 8)),
    Subject("gray_scott", "stencils", between((0.4, 1), (0, 0.3)), ((700, 700),), (9, 8)),
    Subject("box_blur_3d", "stencils", normal(1), ((80, 80, 80),), (5, 6, 7)),
    Subject("cumulative_sum", "one axis", between((0, 1)), MILLION, (40,), tolerance=8),
    Subject("cumulative_sum_rows", "rows", between((0, 1)), ((1024, 1024),), (7, 9), tolerance=4),
    Subject("attention", "matrix products", normal(3), ((512, 64),), (10, 4), tolerance=4),
    Subject("mlp", "matrix products", network, ((256, 64, 256, 10),), (8, 6, 5, 4), tolerance=4),
    Subject("histogram", "one axis", normal(1), MILLION, (40,), tolerance=50),
    Subject("convolution_1d", "one axis", signal_and_kernel, MILLION, (40,), least=100),
    Subject("convolution_2d", "convolutions", signal_and_kernel, ((700, 700),), (9, 8)),
    Subject("variance_of_transposed", "columns", normal(1), ((1024, 1024),), (7, 9)),
    Subject(
        "mlp_gradient",
        "gradients",
        network_and_target,
        ((256, 64, 256, 10),),
        (8, 6, 5, 4),
        ("value_and_grad", "mlp_loss"),
        tolerance=8,
    ),
    Subject(
        "logistic_gradient",
        "gradients",
        observations,
        ((100_000, 50),),
        (20, 3),
        ("value_and_grad", "logistic_loss"),
        tolerance=8,
    ),
    Subject(
        "lennard_jones_forces",
        "gradients",
        particles,
        ((500,),),
        (12,),
        ("value_and_grad", "lennard_jones"),
        tolerance=40,
    ),
    Subject(
        "gaussian_process_gradient",
        "gradients",
        process,
        ((300,),),
        (10,),
        ("value_and_grad", "gaussian_process"),
        tolerance=200,
    ),
    Subject(
        "runge_kutta_sensitivities",
        "gradients",
        animals,
        ((200,),),
        (200,),
        ("value_and_grad", "runge_kutta"),
        tolerance=200,
    ),
    Subject(
        "rosenbrock_hvp",
        "gradients",
        normal(2),
        ((100_000,),),
        (20,),
        ("hvp", "rosenbrock"),
        tolerance=4,
    ),
)


def chosen_subjects(names: Sequence[str]) -> list[Subject]:
    """Those whose names or groups begin with one of the given words, or all of them."""
    return [
        subject
        for subject in SUBJECTS
        if not names or any(subject.name.startswith(name) or subject.group == name for name in names)
    ]


def subject_of(name: str) -> Subject:
    """The one of that name."""
    (subject,) = (subject for subject in SUBJECTS if subject.name == name)
    return subject


def rows(subjects: Sequence[Subject]) -> Iterator[Row]:
    """Every shape and dtype of the subjects."""
    for subject in subjects:
        for shape in subject.shapes:
            for dtype in subject.dtypes:
                yield Row(subject, shape, dtype)
