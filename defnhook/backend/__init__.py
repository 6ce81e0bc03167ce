"""Source -> native callable (:mod:`~defnhook.backend.numba`); graph -> NumPy (:mod:`~defnhook.backend.eager`)."""
