"""Fourier transforms: four along one axis are NumPy's own, the others are made of them."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from defnhook.ops.kinds import AlongAxis, Composite, Library
from defnhook.ops.shaping import operand, refuse_keyword, refuse_out

Shape = tuple[int, ...]
_OPPOSITE: dict[Any, Any] = {"backward": "forward", None: "forward", "ortho": "ortho", "forward": "backward"}


def _with_extent(extent: Callable[[int], int], least: Callable[[int], int]) -> Callable[..., Shape]:
    """A rule for shapes: ``extent`` of the axis of ``least`` or ``n`` points."""

    def shape(a: Shape, n: Any = None, axis: int = -1, norm: Any = None) -> Shape:
        points = least(a[axis]) if n is None else operator.index(n)
        if points < 1:
            raise ValueError(f"Invalid number of FFT data points ({points}) specified.")
        axis = normalize_axis_index(axis, len(a))
        return (*a[:axis], extent(points), *a[axis + 1 :])

    return shape


def _same(points: int) -> int:
    return points


def _half(points: int) -> int:
    return points // 2 + 1


def _doubled(extent: int) -> int:
    return 2 * (extent - 1)


def _fitted(x: Any, extent: int, axis: int) -> Any:
    """An array cut off or filled up with zeros along an axis."""
    missing = extent - x.shape[axis]
    if missing <= 0:
        return x[(*(slice(None),) * axis, slice(0, extent))]
    return np.concatenate([x, np.zeros_like(x, shape=(*x.shape[:axis], missing, *x.shape[axis + 1 :]))], axis)


def _like(value: Any, x: Any) -> Any:
    """The adjoint of a real operand is real."""
    return value if x.dtype.kind == "c" else np.real(value)


def _adjoint_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """A transform that is a symmetric matrix, of as many points as its operand is filled up to."""

    def vjp(g: Any, r: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> tuple[Any]:
        axis = normalize_axis_index(axis, len(a.shape))
        points = a.shape[axis] if n is None else n
        back = function(_fitted(g, points, axis), points, axis, norm)
        return (_like(_fitted(back, a.shape[axis], axis), a),)

    return vjp


def _irfft_vjp(g: Any, r: Any, a: Any, n: Any = None, axis: int = -1, norm: Any = None) -> tuple[Any]:
    axis = normalize_axis_index(axis, len(a.shape))
    points = r.shape[axis]
    back = np.conjugate(np.fft.rfft(g, points, axis, _OPPOSITE[norm]))
    place = np.arange(back.shape[axis])
    once = (place == 0) | (2 * place == points)
    counts = np.reshape(np.where(once, 1, 2), (-1,) + (1,) * (len(a.shape) - 1 - axis))
    return (_like(_fitted(back * counts, a.shape[axis], axis), a),)


def _linear(function: Callable[..., Any]) -> Callable[..., Any]:
    return lambda tangents, r, a, **parameters: function(tangents[0], **parameters)


_ONE_AXIS: dict[str, Any] = {"operands": ("a",), "parameters": ("n", "axis", "norm"), "batch": AlongAxis()}

fft = Library(
    np.fft.fft,
    shape=_with_extent(_same, _same),
    vjp=_adjoint_of(np.fft.fft),
    jvp=_linear(np.fft.fft),
    **_ONE_AXIS,
)
ifft = Library(
    np.fft.ifft,
    shape=_with_extent(_same, _same),
    vjp=_adjoint_of(np.fft.ifft),
    jvp=_linear(np.fft.ifft),
    **_ONE_AXIS,
)
rfft = Library(
    np.fft.rfft,
    shape=_with_extent(_half, _same),
    vjp=_adjoint_of(np.fft.fft),
    jvp=_linear(np.fft.rfft),
    **_ONE_AXIS,
)
irfft = Library(
    np.fft.irfft,
    shape=_with_extent(_same, _doubled),
    vjp=_irfft_vjp,
    jvp=_linear(np.fft.irfft),
    **_ONE_AXIS,
)

# -- made of those


def _swapped(norm: Any) -> Any:
    if norm not in _OPPOSITE:
        raise ValueError(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".')
    return _OPPOSITE[norm]


def _hfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    refuse_out(out)
    a = operand(a)
    n = (a.shape[axis] - 1) * 2 if n is None else n
    return np.fft.irfft(np.conjugate(a), n, axis, norm=_swapped(norm))


def _ihfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None, out: Any = None) -> Any:
    refuse_out(out)
    a = operand(a)
    n = a.shape[axis] if n is None else n
    return np.conjugate(np.fft.rfft(a, n, axis, norm=_swapped(norm)))


def _points(a: Any, s: Any, axes: Any, doubled: bool = False) -> tuple[list[Any], tuple[int, ...]]:
    """How many points there are along each axis, and the axes."""
    if s is None:
        chosen = range(-a.ndim, 0) if axes is None else axes
        counts = [a.shape[axis] for axis in chosen]
    else:
        counts = [count if count is None else operator.index(count) for count in s]
        chosen = range(-len(counts), 0) if axes is None else axes
    axes = tuple(operator.index(axis) for axis in chosen)
    if len(counts) != len(axes):
        raise ValueError("Shape and axes have different lengths.")
    if s is None and doubled:
        counts[-1] = (a.shape[axes[-1]] - 1) * 2
    return [a.shape[axis] if n == -1 else n for n, axis in zip(counts, axes, strict=True)], axes


def _each(function: Callable[..., Any], axes: Any = None) -> Callable[..., Any]:
    """A transform along several axes, the last one first."""

    def expand(a: Any, s: Any = None, axes: Any = axes, norm: Any = None, out: Any = None) -> Any:
        refuse_out(out)
        a = operand(a)
        counts, chosen = _points(a, s, axes)
        for count, axis in reversed(list(zip(counts, chosen, strict=True))):
            a = function(a, count, axis, norm)
        return a

    return expand


def _real_each(axes: Any = None) -> Callable[..., Any]:
    def expand(a: Any, s: Any = None, axes: Any = axes, norm: Any = None, out: Any = None) -> Any:
        refuse_out(out)
        a = operand(a)
        counts, chosen = _points(a, s, axes)
        a = np.fft.rfft(a, counts[-1], chosen[-1], norm)
        for count, axis in list(zip(counts, chosen, strict=True))[-2::-1]:
            a = np.fft.fft(a, count, axis, norm)
        return a

    return expand


def _real_back(axes: Any = None) -> Callable[..., Any]:
    def expand(a: Any, s: Any = None, axes: Any = axes, norm: Any = None, out: Any = None) -> Any:
        refuse_out(out)
        a = operand(a)
        counts, chosen = _points(a, s, axes, doubled=True)
        for count, axis in list(zip(counts, chosen, strict=True))[:-1]:
            a = np.fft.ifft(a, count, axis, norm)
        return np.fft.irfft(a, counts[-1], chosen[-1], norm)

    return expand


hfft = Composite(np.fft.hfft, expand=_hfft)
ihfft = Composite(np.fft.ihfft, expand=_ihfft)
fftn = Composite(np.fft.fftn, expand=_each(np.fft.fft))
ifftn = Composite(np.fft.ifftn, expand=_each(np.fft.ifft))
fft2 = Composite(np.fft.fft2, expand=_each(np.fft.fft, (-2, -1)))
ifft2 = Composite(np.fft.ifft2, expand=_each(np.fft.ifft, (-2, -1)))
rfftn = Composite(np.fft.rfftn, expand=_real_each())
rfft2 = Composite(np.fft.rfft2, expand=_real_each((-2, -1)))
irfftn = Composite(np.fft.irfftn, expand=_real_back())
irfft2 = Composite(np.fft.irfft2, expand=_real_back((-2, -1)))

# -- frequencies and their order


def _integer(n: Any) -> int:
    if isinstance(n, float) or not hasattr(n, "__index__"):
        raise ValueError("n should be an integer")
    return operator.index(n)


def _scaled(places: Any, n: int, d: Any, device: Any) -> Any:
    refuse_keyword("device", device, (None, "cpu"), "Arrays are in the memory of the processor.")
    return places * (1.0 / (n * d))


def _fftfreq(n: Any, d: Any = 1.0, device: Any = None, like: Any = None) -> Any:
    n = _integer(n)
    ahead, behind = np.arange((n - 1) // 2 + 1, like=like), np.arange(-(n // 2), 0, like=like)
    return _scaled(np.concatenate([ahead, behind]), n, d, device)


def _rfftfreq(n: Any, d: Any = 1.0, device: Any = None, like: Any = None) -> Any:
    n = _integer(n)
    return _scaled(np.arange(n // 2 + 1, like=like), n, d, device)


def _shifted(part: Callable[[int], int]) -> Callable[..., Any]:
    def expand(x: Any, axes: Any = None) -> Any:
        x = operand(x)
        chosen = tuple(range(x.ndim)) if axes is None else axes
        if isinstance(chosen, int | np.integer):
            return np.roll(x, part(x.shape[chosen]), chosen)
        normalize_axis_tuple(chosen, x.ndim, allow_duplicate=True)
        return np.roll(x, [part(x.shape[axis]) for axis in chosen], tuple(chosen))

    return expand


fftfreq = Composite(np.fft.fftfreq, makes=True, expand=_fftfreq)
rfftfreq = Composite(np.fft.rfftfreq, makes=True, expand=_rfftfreq)
fftshift = Composite(np.fft.fftshift, expand=_shifted(lambda extent: extent // 2))
ifftshift = Composite(np.fft.ifftshift, expand=_shifted(lambda extent: -(extent // 2)))
