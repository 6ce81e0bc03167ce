"""Benchmarks against NumPy: the same marked functions, compiled and as they were written."""

import defnhook

defnhook.install(only=__name__)
