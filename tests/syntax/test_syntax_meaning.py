"""A twin on the plain runtime does what its original does: result, writes, errors, order of evaluation."""

from __future__ import annotations

import copy
import importlib.util
import inspect
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from twins import dedent, plain, twinned

PROGRAMS = {
    "softmax": (
        """
        import numpy as np
        def softmax(t, *, axis=-1):
            e = np.exp(t - np.max(t, axis=axis, keepdims=True))
            return e / np.sum(e, axis=axis, keepdims=True)
        def run(x): return softmax(x), softmax(x, axis=0), softmax(x[::-1, 1:]).sum()
        """,
        (np.arange(12.0).reshape(3, 4),),
    ),
    "writes into arguments": (
        """
        def run(a, d):
            a[0, 1:] = a[1, :-1]
            a[1:] += a[:-1]
            a[a > 8] = 0
            a[0], a[1] = a[1].copy(), a[0].copy()
            a -= 1
            d["x"] = a.sum(); d["x"] += 1
            x = y = d["y"] = 3
            (p, d["z"]), *q = (1, 2), 3, 4
            return a, x, y, p, q
        """,
        (np.arange(12.0).reshape(3, 4), {}),
    ),
    "loops": (
        """
        def collatz(n):
            steps = 0
            while n != 1:
                if n % 2: n = 3 * n + 1
                else: n //= 2
                steps += 1
                if steps > 100: break
            else:
                steps = -steps
            return steps
        def run(n):
            total = []
            for i, x[0] in zip(range(n), [3, 4, 5]):
                if i == 1: continue
                total.append((i, x[0], collatz(i + 1)))
            else:
                total.append(None)
            return total
        x = [0]
        """,
        (5,),
    ),
    "logic": (
        """
        def run(a, b):
            return [
                a and b, a or b, not a, a and (c := b) and c, a or (d := b) or d, 0 < a < (e := 5) < 9,
                a if b else 7, (f := 2) if a else (f := 3), f, a in (b, 1), a not in [b, 1], a is not None,
                1 in (g := [a]), (h := b) in (h, 2), (i := a) not in (i, (j := 4), j), a < b < 0 < 1 / b,
                a == b == a, 1 < b is not None, a in [1] in [[1]], a is b is (k := b) is not None,
                a in [1] in (l := [[1]]) not in [0],
                a not in [2] not in (o := [3]) in [o], a is (m := a) not in (n := [b]) == n,
            ]
        """,
        (1, 2),
    ),
    "closures": (
        """
        def run(n, *rest, scale=2, **more):
            def add(x, y=n, *, z=scale): return x + y * z
            def twice(f): return lambda *a, **k: f(f(*a, **k))
            @twice
            def grown(x): return x * n
            parts = [add(i, z=j) for i in range(n) if i % 2 for j in rest]
            table = {k: lambda v, k=k: v + k for k in range(3)}
            total = sum(i for i in rest)
            return parts, grown(3), table[2](10), total, more, (lambda: n)(), [*rest, *range(n)]
        """,
        (4, 5, 6),
    ),
    "classes": (
        """
        class Base:
            unit = 3
            def __init__(self, v): self.v = v
            def value(self): return self.v * self.unit
            @property
            def half(self): return self.v / 2
            @classmethod
            def make(cls, v): return cls(v + 1)
            @staticmethod
            def plus(a, b=1): return a + b
        class Child(Base):
            __hidden = 5
            def value(self):
                self.__seen = super().value() + self.__hidden
                self.__seen += 1
                return self.__add(self.__seen) or super().half
            def __add(self, x): return x + Base.plus(x) + __class__.unit
            def __getitem__(self, key): return self.v, key
            def __call__(self, *, k): return [super(Child, self).value() for _ in range(k)]
        def run(v):
            c = Child.make(v)
            c.v += 2; c.extra = [0]; c.extra[0] -= v
            return c.value(), c.half, c[1:2, ...], c(k=2), c.extra, c.v
        """,
        (4,),
    ),
    "matching": (
        """
        def kind(x):
            match x:
                case 0 | 1: return "small"
                case [first, *rest] if rest: return first, rest
                case {"k": v, **more}: return v, more
                case float(): return "float"
                case _: return None
        def run(*xs): return [kind(x) for x in xs]
        """,
        (0, 5, [1, 2], [1], {"k": 3, "l": 4}, 2.5),
    ),
    "text": (
        """
        def run(x, w):
            name = f"{x + 1!r:>{w + 2}} {x = }"
            return name, "%d-%s" % (x, w), "".join(str(i) for i in range(x)), b"a" + b"b"
        """,
        (3, 4),
    ),
    "order of writes": (
        """
        class Box: pass
        def change(box, value):
            box.items = [0, 0]
            return value
        def bump(items):
            items[0] = 10
            return 1
        def run():
            box = Box(); box.items = first = [1, 2]
            box.items[0] = change(box, 5)
            i = 0
            i, box.items[i] = 1, 8
            box.items[i], i = 9, 0
            items = [1, 2]
            items[0] += bump(items)
            box.n = 1
            box.n += setattr_and(box, 5)
            return box.items, first, items, box.n
        def setattr_and(box, value):
            box.n = 100
            return value
        """,
        (),
    ),
    "annotations": (
        """
        def run(x: "unknown", *, y: int = 2) -> "nothing":
            a: undefined_name
            b: undefined_name = x
            return b + y
        """,
        (1,),
    ),
    "global names": (
        """
        W = [1, 2, 3]
        class Config: scale = 3
        def run(i):
            W[i] += 1
            return W, Config.scale * len(W), [W[j] for j in range(i)]
        """,
        (1,),
    ),
    "only a docstring": ('def run():\n    """nothing"""\n', ()),
}
FAILURES = {
    "zero division": ("def run(a): return 1 // a", (0,)),
    "index": ("def run(a): a[5] = 1", ([1],)),
    "assertion": ("def run(a): assert a > 3, f'{a} is small'", (2,)),
    "raised": ("def run(a): raise KeyError(a) from None", (2,)),
    "attribute": ("def run(a): return a.nothing", (2,)),
    "name": ("def run(a): return nothing", (2,)),
    "unbound": ("def run(a):\n    if a: b = 1\n    return b", (0,)),
    "unpacking": ("def run(a): b, c = a", ([1],)),
    "not callable": ("def run(a): return a(1)", (2,)),
}


