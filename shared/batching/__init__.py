"""Gathers the work of many callers into few statements, and finds the single item that makes a statement fail."""
