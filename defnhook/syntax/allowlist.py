"""What marked code may name: the operations of the table, and for the rest what to write instead."""

from __future__ import annotations

import builtins
import sys
from dataclasses import dataclass
from difflib import get_close_matches
from types import ModuleType
from typing import Final

from defnhook.syntax import forbidden

# Modules whose names are part of the language, with those that are no operation of the table.
_NUMPY_CONSTANTS = "pi e euler_gamma inf nan newaxis True_ False_ little_endian"
_NUMPY_TYPES = """
    bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 intp uintp byte ubyte short ushort intc uintc
    int_ uint long ulong longlong ulonglong float16 float32 float64 half single double longdouble complex64
    complex128 csingle cdouble clongdouble generic number integer signedinteger unsignedinteger inexact floating
    complexfloating str_ bytes_ object_ dtype ndarray finfo iinfo
"""
_NUMPY_STATIC = """
    errstate ndim shape size result_type promote_types can_cast issubdtype isdtype min_scalar_type
    broadcast_shapes isscalar iterable
"""

# Operations by module, for tools that run without the table; the table's own names are added to these.
_OPERATIONS: Final[dict[str, str]] = {
    "numpy": """
        absolute abs add all allclose amax amin angle any append arange arccos acos arccosh acosh arcsin asin
        arcsinh asinh arctan atan arctan2 atan2 arctanh atanh argmax argmin argpartition argsort argwhere around
        array array_equal array_split asanyarray asarray ascontiguousarray asfortranarray astype atleast_1d
        atleast_2d atleast_3d average bincount bitwise_and bitwise_count bitwise_invert bitwise_left_shift
        bitwise_not bitwise_or bitwise_right_shift bitwise_xor block broadcast_arrays broadcast_to cbrt ceil
        choose clip column_stack compress concat concatenate conj conjugate convolve copy copysign copyto
        corrcoef correlate cos cosh count_nonzero cov cross cumprod cumsum cumulative_prod cumulative_sum deg2rad
        degrees delete diag diag_indices diagflat diagonal diff digitize divide divmod dot dsplit dstack ediff1d
        einsum empty empty_like equal exp exp2 expand_dims expm1 extract eye fabs fill_diagonal fix flatnonzero
        flip fliplr flipud float_power floor floor_divide fmax fmin fmod frexp full full_like gcd geomspace
        gradient greater greater_equal heaviside histogram hsplit hstack hypot i0 identity imag in1d indices
        inner insert interp intersect1d invert isclose iscomplex iscomplexobj isfinite isin isinf isnan isneginf
        isposinf isreal isrealobj ix_ kron lcm ldexp left_shift less less_equal lexsort linspace log log10 log1p
        log2 logaddexp logaddexp2 logical_and logical_not logical_or logical_xor logspace matmul matrix_transpose
        matvec max maximum mean median meshgrid min minimum mod modf moveaxis multiply nan_to_num nanargmax
        nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd
        nansum nanvar negative nextafter nonzero not_equal ones ones_like outer pad partition percentile
        permute_dims piecewise place polyadd polyder polyfit polyint polymul polysub polyval positive pow power
        prod ptp put put_along_axis putmask quantile rad2deg radians ravel ravel_multi_index real real_if_close
        reciprocal remainder repeat reshape resize right_shift rint roll rollaxis roots rot90 round searchsorted
        select setdiff1d setxor1d sign signbit sin sinc sinh sort sort_complex spacing split sqrt square squeeze
        stack std subtract sum swapaxes take take_along_axis tan tanh tensordot tile trace transpose trapezoid
        tri tril tril_indices tril_indices_from trim_zeros triu triu_indices triu_indices_from true_divide trunc
        union1d unique unique_all unique_counts unique_inverse unique_values unravel_index unstack unwrap vander
        var vdot vecdot vecmat vsplit vstack where zeros zeros_like bartlett blackman hamming hanning kaiser
    """,
    "numpy.linalg": """
        LinAlgError cholesky cond cross det diagonal eig eigh eigvals eigvalsh inv lstsq matmul matrix_norm
        matrix_power matrix_rank matrix_transpose multi_dot norm outer pinv qr slogdet solve svd svdvals
        tensordot tensorinv tensorsolve trace vecdot vector_norm
    """,
    "numpy.fft": """
        fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft rfft2
        rfftfreq rfftn
    """,
    "math": """
        acos acosh asin asinh atan atan2 atanh cbrt ceil comb copysign cos cosh degrees dist e erf erfc exp exp2
        expm1 fabs factorial floor fma fmod frexp fsum gamma gcd hypot inf isclose isfinite isinf isnan isqrt lcm
        ldexp lgamma log log10 log1p log2 modf nan nextafter perm pi pow prod radians remainder sin sinh sqrt
        sumprod tan tanh tau trunc ulp
    """,
    "scipy.special": """
        beta betainc betaln cbrt comb digamma entr erf erfc erfcinv erfcx erfinv exp10 exp2 expit expm1 gamma
        gammainc gammaincc gammaln i0 i0e i1 i1e j0 j1 kl_div log1p log_expit log_ndtr log_softmax logit
        logsumexp ndtr ndtri polygamma psi rel_entr softmax xlog1py xlogy zeta y0 y1
    """,
    "scipy.linalg": """
        cho_factor cho_solve cholesky det eigh eigvalsh expm inv lstsq lu lu_factor lu_solve norm pinv qr solve
        solve_triangular svd svdvals
    """,
    "functools": "partial",
}

