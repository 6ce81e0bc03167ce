"""A marked function is a function like any other: inspected, documented, pickled, wrapped, subclassed."""

from __future__ import annotations

import copy
import doctest
import functools
import inspect
import pickle

import cloudpickle
import numpy as np
import pytest
from compare import assert_same

import defnhook

TEXT = '''
import functools

DEFAULT = 2.5


def everything(a, b=DEFAULT, /, c=3, *rest, d, e=None, **more) -> "array":
    """What it does.

    >>> float(everything(1.0, d=2.0))
    8.5
    """
    total = a + b + c + d
    for each in rest:
        total = total + each
    for name in sorted(more):
        total = total + more[name]
    return total if e is None else total * e


def only_keywords(*, x, scale=2.0):
    return x * scale


def no_arguments():
    return np.zeros(3) + 1


def variables(*values, **named):
    return sum(values) + named["last"]


def doubled(function):  # defn: off
    @functools.wraps(function)
    def wrapper(*args):
        return 2 * function(*args)

    return wrapper


class Layer:
    """Holds numbers."""

    def __init__(self, weight, name="layer"):  # defn: off
        self.weight = weight
        self.name = name

    def __call__(self, x):
        return self.forward(x) + 1

    def forward(self, x):
        return x * self.weight

    @staticmethod
    def static(x):
        return x + 1

    @classmethod
    def named(cls, x):
        return x * 2

    @property
    def squared(self):
        return self.weight * self.weight


class Deep(Layer):
    def forward(self, x):
        return super().forward(x) - 1


def mutable_default(x, add=(1.0, 2.0)):
    return x + add[0] * add[1]
'''


@pytest.fixture(scope="module")
def module(marked):
    return marked(TEXT)


def test_it_is_a_function(module):
    assert inspect.isfunction(module.everything)
    assert type(module.everything) is type(lambda: 0)
    assert module.everything.__name__ == "everything"
    assert module.everything.__qualname__ == "everything"
    assert module.everything.__module__ == module.__name__
    assert module.everything.__doc__.startswith("What it does.")
    assert module.Layer.forward.__qualname__ == "Layer.forward"


def test_the_signature_is_the_written_one(module):
    assert (
        str(inspect.signature(module.everything)) == "(a, b=2.5, /, c=3, *rest, d, e=None, **more) -> 'array'"
    )
    assert module.everything.__defaults__ == (2.5, 3)
    assert module.everything.__kwdefaults__ == {"e": None}
    assert module.everything.__annotations__ == {"return": "array"}
    assert inspect.getfullargspec(module.everything).kwonlyargs == ["d", "e"]


def test_the_original_is_within_reach(module):
    plain = module.everything.__wrapped__
    assert inspect.isfunction(plain)
    assert not hasattr(plain, "__defn_function__")
    assert plain(1.0, d=2.0) == 8.5
    assert inspect.unwrap(module.everything) is plain


def test_its_source_is_found(module):
    assert inspect.getsource(module.only_keywords).startswith("def only_keywords(*, x, scale=2.0):")
    assert inspect.getsourcefile(module.everything) == module.__file__
    assert (
        inspect.getsourcelines(module.no_arguments)[1]
        == inspect.getsourcelines(module.no_arguments.__wrapped__)[1]
    )


CALLS = [
    ((1.0,), {"d": 2.0}),
    ((1.0, 2.0, 3.0), {"d": np.ones(2)}),
    ((np.ones(2), 2.0, 3.0, 4.0, np.ones(2)), {"d": 2.0}),
    ((1.0,), {"d": 2.0, "e": 3.0, "x": np.ones(3), "y": 2.0}),
    ((1.0,), {"c": np.float32(1), "d": 2}),
]


@pytest.mark.parametrize(("args", "keywords"), CALLS)
def test_calls_bind_as_written(module, args, keywords):
    actual = module.everything(*args, **keywords)
    expected = module.everything.__wrapped__(*args, **keywords)
    assert type(actual) is type(expected)
    np.testing.assert_allclose(actual, expected)


