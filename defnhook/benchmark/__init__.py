"""``python -m defnhook bench``: a fixed set of functions -> tables and a picture of their times.

``rows`` names the functions, ``candidates`` finds who runs them, ``measuring`` takes the times, ``floors`` says what is
asked of them, ``tables`` and ``pictures`` show them.
"""
