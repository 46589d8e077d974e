"""A channel for tests: it appends a line to a file. Its first attempt always fails for a moment."""
