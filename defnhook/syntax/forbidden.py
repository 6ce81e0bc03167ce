"""Names that marked code may not use, each with what to write instead: data only."""

from __future__ import annotations

from typing import Final

_PASS_IN: Final = "Do it outside this module and pass the result in as an argument."
_AFTER: Final = "Return the array and do it outside this module."
_NO_SETTINGS: Final = "Settings of NumPy do not reach compiled code; change them outside this module."
_PRINT: Final = "Use print, which prints the value at run time, or format the array outside this module."
_RANDOM: Final = "Use defnhook.random with a key, or draw the numbers outside this module and pass them in."
_OPERATOR: Final = "Write the call out; what runs has to be seen in the source."

_SHARED: Final[dict[str, str]] = {
    **dict.fromkeys(("save", "savez", "savez_compressed", "savetxt"), _AFTER),
    **dict.fromkeys(
        ("load", "loadtxt", "genfromtxt", "fromfile", "frombuffer", "fromregex", "fromstring", "memmap"),
        _PASS_IN,
    ),
    **dict.fromkeys(
        (
            "seterr",
            "geterr",
            "seterrcall",
            "geterrcall",
            "setbufsize",
            "getbufsize",
            "set_printoptions",
            "get_printoptions",
            "printoptions",
        ),
        _NO_SETTINGS,
    ),
    **dict.fromkeys(("array2string", "array_repr", "array_str", "format_float_positional", "info"), _PRINT),
    "format_float_scientific": _PRINT,
    **dict.fromkeys(("show_config", "show_runtime", "test", "get_include"), "Call it outside this module."),
    "vectorize": "Call the function on the whole array: operations broadcast by themselves.",
    "frompyfunc": "Call the function on the whole array: operations broadcast by themselves.",
    "apply_along_axis": "Give the operations their axis argument, or write a for loop over the rows.",
    "apply_over_axes": "Give the operations a tuple of axes.",
    "fromiter": "Build a list and hand it to np.array.",
    **dict.fromkeys(("c_", "r_"), "Use np.concatenate, np.stack or np.arange."),
    "trim_zeros": "The size of its result depends on the elements. Cut at places that are known: x[a:b].",
    "real_if_close": "Take x.real where the imaginary part is known to be small: a dtype cannot depend on elements.",
    "nditer": "Write a for loop over range, or compute on the whole array.",
    "einsum_path": "Call np.einsum itself: it chooses the order of the products.",
    "matrix": "Use a two-dimensional array and the operator @.",
    "asmatrix": "Use a two-dimensional array and the operator @.",
    "poly1d": "Use np.polyval on the array of coefficients.",
    "shares_memory": "Copy the array where sharing matters; sharing is known only at run time.",
    "may_share_memory": "Copy the array where sharing matters; sharing is known only at run time.",
    "from_dlpack": _PASS_IN,
    "datetime64": "Convert to numbers outside this module and pass those in.",
    "timedelta64": "Convert to numbers outside this module and pass those in.",
    "recarray": "Pass the columns as separate arrays or in a dictionary.",
    "record": "Pass the columns as separate arrays or in a dictionary.",
    "void": "Pass the columns as separate arrays or in a dictionary.",
}

_BUILTINS: Final[dict[str, str]] = {
    "open": _PASS_IN,
    "input": "Read it outside this module and pass it in as an argument.",
    **dict.fromkeys(("exec", "eval", "compile"), _OPERATOR),
    "__import__": "Write an import statement at the top of the file.",
    **dict.fromkeys(("globals", "locals", "vars", "dir"), "Name the variables that are meant."),
    "setattr": "Write the assignment: obj.name = value.",
    "delattr": "Leave the attribute, or assign None to it.",
    "breakpoint": "Set DEFNHOOK=off to debug the file as plain Python.",
    **dict.fromkeys(("exit", "quit"), "Raise an error."),
    "help": "Call it outside this module.",
    "id": "Compare with the operator is.",
    "memoryview": "Use the array itself: slices of it are views.",
    "bytearray": "Use an array with the dtype np.uint8.",
    "iter": "Write a for loop over the sequence.",
    "aiter": "Write a for loop over the sequence.",
    "next": "Index the sequence, or write a for loop over it.",
    "anext": "Index the sequence, or write a for loop over it.",
    "hash": "Compare the values themselves.",
}

NAMES: Final[dict[str, str]] = {
    **{f"numpy.{name}": way_out for name, way_out in _SHARED.items()},
    **{f"builtins.{name}": way_out for name, way_out in _BUILTINS.items()},
    "numpy.lib.stride_tricks.as_strided": "Use np.lib.stride_tricks.sliding_window_view, np.broadcast_to or slices.",
    "functools.reduce": "Write a for loop.",
    **dict.fromkeys(("functools.cache", "functools.lru_cache"), "Compute the value outside this module."),
    "functools.wraps": "Write the wrapping function outside this module.",
}