@pytest.mark.parametrize(
    ("args", "keywords"),
    [
        ((), {}),
        ((1.0,), {}),
        ((1.0,), {"a": 1, "d": 2}),
        ((1.0, 2.0), {"d": 1, "b": 3, "c": 4, "e": 5, "a": 6}),
    ],
)
def test_wrong_calls_fail_as_written(module, args, keywords):
    def outcome(function):
        try:
            return function(*args, **keywords)
        except TypeError as error:
            return str(error)

    assert outcome(module.everything) == outcome(module.everything.__wrapped__)


def test_keywords_only(module):
    assert module.only_keywords(x=np.ones(2)).tolist() == [2, 2]
    assert module.only_keywords(scale=3.0, x=np.ones(2)).tolist() == [3, 3]
    with pytest.raises(TypeError, match=r"only_keywords\(\) takes 0 positional arguments but 1 was given"):
        module.only_keywords(np.ones(2))


def test_no_arguments_at_all(module):
    first, second = module.no_arguments(), module.no_arguments()
    assert first.tolist() == [1, 1, 1]
    assert not np.shares_memory(first, second)


def test_only_variables(module):
    assert module.variables(np.ones(2), 2.0, last=np.ones(2)).tolist() == [4, 4]
    with pytest.raises(KeyError):
        module.variables(np.ones(2))


def test_doctests_are_found_and_pass(module):
    finder = doctest.DocTestFinder()
    tests = {test.name.rpartition(".")[2]: test for test in finder.find(module)}
    assert len(tests["everything"].examples) == 1
    runner = doctest.DocTestRunner()
    assert runner.run(tests["everything"]).failed == 0


def test_methods(module):
    layer = module.Layer(3.0)
    x = np.arange(3.0)
    assert layer(x).tolist() == [1, 4, 7]
    assert layer.forward(x).tolist() == [0, 3, 6]
    assert module.Layer.forward(layer, x).tolist() == [0, 3, 6]
    assert layer.static(x).tolist() == module.Layer.static(x).tolist() == [1, 2, 3]
    assert layer.named(x).tolist() == module.Layer.named(x).tolist() == [0, 2, 4]
    assert layer.squared == 9.0
    assert module.Deep(3.0)(x).tolist() == [0, 3, 6]
    assert inspect.ismethod(layer.forward)


def test_pickling_goes_by_reference(module):
    data = pickle.dumps(module.everything)
    assert b"everything" in data
    assert len(data) < 100
    assert pickle.loads(data) is module.everything
    assert copy.deepcopy(module.everything) is module.everything
    assert pickle.loads(pickle.dumps(module.Layer(2.0).forward))(np.ones(2)).tolist() == [2, 2]


def test_another_process_unpickles_it(module, python):
    program = (
        "import sys, pickle, defnhook, numpy as np; defnhook.install()\n"
        f"function = pickle.loads({pickle.dumps(module.only_keywords)!r})\n"
        "print(function(x=np.ones(2)).tolist(), defnhook.stats()['native_calls'])"
    )
    assert python(program).stdout.split() == ["[2.0,", "2.0]", "1"]


def test_cloudpickle_goes_by_reference_too(module):
    assert cloudpickle.loads(cloudpickle.dumps(module.everything)) is module.everything


def test_wrapping_with_functools(module):
    @functools.wraps(module.only_keywords)
    def wrapper(**keywords):
        return module.only_keywords(**keywords) + 1

    assert wrapper(x=np.ones(1)).tolist() == [3]
    assert wrapper.__name__ == "only_keywords"
    assert functools.partial(module.only_keywords, scale=5.0)(x=np.ones(1)).tolist() == [5]
    assert functools.lru_cache(module.no_arguments)().tolist() == [1, 1, 1]


def test_a_plain_decorator_of_the_file(module):
    doubled = module.doubled(module.mutable_default)
    assert doubled(np.ones(2)).tolist() == [6, 6]


