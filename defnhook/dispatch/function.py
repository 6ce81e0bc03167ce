"""Marked functions: the real function object a user holds, and the dispatcher behind it."""

from __future__ import annotations

import ast
import functools
import inspect
import threading
from collections.abc import Callable
from types import CellType, CodeType, FunctionType, TracebackType
from typing import Any, Final, cast

import numpy as np

from defnhook.dispatch.outside import Key, Site, checked_run, describe_guards
from defnhook.dispatch.signature import Foreign, Traced, describe
from defnhook.dispatch.statistics import count, logger
from defnhook.trace.calls import MARK
from defnhook.trace.context import PlainDemand, current, register_twin

MOST_PLANS = 512

Entry = tuple[Any, Any, Any, Any, Any]
NO_ENTRY: Final[Entry] = (None, None, None, None, None)


def _keep(table: dict[Any, Any], key: Any, value: Any) -> None:
    """Enter a value, and drop the oldest where there are too many."""
    while len(table) >= MOST_PLANS:
        table.pop(next(iter(table)))
    table[key] = value


def _entry(key: Any, plan: Callable[..., Any]) -> Entry:
    """What to remember of a call: its key, its plan, and what the array that is its only argument is like."""
    alone = key[0] if len(key) == 1 and type(key[0]) is tuple else NO_ENTRY[2:]
    return (key, plan, *alone)


class NotForPlan(BaseException):
    """A plan cannot take these arguments: they share memory, or may not be written."""


