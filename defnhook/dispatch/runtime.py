"""What the import injected into marked modules gives them: the tracer's functions and ``function``."""

from defnhook.dispatch.function import function
from defnhook.trace.runtime import *  # noqa: F403
from defnhook.trace.runtime import __all__ as _traced

__all__ = ["function", *_traced]
