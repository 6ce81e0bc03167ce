"""The functions of Nx (Elixir), each with what it is here, or with the reason why it is nothing here: data only.

Expressions are over the arrays x, y, z, indices i, whole numbers k, m, n, an axis, a shape, a dtype and a key.
"""

from __future__ import annotations

from typing import Final

_ELEMENTWISE: Final = {
    **{
        name: f"np.{name}(x, y)"
        for name in """
            add subtract multiply divide left_shift right_shift equal not_equal less less_equal greater
            greater_equal logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor outer
        """.split()
    },
    **{
        name: f"np.{name}(x)"
        for name in """
            abs sign real imag ceil floor exp expm1 log log1p log2 log10 cos sin tan cosh sinh tanh acos asin atan
            acosh asinh atanh sqrt cbrt conjugate bitwise_not logical_not
        """.split()
    },
    "atan2": "np.atan2(x, y)",
    "pow": "np.power(x, y)",
    "quotient": "np.trunc(x / y)",
    "remainder": "np.fmod(x, y)",
    "max": "np.maximum(x, y)",
    "min": "np.minimum(x, y)",
    "population_count": "defnhook.ops.population_count(x)",
    "count_leading_zeros": "defnhook.ops.count_leading_zeros(x)",
    "select": "np.where(x, y, z)",
    "clip": "np.clip(x, y, z)",
    "fill": "np.full_like(x, y)",
    "negate": "np.negative(x)",
    "phase": "np.angle(x)",
    "complex": "x + 1j * y",
    "round": "np.copysign(np.floor(np.abs(x) + 0.5), x)",
    "is_nan": "np.isnan(x)",
    "is_infinity": "np.isinf(x)",
    "sigmoid": "scipy.special.expit(x)",
    "rsqrt": "1 / np.sqrt(x)",
    "erf": "scipy.special.erf(x)",
    "erfc": "scipy.special.erfc(x)",
    "erf_inv": "scipy.special.erfinv(x)",
    "logsumexp": "scipy.special.logsumexp(x, axis=axis)",
}

_REDUCTIONS: Final = {
    **{name: f"np.{name}(x, axis=axis)" for name in "all any argmax argmin mean median sum".split()},
    "all_close": "np.allclose(x, y)",
    "covariance": "np.cov(x, rowvar=False, ddof=0)",
    "product": "np.prod(x, axis=axis)",
    "reduce_max": "np.max(x, axis=axis)",
    "reduce_min": "np.min(x, axis=axis)",
    "standard_deviation": "np.std(x, axis=axis)",
    "variance": "np.var(x, axis=axis)",
    "weighted_mean": "defnhook.ops.weighted_mean(x, y, axis=axis)",
    "mode": "defnhook.ops.mode(x, axis=axis)",
    "reduce": "defnhook.ops.reduce(x, k, np.add, axis=axis)",
    "window_reduce": "defnhook.ops.window_reduce(x, k, np.add, shape)",
    "cumulative_sum": "np.cumsum(x, axis=0)",
    "cumulative_product": "np.cumprod(x, axis=0)",
    "cumulative_max": "np.maximum.accumulate(x, axis=0)",
    "cumulative_min": "np.minimum.accumulate(x, axis=0)",
    **{
        f"window_{name}": f"defnhook.ops.window_{meaning}(x, shape)"
        for name, meaning in {
            "sum": "sum",
            "mean": "mean",
            "max": "max",
            "min": "min",
            "product": "prod",
        }.items()
    },
}

_SHAPES: Final = {
    "axes": "range(x.ndim)",
    "axis_size": "x.shape[0]",
    "rank": "x.ndim",
    "shape": "x.shape",
    "size": "x.size",
    "flat_size": "x.size",
    "byte_size": "x.nbytes",
    "bit_size": "8 * x.nbytes",
    "broadcast": "np.broadcast_to(x, shape)",
    "flatten": "np.ravel(x)",
    "new_axis": "np.expand_dims(x, axis)",
    "pad": "defnhook.ops.pad(x, n, [(k, m, 0)])",
    "pad_outer": "np.pad(x, n, mode='reflect')",
    "reflect": "np.pad(x, n, mode='reflect')",
    "reshape": "np.reshape(x, shape)",
    "squeeze": "np.squeeze(x)",
    "tile": "np.tile(x, n)",
    "transpose": "np.transpose(x)",
    "reverse": "np.flip(x)",
    "concatenate": "np.concatenate([x, y])",
    "stack": "np.stack([x, y])",
    "as_type": "x.astype(dtype)",
    "bitcast": "x.view(dtype)",
    "type": "x.dtype",
    "compatible?": "x.shape == y.shape and x.dtype == y.dtype",
}