def test_defaults_may_be_replaced(module):
    before = module.mutable_default.__defaults__
    assert module.mutable_default(np.ones(1)).tolist() == [3]
    module.mutable_default.__defaults__ = ((10.0, 3.0),)
    try:
        assert module.mutable_default(np.ones(1)).tolist() == [31]
    finally:
        module.mutable_default.__defaults__ = before
    assert module.mutable_default(np.ones(1)).tolist() == [3]


def test_attributes_may_be_set(module):
    module.no_arguments.mine = 1
    assert module.no_arguments.mine == 1
    del module.no_arguments.mine


# -- defn and transform


def test_defn_makes_one_function_native(counts):
    shift = np.arange(3.0)

    @defnhook.defn
    def shifted(x, *, times=2):
        return x * times + shift

    with counts() as grown:
        assert shifted(np.ones(3)).tolist() == [2, 3, 4]
    assert grown.native_calls == 1
    assert inspect.isfunction(shifted)
    assert str(inspect.signature(shifted)) == "(x, *, times=2)"
    assert defnhook.defn(shifted) is shifted


def test_defn_refuses_what_is_no_function():
    with pytest.raises(defnhook.DefnTypeError, match="takes a Python function, not 3"):
        defnhook.defn(3)
    made = {}
    exec("def from_nowhere(x): return x", made)
    with pytest.raises(defnhook.DefnTypeError, match="source of from_nowhere cannot be read"):
        defnhook.defn(made["from_nowhere"])


@pytest.mark.parametrize("early", [False, True])
def test_transform_is_the_function_before_and_after_a_call(python, tmp_path, early):
    program = tmp_path / "program.py"
    program.write_text(
        "import defnhook, numpy as np\n"
        f"if {early}:\n    import defnhook.transform.pipeline\n"
        "@defnhook.defn\ndef f(x):\n    return x + 1\n"
        "f(np.ones(2))\n"
        "from defnhook import transform\n"
        "from defnhook.transform import optimize\n"
        "assert transform is defnhook.transform\n"
        "assert transform.__name__ == 'transform' and callable(transform)\n"
    )
    python(f"import runpy; runpy.run_path({str(program)!r})")


def test_transform_runs_while_tracing():
    seen = []

    @defnhook.transform
    def note(x):
        seen.append((x.shape, x.dtype.name))
        return x.shape[0]

    @defnhook.defn
    def function(x):
        return x / note(x)

    assert function(np.ones(4)).tolist() == [0.25] * 4
    assert function(np.ones(4)).tolist() == [0.25] * 4
    assert seen == [((4,), "float64")]


def test_a_function_runs_in_a_spawned_pool(module, python, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(
        "import defnhook, multiprocessing, numpy as np\n"
        "def started():\n    defnhook.install()\n"
        "started()\n"
        f"import {module.__name__} as module\n"
        "if __name__ == '__main__':\n"
        "    context = multiprocessing.get_context('spawn')\n"
        "    with context.Pool(2, started) as pool:\n"
        "        print(*[r.tolist() for r in pool.map(module.Layer.static, [np.ones(1), np.zeros(1)])])\n"
    )
    done = python(f"import subprocess, sys; subprocess.run([sys.executable, {str(program)!r}], check=True)")
    assert done.stdout.strip() == "[2.0] [1.0]"


NAMES_OF_PLANS = """
    empty dense share zeros count_call converted int64 float64_0 acos_1 kernel_2 constant_1 out v1 a0
""".split()


@pytest.mark.parametrize("mode", ["on", "interpret"])
def test_a_function_may_have_any_name(both_ways, mode):
    """Also one that the function around its kernels uses for something else."""
    body = "    return np.sum(x) + 1.5, math.acos(y), np.dot(x, x[::-1]) * 2, x.T\n\n"
    text = "".join(f"def {name}(x, y):\n{body}" for name in NAMES_OF_PLANS)
    both = both_ways(f"# defn\nimport math\nimport numpy as np\n\n{text}", mode)
    for name in NAMES_OF_PLANS:
        call = (name, (np.array([3.0, 1.0, 2.0]), 0.5))
        for _ in range(2):
            assert_same(both.call_hooked(*call), both.call_plain(*call))
