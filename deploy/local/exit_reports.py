"""Tells people how a process ended, and shows its last log lines."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

LINES: Final = 6
_READ: Final = 64 * 1024
"""Bytes read from the end of a log: enough for its last lines, even if one has a long traceback."""
_SHOWN: Final = ("timestamp", "level", "event", "exception")


def how(status: int | None, log: Path) -> str:
    """How a process ended: by its exit status (negative: a signal), or by its log when no status is known."""
    if status is not None:
        if status < 0:
            return f"was killed by {signal.Signals(-status).name}"
        return f"ended with status {status}{_MEANING.get(status, '')}"
    last = _last_record(log)
    if str(last.get("event", "")).endswith("stopped") or str(last.get("event", "")).startswith("stopped"):
        status = int(last.get("status", 0))
        return f"was stopped{'' if status == 0 else f', status {status}{_MEANING.get(status, str())}'}"
    if "event" not in last:
        return "ended"
    return "ended without a word, as by SIGKILL or for want of memory"


_MEANING: Final = {
    os.EX_OK: ": it was told to stop",
    os.EX_UNAVAILABLE: ": a server or a port is not available",
    os.EX_SOFTWARE: ": a fault of ours",
    os.EX_CONFIG: ": its settings are not usable",
}


def last_words(log: Path, lines: int = LINES) -> str:
    """The last lines of a log, indented: one event on a line, JSON made readable."""
    found = [_readable(line) for line in _end(log)[-lines:]]
    return "\n".join(f"    {line}" for line in found) or "    (its log is empty)"


def _end(log: Path) -> list[str]:
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _READ))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []


def _last_record(log: Path) -> dict[str, Any]:
    lines = _end(log)
    return _record(lines[-1]) if lines else {}


def _record(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _readable(line: str) -> str:
    """
    >>> _readable('{"server":"127.0.0.1:1","event":"waiting","level":"warning","timestamp":"2026-11-25T19:01:47.01Z"}')
    '19:01:47 warning  waiting  server=127.0.0.1:1'
    """
    record = _record(line)
    if "event" not in record:
        return line
    return "  ".join(_words(record))


def _words(record: dict[str, Any]) -> Iterator[str]:
    yield f"{str(record.get('timestamp', ''))[11:19]} {record.get('level', '')}".strip()
    yield str(record["event"])
    yield from (f"{name}={value}" for name, value in record.items() if name not in _SHOWN)
    if "exception" in record:  # the type of the error, and the place where it was raised
        *_, where, kind = ["", *str(record["exception"]).splitlines()]
        yield f"{kind} {where.strip()}".strip()
