"""A call of a rewritten function -> Graph."""
