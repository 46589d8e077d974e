"""Reads what a service has logged: errors and tracebacks that no drill expects are complaints."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from tests.drills.complaints import Complaint, Kind

_CAUSE: Final = "\ncaused by\n"
"""Between an exception and its cause, as shared/process/logs.py writes them."""
_LEVELS: Final = frozenset({"error", "critical"})


def errors_in(logs: Iterable[Path], allowed: Sequence[str] = ()) -> list[Complaint]:
    """One complaint a kind of line, with how often it came; not for lines that contain one of `allowed`."""
    found = Counter(
        what
        for log in logs
        if log.exists()
        for line in log.read_text("utf-8", errors="replace").splitlines()
        if not any(each in line for each in allowed)
        for what in _wrong(line)
    )
    return [Complaint(Kind.LOG, f"{times}x {what}") for what, times in found.most_common()]


def _wrong(line: str) -> Iterator[str]:
    """What is wrong with a line: its level, an exception beside it, or that it is no line of a log at all."""
    try:
        event = json.loads(line)
    except ValueError:
        if line.startswith(("Traceback", "Fatal Python error", "Exception ")):
            yield line
        return
    if isinstance(event, dict) and (event.get("level") in _LEVELS or "exception" in event):
        yield f"{event.get('level')}: {event.get('event')}{_where(event)}"


def _where(event: dict[str, Any]) -> str:
    """Which types its exception and what that came from are: the last line of each."""
    told = str(event.get("exception", "")).strip()
    return f" ({' from '.join(each.splitlines()[-1].strip() for each in told.split(_CAUSE))})" if told else ""
