"""Derivatives of traced programs: a graph goes in, the graph of its derivative comes out, to be traced on."""
