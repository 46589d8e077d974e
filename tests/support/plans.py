"""Notes which statements are asked, and says what their plans read."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final
from unittest.mock import patch

from shared.database import Database, Session
from shared.database.writes import is_write

GROWING: Final = frozenset(
    {
        *("jobs", "job_attempts", "appointments", "appointment_acts", "clients", "in_app_notifications"),
        *("dead_letters", "delivery_reports", "operator_actions", "suppressions"),
    }
)
"""Tables that grow with every booking or mail. The others are small, or bounded by time (the roll-up of counts)."""
_READS: Final = ("SELECT", "WITH", "(SELECT")


@dataclass(frozen=True, slots=True)
class Asked:
    """A statement that reads, and its values."""

    statement: str
    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        """Its first line that is no comment."""
        return next(line for line in self.statement.splitlines() if not line.lstrip().startswith("--"))


@dataclass(frozen=True, slots=True)
class Read:
    """What a statement has read of GROWING tables: `rows`, those that were passed over too; the tables that it has read
    from end to end. `buffers` of 8 kB, `milliseconds` of the server: all of it."""

    rows: int
    whole: frozenset[str]
    buffers: int
    milliseconds: float


@contextmanager
def noted() -> Iterator[list[Asked]]:
    """The statements that this process asks within the block, by any pool; those that write are left out, and those of
    background loops."""
    found: list[Asked] = []

    def noting(original: Any) -> Any:
        @wraps(original)
        async def note(self: Any, statement: str, *values: Any) -> Any:
            plain = "\n".join(line for line in statement.splitlines() if not line.lstrip().startswith("--")).lstrip()
            if _is_asked_for() and plain.upper().startswith(_READS) and not is_write(statement):
                found.append(Asked(statement, values))
            return await original(self, statement, *values)

        return note

    with (
        patch.object(Database, "fetch", noting(Database.fetch)),
        patch.object(Database, "fetchrow", noting(Database.fetchrow)),
        patch.object(Session, "fetch", noting(Session.fetch)),
        patch.object(Session, "fetchrow", noting(Session.fetchrow)),
    ):
        yield found


def _is_asked_for() -> bool:
    """Loops have names (shared.process.loops); tasks that answer requests have asyncio's own."""
    task = asyncio.current_task()
    return task is not None and task.get_name().startswith("Task-")


async def read_by(database: Database, asked: Asked) -> Read:
    """Runs it once more, with the same values."""
    [row] = await database.fetch(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {asked.statement}", *asked.values)
    [found] = json.loads(row[0])
    scans = [node for node in _nodes(found["Plan"]) if node.get("Relation Name") in GROWING]
    return Read(
        rows=round(sum(_rows(node) for node in scans)),
        whole=frozenset(node["Relation Name"] for node in scans if node["Node Type"] == "Seq Scan"),
        buffers=found["Plan"]["Shared Hit Blocks"] + found["Plan"]["Shared Read Blocks"],
        milliseconds=found["Execution Time"] + found["Planning Time"],
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for part in plan.get("Plans", ()):
        yield from _nodes(part)


def _rows(node: dict[str, Any]) -> float:
    removed: Sequence[str] = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    each = node["Actual Rows"] + sum(node.get(name, 0) for name in removed)
    return float(each * node["Actual Loops"])
