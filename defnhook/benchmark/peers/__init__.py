"""The functions of the benchmark as each peer's own users write them; a function's name is the same in all modules."""
