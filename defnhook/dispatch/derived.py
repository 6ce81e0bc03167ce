"""Functions made of marked functions: how they are called, shown and pickled."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NoReturn

from defnhook.dispatch.function import Dispatcher, make_function
from defnhook.errors import DefnTypeError
from defnhook.trace.calls import MARK
from defnhook.trace.context import current

DERIVED = "__defn_derived__"


class Derivation(Dispatcher):
    """What is behind a function made of another one: there is nothing that could run it as plain Python."""

    __slots__ = ("title",)
    title: str
    compares = False

    @property
    def name(self) -> str:
        """What to call it in messages."""
        return self.title

    def call_plain(self, args: tuple[Any, ...]) -> NoReturn:
        """Refuse a call that only plain Python could run."""
        reason = next(reversed(self.said), "its arguments are not part of the language")
        raise DefnTypeError(
            f"{self.name}() has to be compiled, and this call cannot be: {reason}. Write that otherwise, or compute it "
            "outside and pass it in as an argument"
        )

    def say_plain(self, reason: str) -> None:
        """Remember why a call cannot be compiled."""
        self.said.pop(reason, None)
        self.said[reason] = None

    def register(self) -> None:
        """Nothing of it is the user's own code."""
        if not self.registered:
            self.bind = self.binder()
            self.registered = True


class Derived:
    """A function made of a marked one: it has its signature, and pickles by reference to it."""

    def __init__(self, function: Any, made_by: Callable[..., Any], options: dict[str, Any], run: Any) -> None:
        functools.update_wrapper(self, function, updated=())
        self.__name__ = f"{made_by.__name__}({getattr(function, '__name__', 'function')})"
        self.__qualname__ = self.__name__
        self._made_by = made_by
        self._of = function
        self._options = options
        self._run = run
        setattr(self, MARK, getattr(run, MARK))

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        return self._run(*args, **keywords)

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (self._made_by, self._of, self._options)

    def __repr__(self) -> str:
        return f"<{self.__name__}>"


def _remade(made_by: Callable[..., Any], function: Any, options: dict[str, Any]) -> Any:
    return made_by(function, **options)


def derive(
    function: Any,
    made_by: Callable[..., Any],
    options: dict[str, Any],
    rule: Callable[..., Any],
    like: Callable[..., Any] | None = None,
) -> Any:
    """The function that calls ``rule(function, args, keywords)`` while it is traced; one for the same options."""
    if current() is not None and not hasattr(function, MARK):
        return traced_only(lambda *args, **keywords: rule(function, args, keywords))
    if not hasattr(function, MARK):
        return _refused(function, made_by)
    known = vars(function).setdefault(DERIVED, {})
    key = (made_by, *map(_fixed, options.values()))
    if key not in known:
        plain = like or _plain_of(function)
        run = make_function(plain, lambda *args, **keywords: rule(function, args, keywords), Derivation)
        known[key] = Derived(function, made_by, options, run)
        getattr(run, MARK).title = known[key].__name__
    return known[key]


def _fixed(option: Any) -> Any:
    """An option as a part of a key."""
    return repr(option) if isinstance(option, tuple | list | dict) else option


def _plain_of(function: Any) -> Any:
    return getattr(function, MARK).plain


def traced_only(function: Callable[..., Any]) -> Any:
    """A function that marked functions may call, to be run while they are traced."""
    from defnhook.dispatch.api import transform

    return transform(function)


def _refused(function: Any, made_by: Callable[..., Any]) -> Callable[..., Any]:
    """What a function that is not marked gives, whose file still runs without the hook: it refuses to be called."""
    if not callable(function):
        raise DefnTypeError(f"{made_by.__name__} takes a function, not {function!r}")
    name = getattr(function, "__qualname__", repr(function))

    def refuse(*args: Any, **keywords: Any) -> NoReturn:
        raise DefnTypeError(
            f"{made_by.__name__} takes a marked function, and {name} is none: write '# defn' into its file and import "
            "that with the hook installed, or decorate it with @defnhook.defn"
        )

    return refuse
