"""Programs of one element made programs of many: a graph goes in, that of all elements at once comes out, traced on."""