class Dispatcher:
    """Everything behind one marked function.

    Attributes
    ----------
    plain
        The function as it was written.
    twin
        The rewritten function, which takes every parameter by position and is run by the tracer.
    plans
        Plans by the key of the arguments, oldest first, bounded; for calls that read nothing from outside.
    last
        The key and the plan of the last call found by its key, and what an array that is the only argument is like.
    shortcut
        Holds a builtin that makes calls like the last one, and gives None for others; or None.
    sites
        What such calls have read from outside, and their plans, by the key of the arguments.
    static
        Names of Python integers that some trace needed as values.
    """

    compares = True
    __slots__ = (
        "_lock", "bind", "cells", "last", "names", "plain", "plans", "registered", "said", "shortcut", "sites",
        "static", "twin",
    )  # fmt: skip

    def __init__(self, plain: Callable[..., Any], twin: Callable[..., Any]) -> None:
        self.plain = plain
        self.twin = twin
        self.plans: dict[Any, Callable[..., Any]] = {}
        self.sites: dict[Any, Site] = {}
        self.last: list[Entry] = [NO_ENTRY]
        self.shortcut = CellType(None)
        self.static: frozenset[str] = frozenset()
        self.said: dict[str, None] = {}
        self.names = _parameter_names(plain.__code__)
        self.registered = False
        self.cells: dict[str, CellType] = {}
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        return str(self.plain.__name__)

    def key_of(
        self, args: tuple[Any, ...], static: frozenset[str] | None = None
    ) -> tuple[tuple[Any, ...], list[Any]]:
        """The key of a call's arguments, and their values; ``static`` is what a trace took as values."""
        static = self.static if static is None else static
        key: list[Any] = []
        leaves: list[Any] = []
        for path, value in zip(self.names, args, strict=True):
            describe(value, path, key, leaves, static)
        return tuple(key), leaves

    def site(self, key: Key) -> Site:
        """The site of calls with these arguments."""
        with self._lock:
            if key not in self.sites:
                _keep(self.sites, key, Site())
            return self.sites[key]

    def known_plan(self, args: tuple[Any, ...]) -> tuple[Callable[..., Any] | None, list[Any]]:
        """The plan of a call, if there is one, and the values it takes."""
        key, leaves = self.key_of(args)
        plan, site = self.plans.get(key), self.sites.get(key)
        if plan is not None or site is None:
            return plan, leaves
        outside, more = describe_guards(site.guards, self.static)
        plan, latest = site.plans.get(outside, (None, None))
        site.latest = latest
        self.last[0], self.shortcut.cell_contents = NO_ENTRY, None
        return plan, leaves + more

    def call_plain(self, args: tuple[Any, ...]) -> Any:
        """The function as it was written, on arguments in the order of its parameters."""
        return self.spread(self.plain, args)

    def call_twin(self, args: tuple[Any, ...]) -> Any:
        """The rewritten function on traced arguments in the order of its parameters."""
        return self.spread(self.twin, args)

    def spread(self, target: Callable[..., Any], args: tuple[Any, ...]) -> Any:
        """Call with arguments that stand in the order of the parameters."""
        code = self.plain.__code__
        count_ = code.co_argcount
        rest = list(args[count_:])
        positional = list(args[:count_])
        if code.co_flags & inspect.CO_VARARGS:
            positional += rest.pop(0)
        names = code.co_varnames[count_ : count_ + code.co_kwonlyargcount]
        keywords = dict(zip(names, rest, strict=False))
        if code.co_flags & inspect.CO_VARKEYWORDS:
            keywords |= rest[-1]
        return target(*positional, **keywords)

    def slow_call(self, args: tuple[Any, ...]) -> Any:
        """A call for which there is no plan yet, or none at all."""
        from defnhook.dispatch.plan import make_plan

        self.register()
        try:
            plan, leaves = self.known_plan(args)
            if plan is None:
                key, outside, leaves, plan = make_plan(self, args)
                self.remember(key, outside, plan)
        except Traced:
            return self.inline(args)
        except Foreign as reason:
            self.say_plain(str(reason))
            return self.call_plain(args)
        except PlainDemand as reason:
            self._keep_plain(args, str(reason))
            return self.call_plain(args)
        return self._run(plan, leaves, args)

    def _run(self, plan: Callable[..., Any], leaves: list[Any], args: tuple[Any, ...]) -> Any:
        """A plan's result for a call, whose own containers the plain function gets and changes arrive in."""
        changes = getattr(plan, "changes", None)
        try:
            return plan(*leaves) if changes is None else self.changed(plan(*leaves), changes, args)
        except NotForPlan as reason:
            self.say_plain(str(reason))
        return self.call_plain(args)

    def changed(self, outcome: Any, changes: Any, args: tuple[Any, ...]) -> Any:
        """The result of a call, once the caller's containers are what it made of them."""
        from defnhook.dispatch.replaying import replay

        result, contents = outcome
        replay(dict(zip(self.names, args, strict=True)), changes, contents)
        return result

    def _keep_plain(self, args: tuple[Any, ...], reason: str) -> None:
        """Remember that calls like this one run the plain function, where nothing from outside may change that."""
        from defnhook.dispatch.plan import plain_run
        from defnhook.dispatch.signature import Template

        self.say_plain(reason)
        key, _ = self.key_of(args)
        if key not in self.sites:
            template = Template(args, self.names, self.static)
            self.remember(key, (), plain_run(self, template, reason))

    def find(self, key: Key) -> Callable[..., Any]:
        """The plan under a key of arrays and floats, remembered as the last one, or what looks closer."""
        plan = self.plans.get(key)
        if plan is None and key in self.sites:
            plan = self.sites[key].latest
        if plan is None:
            return self.slow_arguments
        following = functools.partial(self.shorten, key, plan) if hasattr(plan, "shortcut") else plan
        self.last[0], self.shortcut.cell_contents = _entry(key, following), None
        return plan

    def shorten(self, key: Key, plan: Any, *args: Any) -> Any:
        """Run a plan, and have the next call like this one take its shortcut, if there is one."""
        self.last[0] = _entry(key, plan)
        self.shortcut.cell_contents = plan.shortcut(key)
        return plan(*args)

    def slow_arguments(self, *args: Any) -> Any:
        """:meth:`slow_call` on arguments one by one."""
        return self.slow_call(args)

    def remember(self, key: Key, outside: Key, plan: Callable[..., Any]) -> None:
        """Keep a plan, and drop the oldest where there are too many."""
        if not outside:
            with self._lock:
                _keep(self.plans, key, plan)
            return
        site = self.site(key)
        guards = list(site.guards)
        latest = checked_run(plan, len(self.names), guards, self.static, self.slow_arguments)
        if describe_guards(guards, self.static)[0] != outside:
            latest = self.slow_arguments
        with self._lock:
            _keep(site.plans, outside, (plan, latest))
            site.latest = latest

    def say_plain(self, reason: str) -> None:
        """Count a call of the plain function, and log each reason once."""
        count("plain_calls")
        if reason not in self.said:
            self.said[reason] = None
            logger.info("%s runs as plain Python: %s", self.name, reason)

    def register(self) -> None:
        """Make the twin known to the tracer, under the name of the original."""
        if self.registered:
            return
        twin, plain = self.twin, self.plain
        code = twin.__code__.replace(co_name=plain.__name__, co_qualname=plain.__qualname__)
        twin.__code__ = code
        self.cells = dict(zip(code.co_freevars, twin.__closure__ or (), strict=True))
        self.bind = self.binder()
        register_twin(code)
        self.registered = True

    def binder(self) -> Callable[..., tuple[Any, ...]]:
        """A function that puts the arguments of a call in the order of the parameters."""
        return cast(Callable[..., tuple[Any, ...]], _rebuilt(self.plain, False, self))

    def inline(self, args: tuple[Any, ...]) -> Any:
        """The function's body traced into the trace in progress."""
        from defnhook.trace.calls import scope

        trace = current()
        if trace is None:
            raise TypeError(f"{self.name}() was called with a value of a trace that has ended")
        with scope(trace, self.cells):
            return self.call_twin(args)


