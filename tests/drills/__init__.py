"""Fault drills: real processes under load, faults from a printed seed, and both sides counted afterwards."""