_SYSTEM: Final = "What depends on the system belongs outside this module; pass what is needed as an argument."
_FILES: Final = "Read and write files outside this module."
_CLOCK: Final = "Measure outside this module, around the call."
_CONCURRENCY: Final = "Large loops run on several threads by themselves; start others outside this module."
_LOGGING: Final = "Use print, which prints the value at run time, or log outside this module."
_LIBRARY: Final = "Use the operations of NumPy, or call the library outside this module."
_PLOTTING: Final = "Return the values and plot them outside this module."
_INTERNAL: Final = "Use the public names of NumPy."

MODULES: Final[dict[str, str]] = {
    "numpy.random": _RANDOM,
    "random": _RANDOM,
    "secrets": _RANDOM,
    "uuid": _RANDOM,
    **dict.fromkeys(
        (
            "numpy.core",
            "numpy._core",
            "numpy.lib",
            "numpy.ctypeslib",
            "numpy.f2py",
            "numpy.testing",
            "numpy.dtypes",
            "numpy.exceptions",
        ),
        _INTERNAL,
    ),
    "numpy.ma": "Use np.where with the mask as an array of its own.",
    "numpy.rec": "Pass the columns as separate arrays or in a dictionary.",
    "numpy.char": "Work on text outside this module.",
    "numpy.strings": "Work on text outside this module.",
    "numpy.emath": "Convert to a complex dtype first and use the function of the same name in NumPy.",
    "numpy.polynomial": "Use np.polyval on the array of coefficients.",
    "numpy.typing": "Write annotations in the signature, where they are not run.",
    "cmath": "Use the function of the same name in NumPy: it takes complex numbers.",
    **dict.fromkeys(("os", "os.path", "sys", "platform", "ctypes", "gc", "inspect", "atexit"), _SYSTEM),
    **dict.fromkeys(("subprocess", "socket", "ssl", "http", "urllib", "urllib.request", "requests"), _SYSTEM),
    **dict.fromkeys(
        ("pathlib", "io", "shutil", "tempfile", "glob", "csv", "json", "pickle", "marshal"), _FILES
    ),
    **dict.fromkeys(
        ("shelve", "sqlite3", "gzip", "bz2", "lzma", "zipfile", "tarfile", "h5py", "mmap"), _FILES
    ),
    **dict.fromkeys(("time", "timeit", "datetime"), _CLOCK),
    **dict.fromkeys(("threading", "multiprocessing", "concurrent", "concurrent.futures"), _CONCURRENCY),
    **dict.fromkeys(("asyncio", "_thread"), _CONCURRENCY),
    "logging": _LOGGING,
    "warnings": "Raise an error, or warn outside this module.",
    **dict.fromkeys(("importlib", "runpy", "ast", "dis"), _OPERATOR),
    **dict.fromkeys(("pandas", "polars", "xarray", "sympy", "numba", "jax", "jax.numpy", "torch"), _LIBRARY),
    **dict.fromkeys(("tensorflow", "cupy", "dask", "dask.array", "sklearn"), _LIBRARY),
    **dict.fromkeys(
        tuple(
            f"scipy.{name}"
            for name in "cluster datasets differentiate integrate interpolate io ndimage odr optimize "
            "signal sparse spatial stats".split()
        ),
        _LIBRARY,
    ),
    "scipy.fft": "Use the function of the same name in numpy.fft.",
    **dict.fromkeys(("matplotlib", "matplotlib.pyplot", "pylab", "seaborn", "plotly"), _PLOTTING),
}

# Methods refused by name, whatever object they are called on.
_LISTS: Final = "Work on the array itself; convert the result outside this module."
METHODS: Final[dict[str, str]] = {
    "tolist": _LISTS,
    "item": "Use the scalar itself, or index the array: x[0].",
    "itemset": "Write an assignment: x[i] = value.",
    **dict.fromkeys(("tobytes", "tostring", "tofile", "dump", "dumps"), _AFTER),
    "resize": "Make a new array: np.resize(x, shape) repeats the elements, np.pad(x, width) adds zeros.",
    "setflags": "Copy the array instead of changing its flags.",
    "newbyteorder": "Convert outside this module; compiled code uses the machine's byte order.",
    "byteswap": "Convert outside this module; compiled code uses the machine's byte order.",
    "getfield": "Pass the columns as separate arrays.",
    "setfield": "Pass the columns as separate arrays.",
    "to_device": "Move the array outside this module.",
}

# Attributes that reach the insides of Python objects.
ATTRIBUTES: Final = frozenset(
    """
    __dict__ __globals__ __builtins__ __code__ __closure__ __subclasses__ __mro__ __bases__ __import__
    __loader__ __spec__ __getattribute__ __setattr__ __delattr__ __reduce__ __reduce_ex__ __array_interface__
    __array_struct__ __wrapped__ f_globals f_locals f_back gi_frame
    """.split()
)
