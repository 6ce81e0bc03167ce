"""Graph -> segments, loop nests and buffers: what fuses, what lives where, what NumPy runs."""