def _parameter_names(code: CodeType) -> tuple[str, ...]:
    """Parameters in the order in which the twin takes them."""
    positional = code.co_varnames[: code.co_argcount]
    keyword = code.co_varnames[code.co_argcount : code.co_argcount + code.co_kwonlyargcount]
    place = code.co_argcount + code.co_kwonlyargcount
    starred: tuple[str, ...] = ()
    if code.co_flags & inspect.CO_VARARGS:
        starred, place = (code.co_varnames[place],), place + 1
    double = (code.co_varnames[place],) if code.co_flags & inspect.CO_VARKEYWORDS else ()
    return (*positional, *starred, *keyword, *double)


# -- the function object


def function(twin: Callable[..., Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Pair a rewritten function with the original; the result replaces the original."""

    def decorate(plain: Callable[..., Any]) -> Callable[..., Any]:
        return cast(Callable[..., Any], make_function(plain, twin))

    return decorate


def make_function(plain: Any, twin: Any, kind: type[Dispatcher] = Dispatcher) -> Any:
    """A function with the signature of ``plain`` that dispatches to native code."""
    dispatcher = kind(plain, twin)
    wrapper = _rebuilt(plain, True, dispatcher)
    functools.update_wrapper(wrapper, plain)
    setattr(wrapper, MARK, dispatcher)
    return wrapper


def _rebuilt(plain: Any, dispatches: bool, dispatcher: Dispatcher) -> Any:
    """A function with the parameters of ``plain`` that dispatches, or gives them back in order."""
    code = _wrapper_code(plain.__code__, dispatches)
    known = {
        "array": np.ndarray,
        "number": float,
        "slow": dispatcher.slow_call,
        "find": dispatcher.find,
        "last": dispatcher.last,
    }
    names = [name.removeprefix("__defn_") for name in code.co_freevars]
    cells = tuple(dispatcher.shortcut if name == "shortcut" else CellType(known[name]) for name in names)
    result = FunctionType(code, plain.__globals__, plain.__name__, plain.__defaults__, cells)
    result.__kwdefaults__ = plain.__kwdefaults__
    return result


def _wrapper_code(plain: CodeType, dispatches: bool) -> CodeType:
    """Code that takes the parameters of ``plain``."""
    flags = plain.co_flags & (inspect.CO_VARARGS | inspect.CO_VARKEYWORDS)
    template = _template(
        plain.co_argcount, plain.co_posonlyargcount, plain.co_kwonlyargcount, flags, dispatches
    )
    count_ = plain.co_argcount + plain.co_kwonlyargcount + bin(flags).count("1")
    return template.replace(
        co_varnames=(*plain.co_varnames[:count_], *template.co_varnames[count_:]),
        co_name=plain.co_name,
        co_qualname=plain.co_qualname,
        co_filename=plain.co_filename,
        co_firstlineno=plain.co_firstlineno,
    )


MOST_FAST = 6
_KEY = (
    "(({0}.dtype, {0}.shape, {0}.strides) if type({0}) is __defn_array "
    "else __defn_number if type({0}) is __defn_number else None)"
)
_FAST = (
    "__defn_key = ({key},); __defn_entry = __defn_last[0]; "
    "return (__defn_entry[1] if __defn_key == __defn_entry[0] else __defn_find(__defn_key))({passed})"
)
_SHORT = """
  if __defn_shortcut is not None:
   __defn_result = __defn_shortcut({passed})
   if __defn_result is not None:
    return __defn_result
  """
_NONE = """
  __defn_entry = __defn_last[0]
  return (__defn_entry[1] if __defn_entry[0] == () else __defn_find(()))()
"""
_ALONE = """
  if type({0}) is __defn_array:
   __defn_key, __defn_plan, __defn_dtype, __defn_shape, __defn_strides = __defn_last[0]
   if {0}.dtype is __defn_dtype and {0}.shape == __defn_shape and {0}.strides == __defn_strides:
    return __defn_plan({0})
  """
_WRAPPER = """def outer(__defn_array, __defn_number, __defn_slow, __defn_find, __defn_last, __defn_shortcut):
 def inner({parameters}): {body}
 return inner
"""


@functools.cache
def _template(count_: int, positional_only: int, keyword_only: int, flags: int, dispatches: bool) -> CodeType:
    """The code of a wrapper by the form of its parameters.

    Arrays and floats make up the key on the spot; anything else makes a key that no plan has.
    """
    names = [f"a{i}" for i in range(count_)]
    parameters = list(names)
    if positional_only:
        parameters.insert(positional_only, "/")
    keywords = [f"k{i}" for i in range(keyword_only)]
    starred = ["rest"] if flags & inspect.CO_VARARGS else []
    if starred:
        parameters.append("*rest")
    elif keywords:
        parameters.append("*")
    double = ["more"] if flags & inspect.CO_VARKEYWORDS else []
    parameters += [*keywords, *(f"**{name}" for name in double)]
    passed = [*names, *starred, *keywords, *double]
    everything = f"({', '.join(passed)}{',' if passed else ''})"
    body = f"return {everything}"
    if dispatches:
        body = f"return __defn_slow({everything})"
        if 0 < len(passed) <= MOST_FAST and not starred and not double:
            key = ", ".join(_KEY.format(name) for name in passed)
            body = _FAST.format(key=key, passed=", ".join(passed))
            if len(passed) == 1:
                body = _ALONE.format(*passed) + body
            body = _SHORT.format(passed=", ".join(passed)) + body.lstrip()
        elif not passed:
            body = _NONE
    text = _WRAPPER.format(parameters=", ".join(parameters), body=body)
    namespace: dict[str, Any] = {}
    exec(compile(_on_one_line(text), "<defnhook>", "exec"), namespace)
    code: CodeType = namespace["outer"](*[None] * 6).__code__
    return code


def _on_one_line(text: str) -> ast.Module:
    """Code all of which stands in its first line: what a wrapper does is the user's `def`, and no line below it."""
    tree = ast.parse(text)
    for part in ast.walk(tree):
        locate(part, (1, 1, 0, 0))
    return tree


def locate(part: ast.AST, place: tuple[int, int, int, int]) -> None:
    """Say where a part of code stands: its lines and its columns, first and last."""
    if "lineno" in part._attributes:
        located = cast(ast.expr, part)
        located.lineno, located.end_lineno, located.col_offset, located.end_col_offset = place


def pruned(error: BaseException) -> TracebackType | None:
    """The traceback of an error without the frames of this package."""
    frames = []
    step = error.__traceback__
    while step is not None:
        if (step.tb_frame.f_globals.get("__name__") or "").partition(".")[0] != "defnhook":
            frames.append(step)
        step = step.tb_next
    result: TracebackType | None = None
    for frame in reversed(frames):
        result = TracebackType(result, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    return result
