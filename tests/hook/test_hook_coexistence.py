"""The hook among other finders and loaders, and its life: installed, re-installed, nested, removed."""

from __future__ import annotations

import ast
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import warnings
import zipfile

import pytest

import defnhook
from defnhook import hook
from defnhook.hook.loader import DefnLoader


class LoaderOverTrees(importlib.machinery.SourceFileLoader):
    """Adds a statement, to text or to a tree, as run-time type checkers do."""

    def source_to_code(self, data, path, *, _optimize=-1):
        tree = data if isinstance(data, ast.Module) else ast.parse(data)
        tree.body.extend(ast.parse("added = True").body)
        return compile(tree, path, "exec", dont_inherit=True, optimize=_optimize)


class LoaderOverText(importlib.machinery.SourceFileLoader):
    """The same for text only."""

    def source_to_code(self, data, path, *, _optimize=-1):
        text = importlib.util.decode_source(data) + "\nadded = True\n"
        return compile(text, path, "exec", dont_inherit=True, optimize=_optimize)


class LoaderOfCode(importlib.machinery.SourceFileLoader):
    """Makes the code by a way of its own."""

    def get_code(self, fullname):
        return compile(self.get_data(self.path) + b"\nadded = True\n", self.path, "exec")


class UnknownLoader(importlib.abc.Loader):
    """Executes a file without being one of Python's loaders."""

    def __init__(self, name, path):
        self.path = path

    def create_module(self, spec):
        return None

    def exec_module(self, module):
        with open(self.path) as file:  # noqa: PTH123
            exec(compile(file.read() + "\nadded = True\n", self.path, "exec"), vars(module))


class ForwardingLoader:
    """Forwards all but its own attributes to Python's loader."""

    def __init__(self, name, path):
        self._inner = importlib.machinery.SourceFileLoader(name, path)

    def __getattr__(self, name):
        return getattr(self._inner, name)


class Wrapping:
    """A finder that puts its own loader on what the path finder finds."""

    def __init__(self, loader):
        self.loader = loader

    def find_spec(self, name, path=None, target=None):
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is None or not str(spec.origin).endswith("wrapped.py"):
            return None
        spec.loader = self.loader(name, spec.origin)
        return spec


@pytest.fixture
def wrapped(folder, monkeypatch):
    """Load a module that another finder wraps in a loader, with that finder before or after ours."""

    def load(loader, *, marked=True, first=False, **settings):
        folder.write("wrapped.py", "x = 1\n", marked=marked)
        monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
        if not first:
            sys.meta_path.insert(0, Wrapping(loader))
        handle = defnhook.install(**settings)
        if first:
            sys.meta_path.insert(0, Wrapping(loader))
            hook.to_front()
        try:
            return folder.load("wrapped")
        finally:
            handle.uninstall()

    return load


@pytest.mark.parametrize("first", [False, True])
def test_a_loader_that_takes_trees_is_given_ours(wrapped, written_bytecode, folder, first):
    module = wrapped(LoaderOverTrees, first=first)
    assert module.added is True
    assert "__defn__" in vars(module)
    assert folder.bytecode() == []


@pytest.mark.parametrize("loader", [LoaderOverText, LoaderOfCode, UnknownLoader])
@pytest.mark.parametrize("first", [False, True])
def test_a_loader_that_does_not_is_named(wrapped, folder, loader, first):
    with pytest.raises(ImportError, match=rf"wrapped\.py is marked .*{loader.__name__}") as caught:
        wrapped(loader, first=first)
    assert isinstance(caught.value, defnhook.DefnError)
    assert caught.value.path == str(folder.path / "wrapped.py")
    assert "wrapped" not in sys.modules


def test_a_conflict_can_be_a_warning(wrapped):
    with pytest.warns(defnhook.DefnWarning, match="UnknownLoader"):
        module = wrapped(UnknownLoader, on_conflict="warn")
    assert module.added is True
    assert "__defn__" not in vars(module)


def test_the_stricter_installation_decides_about_conflicts(wrapped):
    with defnhook.install(only="wrapped"), pytest.raises(ImportError, match="UnknownLoader"):
        wrapped(UnknownLoader, on_conflict="warn")