_STATIC: Final[dict[str, str]] = {"numpy": _NUMPY_CONSTANTS + _NUMPY_TYPES + _NUMPY_STATIC}

# Modules of which every name may be used.
_OPEN: Final = frozenset({"typing", "typing_extensions", "defnhook", "defnhook.ops"})

_BUILTIN_NAMES: Final = frozenset(
    """
    abs all any ascii bin bool bytes callable chr classmethod complex dict divmod enumerate filter float format
    frozenset getattr hasattr hex int isinstance issubclass len list map max min object oct ord pow print
    property range repr reversed round set slice sorted staticmethod str sum super tuple type zip
    Ellipsis False None NotImplemented True __debug__
    """.split()
)
BUILTINS: Final = _BUILTIN_NAMES | frozenset(
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
)

MODULES: Final = frozenset({*_OPERATIONS, *_OPEN, "scipy", "builtins"})
_SHORT: Final = {"numpy": "np", "builtins": ""}


@dataclass(frozen=True)
class Refusal:
    """Why a path may not be used: the rule it falls under, how the user calls it, what to write instead."""

    code: str
    name: str
    way_out: str


def _table() -> ModuleType | None:
    return sys.modules.get("defnhook.ops")


def allowed(module: str) -> frozenset[str]:
    """The names of an allowed module that marked code may use."""
    if module == "builtins":
        return BUILTINS
    names = _OPERATIONS.get(module, "") + " " + _STATIC.get(module, "")
    listed = getattr(_table(), "allowed", None)
    if listed is None:
        return frozenset(names.split())
    return frozenset(_STATIC.get(module, "").split()) | frozenset(listed(module))


def is_module(path: str | None) -> bool:
    """Whether ``path`` is a module that the language knows, allowed or not."""
    return path in MODULES or path in forbidden.MODULES


def is_allowed(path: str | None) -> bool:
    """Whether ``path`` is a name of an allowed module and may be used."""
    if path is None:
        return False
    module, _, _ = path.rpartition(".")
    return module in MODULES and refusal(path) is None


def display(path: str) -> str:
    """``path`` as it is usually written."""
    root, _, rest = path.partition(".")
    short = _SHORT.get(root, root)
    return ".".join(part for part in (short, rest) if part) or path


def refusal(path: str) -> Refusal | None:
    """Why marked code may not use ``path``; None where it may, or where only the trace can tell."""
    if path in forbidden.NAMES:
        return Refusal("DEFN020", display(path), forbidden.NAMES[path])
    module, _, name = path.rpartition(".")
    host = _host_module(path)
    if host is not None:
        return Refusal("DEFN022", display(path), forbidden.MODULES[host])
    if path in MODULES or module not in MODULES or module in _OPEN or name in allowed(module):
        return None
    code = "DEFN023" if module == "builtins" else "DEFN021"
    return Refusal(code, display(path), _nearest(name, module))


def _host_module(path: str) -> str | None:
    """The longest beginning of ``path`` that is a forbidden module."""
    while path:
        if path in forbidden.MODULES:
            return path
        path = path.rpartition(".")[0]
    return None


def _nearest(name: str, module: str) -> str:
    close = get_close_matches(name, sorted(allowed(module)), n=1, cutoff=0.75)
    if close:
        return f"Did you mean {display(f'{module}.{close[0]}')}?"
    return (
        "Write it with the operations that are part of the language, or call it outside this module and "
        "pass the result in."
    )
