"""The services with something built in that a drill needs, by entry points of the drills' own: never by a switch in
production code. `python -m tests.drills.entries NAME` runs one."""

import sys


def command(name: str) -> tuple[str, ...]:
    """How a keeper starts the entry of that name."""
    return (sys.executable, "-m", "tests.drills.entries", name)