@pytest.mark.parametrize("loader", [LoaderOverText, LoaderOfCode, UnknownLoader, ForwardingLoader])
def test_unmarked_files_keep_their_loader(wrapped, loader):
    assert type(wrapped(loader, marked=False).__spec__.loader) is loader


def test_a_forwarding_loader_is_looked_through(wrapped):
    module = wrapped(ForwardingLoader)
    assert isinstance(module.__loader__, DefnLoader)
    assert "__defn__" in vars(module)


class Delegating:
    """Asks every other finder, as ours does."""

    calls = 0

    def find_spec(self, name, path=None, target=None):
        type(self).calls += 1
        for finder in sys.meta_path:
            if finder is not self:
                spec = finder.find_spec(name, path, target)
                if spec is not None:
                    return spec
        return None


@pytest.mark.parametrize("position", [0, 1])
def test_finders_that_delegate_to_each_other_come_to_an_end(hooked, monkeypatch, position):
    hooked.write("marked.py", "x = 1\n", marked=True)
    with monkeypatch.context() as patch:
        patch.setattr(sys, "meta_path", list(sys.meta_path))
        sys.meta_path.insert(position, Delegating())
        assert "__defn__" in vars(hooked.load("marked"))
        Delegating.calls = 0
        with pytest.raises(ModuleNotFoundError, match=r"^No module named 'no_such_module'$") as caught:
            hooked.load("no_such_module")
    assert caught.value.name == "no_such_module"
    assert Delegating.calls < 5


NO_IMPORTS = """
import sys, defnhook
defnhook.install()
(finder,) = [entry for entry in sys.meta_path if type(entry).__name__ == "DefnFinder"]
sys.path.insert(0, "archive.zip")
importlib_util = __import__("importlib.util").util
importlib_util.find_spec("unmarked")
events = []
watching = False

def audit(event, arguments):
    if watching and event == "import":
        events.append(arguments[0])

sys.addaudithook(audit)
watching = True
names = ("marked", "unmarked", "almost", "wrong", "zipped", "missing", "json.tool")
found = [finder.find_spec(name) for name in names]
watching = False
print([spec and type(spec.loader).__name__ for spec in found])
assert events == [], events
"""


def test_nothing_is_imported_while_a_spec_is_found(folder, python):
    folder.write("marked.py", "x = 1\n", marked=True)
    folder.write("unmarked.py", "x = 1\n")
    folder.write("almost.py", "x = 1\n# defn\n")
    folder.write("wrong.py", "# defn: wrong\n")
    with zipfile.ZipFile(folder.path / "archive.zip", "w") as archive:
        archive.writestr("zipped.py", "# defn\nx = 1\n")
    output = python("-c", NO_IMPORTS)
    assert "almost.py:2: DefnMarkerWarning" in output
    plain, ours = "'SourceFileLoader'", "'DefnLoader'"
    assert f"[{ours}, {plain}, {plain}, {ours}, 'DefnZipImporter', None, None]" in output


CROSSING = """
import sys, threading, importlib, defnhook
defnhook.install()
sys.setswitchinterval(1e-6)
failures = []

def load(name):
    try:
        importlib.import_module(name)
    except RuntimeError as error:
        assert type(error).__name__ == "_DeadlockError"
    except BaseException as error:
        failures.append(error)

for number in range(20):
    pair = [threading.Thread(target=load, args=(f"{side}{number}",)) for side in ("left", "right")]
    for thread in pair: thread.start()
    for thread in pair: thread.join()
    for side in ("left", "right"): load(f"{side}{number}")
assert not failures, failures
print(len([name for name in sys.modules if name.startswith(("left", "right"))]))
"""


def test_threads_that_import_each_others_modules_do_not_lock_up(folder, python):
    """Python itself gives up on some of these pairs, and says so; what must not happen is an endless wait."""
    for number in range(20):
        for side, other in (("left", "right"), ("right", "left")):
            text = f"import {other}{number}, unmarked{number}, json.decoder\nx = 1\n"
            folder.write(f"{side}{number}.py", text, marked=True)
        folder.write(f"unmarked{number}.py", f"import left{number}\n")
    assert python("-c", CROSSING) == "40\n"


