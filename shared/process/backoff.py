"""Calculates how long to wait before the next attempt. Pure: randomness comes in as an argument."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)")


def parse_duration(text: str) -> float:
    """Seconds in "200ms", "5s", "2min", "1h", "7d". Raises ValueError.

    >>> parse_duration("2min")
    120.0
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError("must be a duration such as 200ms, 5s, 2min, 1h or 7d")
    return float(match[1]) * _UNITS[match[2]]


def format_duration(seconds: float) -> str:
    """The shortest spelling of a duration in whole numbers.

    >>> format_duration(120.0), format_duration(0.2)
    ('2min', '200ms')
    """
    for unit in ("d", "h", "min", "s"):
        if seconds >= _UNITS[unit] and seconds % _UNITS[unit] == 0:
            return f"{int(seconds // _UNITS[unit])}{unit}"
    return f"{round(seconds * 1000)}ms"


def retry_delay(retries: int, steps: Sequence[float]) -> float | None:
    """Seconds until the next attempt of a job that has used up `retries` of its `steps`; None when no step is left."""
    return steps[retries] if retries < len(steps) else None


def reconnect_delays(jitter: float, *, first: float = 0.1, cap: float = 5.0) -> Iterator[float]:
    """Endless delays in seconds: doubled up to `cap`, then each shortened by up to half.

    `jitter` in [0, 1) keeps instances that lost the same server from returning at the same time.
    """
    delay = first
    while True:
        yield delay * (1 - jitter / 2)
        delay = min(delay * 2, cap)
