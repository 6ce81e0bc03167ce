"""Public names of NumPy and SciPy that are not part of the language, by what keeps them out: data only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from defnhook.syntax import forbidden


@dataclass(frozen=True)
class Absence:
    """Why names of one module are not part of the language.

    ``instead`` is what to write; it is empty where :mod:`defnhook.syntax.forbidden` says it for each name.
    """

    group: str
    module: str
    names: str
    reason: str
    instead: str = ""


_FILES: Final = "It reads or writes what lies outside the arguments; native code computes on arrays."
_TEXT: Final = "It makes text for people to read, and native code has no text."
_STATE: Final = "It reads or changes settings of the whole process, which native code does not look at."
_INSTALLED: Final = "It tells about the installation and not about arrays."
_DATES: Final = "Dates and durations have no native dtype."
_TYPES: Final = "It answers a question about dtypes in words or letters, which a program does not need."
_CALLBACK: Final = (
    "It calls a Python function element by element or row by row, which hides the operations from the trace."
)
_ITERATOR: Final = "It is an iterator that keeps a place in memory, and native loops have indices instead."
_CLASSES: Final = "It is a class of arrays with meanings of its own for the operators."
_ELEMENTS: Final = "The elements decide on the size or the dtype of its result."

NUMPY: Final = (
    Absence(
        "host input and output",
        "numpy",
        """
        save savez savez_compressed savetxt load loadtxt genfromtxt fromfile frombuffer fromregex fromstring memmap
        from_dlpack
        """,
        _FILES,
    ),
    Absence(
        "printing",
        "numpy",
        "array2string array_repr array_str format_float_positional format_float_scientific info",
        _TEXT,
    ),
    Absence(
        "printing", "numpy", "base_repr binary_repr", _TEXT, "Format the number outside this module, or use bin."
    ),
    Absence(
        "global state",
        "numpy",
        """
        seterr geterr seterrcall geterrcall setbufsize getbufsize set_printoptions get_printoptions printoptions
        """,
        _STATE,
    ),
    Absence("the installation", "numpy", "show_config show_runtime test get_include", _INSTALLED),
    Absence(
        "the installation",
        "numpy",
        "__version__ __array_namespace_info__",
        _INSTALLED,
        "Ask for it outside this module and pass in what follows from it.",
    ),
    Absence("dates", "numpy", "datetime64 timedelta64", _DATES),
    Absence(
        "dates",
        "numpy",
        "busday_count busday_offset busdaycalendar is_busday isnat datetime_as_string datetime_data",
        _DATES,
        "Convert to numbers outside this module, with x.astype(np.int64) for instance, and pass those in.",
    ),
    Absence("records", "numpy", "recarray record void", "Native code has arrays of one number an element."),
    Absence(
        "strings and objects",
        "numpy",
        "character flexible",
        "It is the kind of the dtypes of text and records, which are not native.",
        "Work on text and records outside this module.",
    ),
    Absence("Python functions", "numpy", "vectorize frompyfunc apply_along_axis apply_over_axes", _CALLBACK),
    Absence("iterators", "numpy", "fromiter nditer", _ITERATOR),
    Absence(
        "iterators",
        "numpy",
        "broadcast flatiter nested_iters",
        _ITERATOR,
        "Use np.broadcast_arrays or np.broadcast_shapes, x.ravel(), or a for loop over range.",
    ),
    Absence("classes of arrays", "numpy", "matrix asmatrix poly1d", _CLASSES),
    Absence("classes of arrays", "numpy", "bmat", _CLASSES, "Use np.block on two-dimensional arrays."),
    Absence(
        "classes of arrays",
        "numpy",
        "ufunc",
        "It is the class of NumPy's functions, which matters to those who inspect them.",
        "Call the function itself; its methods, as in np.add.reduce, are part of the language.",
    ),
    Absence(
        "indexing in brackets",
        "numpy",
        "c_ r_",
        "It takes slices and strings in brackets as instructions to join arrays.",
    ),
    Absence("data-dependent sizes and dtypes", "numpy", "trim_zeros real_if_close", _ELEMENTS),
    Absence(
        "data-dependent sizes and dtypes",
        "numpy",
        "poly",
        "Its dtype is real where the elements come in conjugate pairs.",
        "Multiply the factors with np.convolve, taking the real part where it is known to be real.",
    ),
    Absence(
        "data-dependent sizes and dtypes",
        "numpy",
        "polyfit",
        "It warns and gives other results where the elements leave the fit undetermined.",
        "Use np.linalg.lstsq(np.vander(x, degree + 1), y)[0].",
    ),
    Absence(
        "data-dependent errors",
        "numpy",
        "asarray_chkfinite",
        "It raises for the elements that it finds, which native code cannot do in the middle of a loop.",
        "Test np.all(np.isfinite(x)) outside this module, or return it as a result.",
    ),
    Absence(
        "memory",
        "numpy",
        "shares_memory may_share_memory",
        "Where an array lies is known only when the function runs.",
    ),
    Absence(
        "memory",
        "numpy",
        "require",
        "It copies or not by flags of memory that native code does not depend on.",
        "Use np.ascontiguousarray, np.asfortranarray or np.copy.",
    ),
    Absence(
        "memory",
        "numpy",
        "einsum_path",
        "It plans the work of another function, and its plan is a list of strings and numbers.",
    ),
    Absence(
        "questions about dtypes",
        "numpy",
        "common_type mintypecode typename typecodes sctypeDict ScalarType",
        _TYPES,
        "Use np.result_type, np.promote_types, np.issubdtype or x.dtype.",
    ),
    Absence(
        "older names",
        "numpy",
        "in1d trapz",
        "NumPy has it under another name, and gives this one up.",
        "Use np.isin on x.ravel(), or np.trapezoid.",
    ),
    Absence(
        "dtypes of some systems",
        "numpy",
        "float96 float128 complex192 complex256",
        "Its precision exists on some processors only, and no native loop has it.",
        "Use np.float64 or np.complex128; np.longdouble is the portable name, for steps in NumPy.",
    ),
    Absence(
        "the installation",
        "numpy",
        "core",
        "It is the inside of NumPy, whose layout changes.",
        "Use the public names of NumPy.",
    ),
)  # fmt: skip

METHODS: Final = (
    Absence(
        "older names",
        "numpy.ndarray",
        "itemset newbyteorder tostring",
        "NumPy has given this method up.",
    ),
    Absence("older names", "numpy.ndarray", "ptp", "NumPy has given this method up.", "Use np.ptp(x)."),
    Absence("host input and output", "numpy.ndarray", "dump dumps tobytes tofile", _FILES),
    Absence(
        "objects", "numpy.ndarray", "tolist item", "It turns values of compiled code into Python objects."
    ),
    Absence(
        "memory",
        "numpy.ndarray",
        "resize setflags byteswap getfield setfield to_device",
        "It changes how an array lies in memory, which its views would have to follow.",
    ),
    Absence(
        "memory",
        "numpy.ndarray",
        "base ctypes data flags strides device",
        "It tells where and how an array lies in memory, which native code is free to choose.",
        "Write what is meant of the elements; np.copy gives an array of its own.",
    ),
    Absence(
        "iterators",
        "numpy.ndarray",
        "flat",
        _ITERATOR,
        "Write x.ravel() to read, and x.reshape(-1)[i] = value to write.",
    ),
)

UFUNCS: Final = (
    Absence(
        "questions about functions",
        "numpy.ufunc",
        "identity nargs nin nout ntypes signature types resolve_dtypes",
        "It describes a function and computes nothing.",
        "Ask outside this module; np.result_type tells the dtype of results.",
    ),
)

_ZEROS: Final = "It finds zeros by search on the host and gives lists of them."
_NODES: Final = (
    "It makes the nodes of a quadrature from an eigenvalue problem on the host, whatever the data."
)
_POLYNOMIALS: Final = "It gives a polynomial as a Python object with methods."
_DISTRIBUTION: Final = (
    "It is the distribution function of a model, whose parameters have no known derivatives here."
)
_SERIES: Final = "It gives whole tables of functions and derivatives, made by recurrences on the host."
_FAMILY: Final = (
    "It is of a family with a parameter of order, for which the table has neither a loop nor a derivative."
)
_ELLIPTIC: Final = "It is an elliptic or hypergeometric function of several arguments, without a native loop."
_WAVES: Final = "It is a wave function of a special geometry, without a native loop or a derivative."
_NUMBERS: Final = "It counts, and its result depends on the parameters alone."
_OUTSIDE: Final = "Call it outside this module and pass the result in as an argument."
_PASS_NODES: Final = "Compute the nodes outside this module and pass them in as arrays."
_BY_INCOMPLETE: Final = (
    "Write it with ndtr, gammainc, betainc or erf, which are entries, or call it outside this module."
)

SPECIAL: Final = (
    Absence(
        "distributions",
        "scipy.special",
        """
        bdtr bdtrc bdtri bdtrik bdtrin btdtria btdtrib btdtr btdtri chdtr chdtrc chdtri chdtriv chndtr chndtridf
        chndtrinc chndtrix fdtr fdtrc fdtri fdtridfd gdtr gdtrc gdtria gdtrib gdtrix kolmogi kolmogorov nbdtr nbdtrc
        nbdtri nbdtrik nbdtrin ncfdtr ncfdtri ncfdtridfd ncfdtridfn ncfdtrinc nctdtr nctdtridf nctdtrinc nctdtrit
        ndtri_exp nrdtrimn nrdtrisd owens_t pdtr pdtrc pdtri pdtrik smirnov smirnovi stdtr stdtridf stdtrit tklmbda
        voigt_profile
        """,
        _DISTRIBUTION,
        _BY_INCOMPLETE,
    ),
    Absence(
        "short formulas",
        "scipy.special",
        """
        boxcox boxcox1p inv_boxcox inv_boxcox1p powm1 softplus diric radian round zetac multigammaln betaincc
        betainccinv
        """,
        "It is a short formula of entries.",
        "Write the formula: np.expm1(y * np.log(x)) / y, np.log1p(np.exp(x)), np.rint(x), zeta(x) - 1.",
    ),
    Absence(
        "short formulas",
        "scipy.special",
        "sindg cosdg tandg cotdg",
        "It is a trigonometric function of degrees.",
        "Write np.sin(np.deg2rad(x)) and the like.",
    ),
    Absence(
        "polynomials",
        "scipy.special",
        """
        eval_chebyc eval_chebys eval_chebyt eval_chebyu eval_gegenbauer eval_genlaguerre eval_hermite
        eval_hermitenorm eval_jacobi eval_laguerre eval_legendre eval_sh_chebyt eval_sh_chebyu eval_sh_jacobi
        eval_sh_legendre assoc_laguerre
        """,
        "It is a polynomial whose degree is one of the arguments.",
        "Write its recurrence as a for loop over the degree, or np.polyval on its coefficients.",
    ),
    Absence(
        "polynomials",
        "scipy.special",
        """
        legendre chebyt chebyu chebyc chebys jacobi laguerre genlaguerre hermite hermitenorm gegenbauer sh_legendre
        sh_chebyt sh_chebyu sh_jacobi
        """,
        _POLYNOMIALS,
        "Take its coefficients outside this module and use np.polyval.",
    ),
    Absence(
        "quadratures",
        "scipy.special",
        """
        roots_legendre roots_chebyt roots_chebyu roots_chebyc roots_chebys roots_jacobi roots_laguerre
        roots_genlaguerre roots_hermite roots_hermitenorm roots_gegenbauer roots_sh_legendre roots_sh_chebyt
        roots_sh_chebyu roots_sh_jacobi p_roots t_roots u_roots c_roots s_roots j_roots l_roots la_roots h_roots
        he_roots cg_roots ps_roots ts_roots us_roots js_roots
        """,
        _NODES,
        _PASS_NODES,
    ),
    Absence(
        "zeros of functions",
        "scipy.special",
        """
        ai_zeros bei_zeros beip_zeros ber_zeros berp_zeros bi_zeros erf_zeros fresnel_zeros fresnelc_zeros
        fresnels_zeros jn_zeros jnjnp_zeros jnp_zeros jnyn_zeros kei_zeros keip_zeros kelvin_zeros ker_zeros
        kerp_zeros y0_zeros y1_zeros y1p_zeros yn_zeros ynp_zeros
        """,
        _ZEROS,
        _OUTSIDE,
    ),
    Absence(
        "functions of an order",
        "scipy.special",
        """
        airy airye bei beip ber berp hankel1 hankel1e hankel2 hankel2e jve yve kei keip kelvin ker kerp kn yn struve
        modstruve besselpoly h1vp h2vp ivp jvp kvp yvp spherical_jn spherical_yn spherical_in spherical_kn
        itairy it2i0k0 it2j0y0 it2struve0 iti0k0 itj0y0 itmodstruve0 itstruve0 wright_bessel log_wright_bessel
        """,
        _FAMILY,
        "Use j0, j1, jv, y0, y1, yv, i0, i1, iv, k0, k1, kv, which are entries, or call it outside this module.",
    ),
    Absence(
        "integrals and inverses",
        "scipy.special",
        "fresnel modfresnelm modfresnelp shichi sici wofz wrightomega lambertw agm",
        "It has no native loop and gives several or complex results.",
        "Use erf, erfi, dawsn, exp1 or expi, which are entries, or call it outside this module.",
    ),
    Absence(
        "elliptic and hypergeometric functions",
        "scipy.special",
        """
        elliprc elliprd elliprf elliprg elliprj ellipeinc ellipkinc ellipkm1 ellipj hyp0f1 hyp1f1 hyp2f1 hyperu
        ellip_harm ellip_harm_2 ellip_normal
        """,
        _ELLIPTIC,
        "Use ellipk, ellipe or gammainc, which are entries, or call it outside this module.",
    ),
    Absence(
        "wave functions",
        "scipy.special",
        """
        mathieu_a mathieu_b mathieu_cem mathieu_modcem1 mathieu_modcem2 mathieu_modsem1 mathieu_modsem2 mathieu_sem
        mathieu_even_coef mathieu_odd_coef obl_ang1 obl_ang1_cv obl_cv obl_rad1 obl_rad1_cv obl_rad2 obl_rad2_cv
        obl_cv_seq pro_ang1 pro_ang1_cv pro_cv pro_rad1 pro_rad1_cv pro_rad2 pro_rad2_cv pro_cv_seq pbdv pbvv pbwa
        """,
        _WAVES,
        _OUTSIDE,
    ),
    Absence(
        "tables of functions",
        "scipy.special",
        """
        lmbda lpmv lpmn lpn clpmn lqmn lqn pbdn_seq pbdv_seq pbvv_seq riccati_jn riccati_yn assoc_legendre_p
        assoc_legendre_p_all legendre_p legendre_p_all sph_harm sph_harm_y sph_harm_y_all sph_legendre_p
        sph_legendre_p_all
        """,
        _SERIES,
        "Write the recurrence as a for loop over the order, or call it outside this module.",
    ),
    Absence(
        "counting",
        "scipy.special",
        "bernoulli euler factorial factorial2 factorialk stirling2",
        _NUMBERS,
        "Use gamma(n + 1), comb or perm, which are entries, or pass the numbers in.",
    ),
    Absence(
        "global state",
        "scipy.special",
        "geterr seterr errstate SpecialFunctionWarning SpecialFunctionError",
        _STATE,
        "Settings and warnings belong outside this module.",
    ),
)  # fmt: skip

ABSENCES: Final = (*NUMPY, *METHODS, *UFUNCS, *SPECIAL)
BY_PATH: Final[dict[str, Absence]] = {
    f"{absence.module}.{name}": absence for absence in ABSENCES for name in absence.names.split()
}


def instead(path: str) -> str:
    """What to write instead of a name that is not part of the language; empty where nothing is known."""
    _, _, name = path.rpartition(".")
    if path in forbidden.NAMES:
        return forbidden.NAMES[path]
    if path.startswith("numpy.ndarray.") and name in forbidden.METHODS:
        return forbidden.METHODS[name]
    absence = BY_PATH.get(path)
    return absence.instead if absence else ""
