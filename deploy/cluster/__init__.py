"""Punctual on several machines, run on one: each machine is a network namespace (make cluster, docs/scaling.md)."""