_CREATION: Final = {
    "tensor": "np.array(x)",
    "to_tensor": "np.asarray(x)",
    **{
        short: f"np.asarray(x, dtype=np.{dtype})"
        for short, dtype in {
            "u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64", "s8": "int8", "s16": "int16",
            "s32": "int32", "s64": "int64", "f32": "float32", "f64": "float64", "c64": "complex64",
            "c128": "complex128",
        }.items()
    },
    "iota": "np.arange(n)",
    "eye": "np.eye(n)",
    "tri": "np.tri(n)",
    "tril": "np.tril(x)",
    "triu": "np.triu(x)",
    "take_diagonal": "np.diagonal(x, axis1=-2, axis2=-1)",
    "make_diagonal": "np.diag(x)",
    "put_diagonal": "np.where(np.eye(n, dtype=bool), np.diag(y), x)",
    "linspace": "np.linspace(x, y, n)",
}  # fmt: skip

_INDEXED: Final = {
    "slice": "x[k:m:n]",
    "slice_along_axis": "defnhook.ops.slice_along_axis(x, k, n, axis=axis)",
    "put_slice": "defnhook.ops.put_slice(x, [k, m], y)",
    "indexed_add": "defnhook.ops.indexed_add(x, i, y)",
    "indexed_put": "defnhook.ops.indexed_put(x, i, y)",
    "split": "np.split(x, [k])",
    "to_batched": "np.array_split(x, n)",
    "take": "np.take(x, i, axis=0)",
    "take_along_axis": "np.take_along_axis(x, i, axis=0)",
    "gather": "x[i, k]",
    "argsort": "np.argsort(x, axis=0)",
    "sort": "np.sort(x, axis=0)",
    "top_k": "defnhook.ops.top_k(x, n)",
    "conv": "defnhook.ops.conv(x, y)",
    "diff": "np.diff(x)",
    "dot": "np.dot(x, y)",
    **{name: f"np.fft.{name}(x)" for name in "fft ifft rfft irfft fft2 ifft2".split()},
}

_LINEAR: Final = {
    "adjoint": "np.conj(np.matrix_transpose(x))",
    "cholesky": "np.linalg.cholesky(x)",
    "determinant": "np.linalg.det(x)",
    "eigh": "np.linalg.eigh(x)",
    "invert": "np.linalg.inv(x)",
    "least_squares": "np.linalg.lstsq(x, y)[0]",
    "lu": "scipy.linalg.lu(x)",
    "matrix_power": "np.linalg.matrix_power(x, n)",
    "matrix_rank": "np.linalg.matrix_rank(x)",
    "norm": "np.linalg.norm(x)",
    "pinv": "np.linalg.pinv(x)",
    "qr": "np.linalg.qr(x)",
    "solve": "np.linalg.solve(x, y)",
    "svd": "np.linalg.svd(x)",
    "triangular_solve": "scipy.linalg.solve_triangular(x, y)",
}

_CONSTANTS: Final = {
    "nan": "np.nan",
    "infinity": "np.inf",
    "neg_infinity": "-np.inf",
    "i": "1j",
    "pi": "np.pi",
    "e": "np.e",
    "euler_gamma": "np.euler_gamma",
    "max": "np.iinfo(dtype).max",
    "min": "np.iinfo(dtype).min",
    "max_finite": "np.finfo(dtype).max",
    "min_finite": "np.finfo(dtype).min",
    "smallest_positive_normal": "np.finfo(dtype).tiny",
    "epsilon": "np.finfo(dtype).eps",
}

