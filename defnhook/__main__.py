"""The command line: ``python -m defnhook COMMAND``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the result is the process's exit code."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    parser = argparse.ArgumentParser(
        prog="python -m defnhook", description="Numerical definitions for Python."
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, (summary, _) in COMMANDS.items():
        commands.add_parser(name, help=summary, add_help=False)
    parsed, _ = parser.parse_known_args(arguments[:1])
    if parsed.version:
        from defnhook import __version__

        print(f"defnhook {__version__}")
        return 0
    if parsed.command is None:
        parser.print_help()
        return 2
    return COMMANDS[parsed.command][1](arguments[1:])


def _run(arguments: Sequence[str]) -> int:
    from defnhook.hook.run import main

    return main(arguments)


def _check(arguments: Sequence[str]) -> int:
    from defnhook.syntax import check_paths

    parser = argparse.ArgumentParser(prog="python -m defnhook check")
    parser.add_argument(
        "paths", nargs="+", metavar="PATH", help="a Python file, or a folder to search for them"
    )
    return check_paths(parser.parse_args(arguments).paths)


def _demo(arguments: Sequence[str]) -> int:
    from defnhook.benchmark.demo import main

    return main(arguments)


def _bench(arguments: Sequence[str]) -> int:
    from defnhook.benchmark.command import main

    return main(arguments)


def _names(arguments: Sequence[str]) -> int:
    from defnhook.names import main

    return main(arguments)


COMMANDS: dict[str, tuple[str, Callable[[Sequence[str]], int]]] = {
    "run": ("run a script or a module with marked files compiled", _run),
    "check": ("list what in marked files is not part of the language", _check),
    "names": ("list the names of NumPy and other libraries that are not part of the language", _names),
    "demo": ("show what a marked file becomes", _demo),
    "bench": ("measure a set of functions against NumPy and other libraries", _bench),
}

if __name__ == "__main__":
    sys.exit(main())
