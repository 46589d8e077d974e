"""Gathers what many ask for at once into few statements, and finds the one that is at fault."""