_RANDOM: Final = {
    "key": "defnhook.random.key(n)",
    "split": "defnhook.random.split(key, n)",
    "fold_in": "defnhook.random.fold_in(key, n)",
    "uniform": "defnhook.random.uniform(key, shape)",
    "normal": "defnhook.random.normal(key, shape)",
    "randint": "defnhook.random.randint(key, shape, k, m)",
    "gumbel": "defnhook.random.gumbel(key, shape)",
    "multivariate_normal": "defnhook.random.multivariate_normal(key, x, y)",
    "shuffle": "defnhook.random.shuffle(key, x)",
    "choice": "defnhook.random.choice(key, x)",
}

SPELLINGS: Final[dict[str, str]] = {
    **{
        f"Nx.{name}": spelling
        for part in (_ELEMENTWISE, _REDUCTIONS, _SHAPES, _CREATION, _INDEXED)
        for name, spelling in part.items()
    },
    **{f"Nx.LinAlg.{name}": spelling for name, spelling in _LINEAR.items()},
    **{f"Nx.Random.{name}": spelling for name, spelling in _RANDOM.items()},
    **{f"Nx.Constants.{name}": spelling for name, spelling in _CONSTANTS.items()},
}

# Reason -> names, then what to write instead.
REASONS: Final[tuple[tuple[str, str, str, str], ...]] = (
    (
        "Nx",
        "backend_copy backend_transfer backend_deallocate default_backend global_default_backend with_default_backend",
        "It moves arrays between devices, or chooses one; arrays here are NumPy's, in the memory of the host.",
        "Leave it out.",
    ),
    (
        "Nx",
        "to_number to_list to_flat_list to_binary to_heatmap",
        "It turns an array into an object of the host.",
        "Convert the result outside this module.",
    ),
    (
        "Nx",
        "serialize deserialize load_numpy! load_numpy_archive! from_binary from_pointer to_pointer",
        "It reads or writes what lies outside the arguments.",
        "Read outside this module and pass the array in.",
    ),
    (
        "Nx",
        "template to_template donatable donatable?",
        "It describes an array without elements, for a compiler that is called by hand.",
        "Call the function: it is compiled for the arguments that it gets.",
    ),
    (
        "Nx",
        "io_call",
        "It calls a function of the host while the native code runs.",
        "Use print, which prints the value at run time, or return the value.",
    ),
    (
        "Nx",
        "runtime_call block",
        "It puts a function of the host between native parts.",
        "Call the function outside this module, between two marked functions.",
    ),
    (
        "Nx",
        "axis_index names rename",
        "Axes have no names in NumPy.",
        "Give the number of the axis.",
    ),
    (
        "Nx",
        "vectorize devectorize revectorize reshape_vectors broadcast_vectors",
        "It names axes that every operation leaves alone.",
        "Put these axes first and let them broadcast, or write a for loop over them.",
    ),
    (
        "Nx",
        "u2 u4 s2 s4 f8 bf16 f16",
        "It has a dtype that NumPy lacks, or that has no native loops.",
        "Use the next wider dtype.",
    ),
    (
        "Nx",
        "sigil_MAT sigil_VEC sigil_M sigil_V is_tensor",
        "It is syntax of Elixir.",
        "Use np.array on nested lists, and isinstance outside this module.",
    ),
    (
        "Nx",
        "window_scatter_max window_scatter_min",
        "It gives a changed copy of an array, where arrays here can be written.",
        "Copy the array, then use x[i] = value or np.add.at(x, i, value).",
    ),
    (
        "Nx.Random",
        "uniform_split normal_split randint_split gumbel_split multivariate_normal_split",
        "It gives no new key beside the numbers, which no function of defnhook.random does.",
        "Use the function without _split, and split the key by hand.",
    ),
    (
        "Nx.Type",
        """
        infer normalize! merge merge_number to_floating to_complex to_real to_aggregate cast_number! integer? float?
        complex? infinite_float? to_string
        """,
        "It computes with the dtypes of Nx, which promote by rules of their own.",
        "Use np.result_type, np.promote_types, np.issubdtype or x.dtype.",
    ),
)
