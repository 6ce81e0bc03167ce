"""The refusals of the language: code, what is refused, why, and what to write instead.

A code keeps its meaning for good. ``{what}`` in a message stands for the words of the source.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PLAIN: Final = "A function whose def line ends in the comment '# defn: off' stays plain Python."


@dataclass(frozen=True)
class Rule:
    """One refusal. An empty way out is filled in where the problem is found."""

    code: str
    name: str
    headline: str
    reason: str
    way_out: str

    def message(self, what: str = "") -> str:
        """The headline and, on a line of its own, the reason."""
        return f"{self.headline.format(what=what)}\n{self.reason}"


_NOT_PART: Final = "{what} is not part of the defn language."
_CALLS: Final = "A defn function is compiled, and this can only run in the Python interpreter."

RULES: Final = (
    Rule(
        "DEFN001",
        "reserved name",
        "'{what}' is a name of defnhook's own.",
        "Names that begin with '__defn' are used in rewritten code.",
        "Choose another name.",
    ),
    Rule(
        "DEFN002",
        "import",
        "'{what}' is not part of the defn language.",
        "Inside a defn function only modules of the language may be imported, since the import runs once, "
        "while the function is traced.",
        "Write the import at the top of the file.",
    ),
    Rule(
        "DEFN003",
        "class",
        "A class inside a defn function is not part of the defn language.",
        "The function is traced once, so every call would share the class made then.",
        "Define the class at the top level of the file and create its instances here.",
    ),
    Rule(
        "DEFN004",
        "global",
        "'global' is not part of the defn language.",
        "A compiled function gives its results by returning them; it does not rebind names of the module.",
        "Return the value and assign it outside the function.",
    ),
    Rule(
        "DEFN005",
        "nonlocal",
        "'nonlocal' is not part of the defn language.",
        "A function inside a defn function is traced as part of it and cannot rebind the names around it.",
        "Return the value from the inner function and assign it in the outer one.",
    ),
    Rule(
        "DEFN006",
        "del",
        "'del' is not part of the defn language.",
        "Which names and elements exist is settled while the function is traced.",
        "Leave the statement out: memory is reused by itself. To drop an element, build the list without it.",
    ),
    Rule(
        "DEFN007",
        "async",
        "'{what}' is not part of the defn language.",
        "Compiled code runs from beginning to end without waiting.",
        "Await outside this function and pass the result in as an argument.",
    ),
    Rule(
        "DEFN008",
        "yield",
        "'yield' is not part of the defn language.",
        "Compiled code runs from beginning to end and gives its results all at once.",
        "Return an array, a tuple or a list.",
    ),
    Rule(
        "DEFN009",
        "generator expression",
        "A generator expression is not part of the defn language here.",
        "Only sum, tuple, list, set, frozenset, dict, any, all, min, max, sorted and str.join take one; "
        "elsewhere nothing says how many values it gives and when they are taken.",
        "Write a list comprehension: [... for ... in ...].",
    ),
    Rule(
        "DEFN010",
        "starred argument",
        "'*' before a value without order is not part of the defn language.",
        "The arguments of a call are counted and ordered while the function is traced.",
        "Put the values in a tuple or a list.",
    ),
    Rule(
        "DEFN011",
        "with",
        "'with' is not part of the defn language, but for np.errstate.",
        "A defn function is traced once, so entering and leaving would not happen at every call.",
        "Move the with around the call, outside this module.",
    ),
    Rule(
        "DEFN012",
        "try",
        "'try' is not part of the defn language.",
        "A defn function is traced once and has no run-time exceptions to catch.",
        "Test the condition with np.where or an if on the arguments, or move the try around the call, "
        "outside this module.",
    ),
    Rule(
        "DEFN013",
        "comprehension target",
        "A comprehension that stores to '{what}' is not part of the defn language.",
        "The for of a comprehension binds names of its own.",
        "Write a for loop, or a plain name here.",
    ),
    Rule(
        "DEFN014",
        "syntax",
        "'{what}' is not part of the defn language.",
        "It has no meaning in compiled code.",
        "Write it with the statements and operators of the language, or move it outside this function.",
    ),
    Rule(
        "DEFN015",
        "bare raise",
        "'raise' without an exception is not part of the defn language.",
        "It raises the exception that is being handled, and compiled code handles none.",
        "Name the exception: raise ValueError(...).",
    ),
    Rule("DEFN020", "host function", _NOT_PART, _CALLS, ""),
    Rule("DEFN021", "unknown name", _NOT_PART, "The table of operations has no such name.", ""),
    Rule("DEFN022", "host module", _NOT_PART, _CALLS, ""),
    Rule("DEFN023", "builtin", _NOT_PART, _CALLS, ""),
    Rule(
        "DEFN024",
        "host method",
        "The method '.{what}()' is not part of the defn language.",
        "It turns values of compiled code into Python objects, or reaches behind them.",
        "",
    ),
    Rule(
        "DEFN025",
        "introspection",
        "The attribute '{what}' is not part of the defn language.",
        "It reaches the insides of Python objects, which compiled code does not have.",
        "Name the value itself.",
    ),
    Rule(
        "DEFN030",
        "not Python",
        "{what}",
        "Python cannot read this file.",
        "Correct the file.",
    ),
    Rule(
        "DEFN031",
        "marker",
        "{what}",
        "A file is marked by a comment line of its own, before the first statement.",
        "Write '# defn' alone on a line at the top of the file.",
    ),
    Rule(
        "DEFN032",
        "source",
        "The source of '{what}' cannot be told apart in the file.",
        "The function is rewritten from its source text, which is found by name and line.",
        "Write the function with def, on lines of its own, in a file or a notebook cell.",
    ),
)

BY_CODE: Final = {rule.code: rule for rule in RULES}
