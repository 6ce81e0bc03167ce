"""Settings of Sphinx: ``sphinx-build -W docs docs/_build``."""

from defnhook import __version__

project = "defnhook"
author = "defnhook developers"
copyright = f"2026, {author}"
release = __version__

extensions = ["myst_nb"]
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "defnhook"

# The examples are run by the tests, which compare what they print.
nb_execution_mode = "off"
myst_heading_anchors = 3
suppress_warnings = ["misc.highlighting_failure"]
