"""Arguments -> plan -> result: signatures, plans, the kernel store, threads."""