def _result(module: ModuleType, arguments: tuple[Any, ...]) -> tuple[Any, Any]:
    arguments = copy.deepcopy(arguments)
    return module.run(*arguments), arguments


@pytest.mark.parametrize("name", PROGRAMS)
def test_twin_does_what_the_original_does(name: str) -> None:
    source, arguments = PROGRAMS[name]
    expected = _result(plain(dedent(source)), arguments)
    np.testing.assert_equal(_result(twinned(dedent(source)), arguments), expected)


@pytest.mark.parametrize("name", FAILURES)
def test_twin_fails_as_the_original_does(name: str) -> None:
    source, arguments = FAILURES[name]
    with pytest.raises(Exception) as expected:  # noqa: PT011
        _result(plain(source), arguments)
    with pytest.raises(expected.type) as raised:
        _result(twinned(source), arguments)
    assert str(raised.value) == str(expected.value)


def test_the_comparison_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    import plain_runtime

    monkeypatch.setattr(plain_runtime, "subtract", plain_runtime.add)
    source, arguments = PROGRAMS["softmax"]
    expected = _result(plain(dedent(source)), arguments)
    with pytest.raises(AssertionError):
        np.testing.assert_equal(_result(twinned(dedent(source)), arguments), expected)


# ----------------------------------------------------------------- whole modules of the standard library


def _use_colorsys(m: ModuleType) -> object:
    grid = [i / 4 for i in range(5)]
    functions = (m.rgb_to_hls, m.hls_to_rgb, m.rgb_to_hsv, m.hsv_to_rgb, m.rgb_to_yiq, m.yiq_to_rgb)
    return [f(a, b, c) for f in functions for a in grid for b in grid for c in grid]


def _use_heapq(m: ModuleType) -> object:
    heap = [(7 * i) % 11 for i in range(11)]
    m.heapify(heap)
    return heap, m.nsmallest(3, heap), m.nlargest(3, heap, key=lambda v: -v), list(m.merge([1, 4], [2, 3]))


def _use_bisect(m: ModuleType) -> object:
    return [(m.bisect_left([1, 3, 5], v), m.bisect_right([1, 3, 5], v, key=lambda w: w)) for v in range(7)]


def _use_fractions(m: ModuleType) -> object:
    a, b = m.Fraction("3/7"), m.Fraction(-2.5)
    return a + b, a * b, a / b, a // b, a % b, a**2, a < b, a == b, round(a, 2), str(b), hash(a), int(b)


def _use_statistics(m: ModuleType) -> object:
    data = [1, 5, 2, 8, 3.5, 2]
    return [f(data) for f in (m.mean, m.median, m.mode, m.pstdev, m.variance, m.fmean, m.quantiles)]


def _use_shlex(m: ModuleType) -> object:
    return m.split('a \'b c\' "d\\"e" f#g', comments=True), m.quote("it's")


USES: dict[str, Callable[[ModuleType], object]] = {
    "colorsys": _use_colorsys,
    "heapq": _use_heapq,
    "bisect": _use_bisect,
    "fractions": _use_fractions,
    "statistics": _use_statistics,
    "shlex": _use_shlex,
}


@pytest.mark.parametrize("name", USES)
def test_standard_library_module_works_rewritten(name: str) -> None:
    spec = importlib.util.find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    module = twinned(Path(spec.origin).read_text(encoding="utf-8"), checked=False)
    functions = [value for value in vars(module).values() if inspect.isfunction(value)]
    assert not functions or any(hasattr(function, "__wrapped__") for function in functions)
    assert repr(USES[name](module)) == repr(USES[name](importlib.import_module(name)))
