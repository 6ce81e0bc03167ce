"""What defnhook raises and warns: one base class, one class per situation."""

from __future__ import annotations

from dataclasses import dataclass


class DefnError(Exception):
    """Base of every error that defnhook raises of its own accord."""


@dataclass(frozen=True)
class Problem:
    """One finding in a marked file: where it is, what is wrong, what to write instead.

    Lines count from 1 and columns from 0, as in the syntax tree.
    """

    code: str
    line: int
    column: int
    end_line: int
    end_column: int
    message: str
    way_out: str


class DefnSyntaxError(SyntaxError, DefnError):
    """A marked file holds something that the defn language does not have.

    ``code`` is the code of the first problem, ``problems`` lists all of them.
    """

    code: str = ""
    problems: tuple[Problem, ...] = ()


class DefnMarkerWarning(UserWarning):
    """A comment that looks like the marker ``# defn`` but is not one."""


class DefnInternalError(RuntimeError, DefnError):
    """defnhook itself failed; the file in question is named and was left alone."""


class DefnTypeError(TypeError, DefnError):
    """A value of a kind that the traced program cannot use at this place."""


class DefnValueError(ValueError, DefnError):
    """A value that the traced program cannot use at this place."""


class NoGradientError(DefnTypeError):
    """Something that a function is differentiated through has no derivative."""


class StaticValueError(DefnTypeError):
    """The value is known only when the compiled code runs, but is needed while tracing.

    Raised where a branch, a shape, an axis or a trip count depends on the elements of an array.
    """


class CompilationForbidden(DefnError):
    """A compilation would have happened inside ``with defnhook.no_compile():``."""


class DefnMismatchError(AssertionError, DefnError):
    """``DEFNHOOK=check`` found a call whose native result differs from the plain one."""


class DefnWarning(UserWarning):
    """Something works, but not in the way the user may expect (an unsafe cache folder, for example)."""
