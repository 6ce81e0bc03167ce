"""The pytest plugin: marked modules, test modules included, compiled in a test run that asks for it.

``defnhook = true`` in the ini file, or ``--defnhook``, installs the hook before the first conftest is
imported. Where a conftest installs it, the plugin only sees to it that pytest's own finder, which rewrites
assertions, comes second: it is then given the rewritten module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from defnhook.hook import Handle

_HANDLE: pytest.StashKey[Handle] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    text = "compile modules marked '# defn' when they are imported"
    parser.getgroup("defnhook").addoption("--defnhook", action="store_true", default=False, help=text)
    parser.addini("defnhook", text, type="bool", default=False)


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    from defnhook import hook

    asked = early_config.known_args_namespace.defnhook or early_config.getini("defnhook")
    if asked and _HANDLE not in early_config.stash:
        early_config.stash[_HANDLE] = hook.install()
    hook.to_front()


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    from defnhook import hook

    hook.to_front()


def pytest_unconfigure(config: pytest.Config) -> None:
    handle = config.stash.get(_HANDLE, None)
    if handle is not None:
        handle.uninstall()


def pytest_report_header(config: pytest.Config) -> str | None:
    from defnhook import config as settings
    from defnhook import hook

    return f"defnhook: {settings.mode()}" if hook.is_installed() else None
