"""Prints one line for each step of a start that has ended, with the seconds that it took."""

import time
from collections.abc import Awaitable, Callable

Tell = Callable[[str], None]
"""Takes one line."""


def printed(line: str) -> None:
    print(line, flush=True)


def silent(line: str) -> None:
    """For tests, and for whoever wants no progress."""


async def timed(name: str, work: Awaitable[None], tell: Tell) -> None:
    """Awaits the work, then tells that it is ready. A failure is told by the exception alone."""
    began = time.perf_counter()
    await work
    tell(f"{name:<24} ready after {time.perf_counter() - began:4.1f} s")