def test_the_path_is_restored_exactly(folder):
    original, entries = sys.meta_path, list(sys.meta_path)
    assert not defnhook.is_installed()
    first = defnhook.install()
    second = defnhook.install()
    assert sys.meta_path[1:] == entries
    assert defnhook.is_installed()
    first.uninstall()
    first.uninstall()
    assert defnhook.is_installed()
    second.uninstall()
    assert sys.meta_path is original
    assert sys.meta_path == entries
    with defnhook.install(), defnhook.install(only="pkg"):
        assert sys.meta_path[1:] == entries
    assert sys.meta_path == entries
    defnhook.install()
    outer = defnhook.install()
    with outer:
        defnhook.uninstall()
        defnhook.uninstall()
        assert sys.meta_path == entries
        inner = defnhook.install()
    assert defnhook.is_installed()
    inner.uninstall()
    assert sys.meta_path == entries


def test_a_block_that_raises_is_left_like_any_other(folder):
    entries = list(sys.meta_path)
    with pytest.raises(KeyError), defnhook.install():
        raise KeyError
    assert sys.meta_path == entries


def test_installing_again_goes_to_the_front_and_keeps_the_order_of_others(folder, monkeypatch):
    entries = list(sys.meta_path)
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    with defnhook.install():
        newcomer = Delegating()
        sys.meta_path.insert(0, newcomer)
        with defnhook.install():
            assert type(sys.meta_path[0]).__name__ == "DefnFinder"
            assert sys.meta_path[1:] == [newcomer, *entries]
    assert sys.meta_path == [newcomer, *entries]


def test_only_the_named_packages_are_looked_at(folder):
    for name in ("one", "two", "onetwo"):
        folder.write(f"{name}/__init__.py", "", marked=True)
        folder.write(f"{name}/part.py", "", marked=True)

    def marked(*names):
        folder.forget(*names)
        return [name for name in names if "__defn__" in vars(folder.load(name))]

    names = ("one", "one.part", "two", "two.part", "onetwo")
    with defnhook.install(only="one"):
        assert marked(*names) == ["one", "one.part"]
        folder.forget(*names)
        with defnhook.install(only=["two.part", "onetwo"]):
            assert marked(*names) == ["one", "one.part", "two.part", "onetwo"]
        assert marked(*names) == ["one", "one.part"]
    folder.forget(*names)


def test_an_unknown_way_to_treat_conflicts_is_refused():
    with pytest.raises(ValueError, match="on_conflict='ignore'"):
        defnhook.install(on_conflict="ignore")
    assert not defnhook.is_installed()


def test_marked_modules_that_came_too_early_are_listed(folder):
    folder.write("early.py", "x = 1\n", marked=True)
    folder.write("other.py", "x = 1\n", marked=True)
    folder.write("unmarked.py", "x = 1\n")
    for name in ("early", "other", "unmarked"):
        folder.load(name)
    with pytest.warns(defnhook.DefnWarning, match=r"plain Python: early, other\. Call") as caught:
        handle = defnhook.install()
    assert caught[0].filename == __file__
    folder.forget("other")
    folder.load("other")
    with pytest.warns(defnhook.DefnWarning, match=r"plain Python: early\. Call"):
        defnhook.install().uninstall()
    handle.uninstall()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with defnhook.install(only="elsewhere"):
            folder.forget("early")
        with defnhook.install():
            pass


class Legacy:
    """A finder from before ``find_spec``."""


def test_finders_without_find_spec_and_a_path_that_is_gone(hooked, monkeypatch):
    hooked.write("marked.py", "x = 1\n", marked=True)
    finder = sys.meta_path[0]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "meta_path", [finder, Legacy(), importlib.machinery.PathFinder])
        assert finder.find_spec("marked") is None
        patch.setattr(sys, "meta_path", None)
        assert finder.find_spec("marked") is None
        assert not defnhook.is_installed()
    assert defnhook.is_installed()


def test_the_hook_is_silent_at_shutdown(folder, python):
    folder.write("late.py", "x = 1\n", marked=True)
    late = "class C:\n    def __del__(self):\n        import late\nc = C()\n"
    output = python("-c", "import defnhook; defnhook.install()\n" + late)
    assert "defnhook" not in output.replace("late", "")
