"""Finds in the notifiers' logs what clients were told after the moment to which the database was restored."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final
from uuid import UUID

import orjson

from shared.database import Database
from shared.errors import PunctualError
from shared.jobs import store as job_store

BATCH: Final = 1000
LISTED: Final = 100
_ENDING: Final = " processed successfully"
_LONGEST_LINE: Final = 1 << 20


class UnreadableLog(PunctualError):
    """A log that cannot be opened, or has no line about a job that was told."""


@dataclass(frozen=True, slots=True)
class ToldLine:
    """A line that says that a job was told. `subject`: such as "appointment reminder email"."""

    job_id: UUID
    appointment_id: str
    subject: str


@dataclass(slots=True)
class ToldBefore:
    """`settled`: jobs that are not told again, by kind. `unknown`: lines about jobs that the database does not have."""

    settled: dict[str, int] = field(default_factory=dict)
    unknown: list[ToldLine] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        yield f"{sum(self.settled.values())} jobs were told before the restore, and are not told again"
        for kind, count in sorted(self.settled.items()):
            yield f"  {kind}: {count}"
        if self.unknown:
            yield f"{len(self.unknown)} tellings are of jobs that are not here: look at their appointments"
            for each in self.unknown[:LISTED]:
                yield f"  {each.subject}, appointment {each.appointment_id}"
        if len(self.unknown) > LISTED:
            yield f"  and {len(self.unknown) - LISTED} more"


def read(logs: Iterable[Path]) -> dict[UUID, ToldLine]:
    """The jobs that were told, by the notifiers' logs (LOG_FORMAT=json). Other lines are skipped.

    Raises UnreadableLog.
    """
    found: dict[UUID, ToldLine] = {}
    for path in logs:
        try:
            with path.open("rb") as file:
                before = len(found)
                found.update((line.job_id, line) for line in map(_told, _lines(file)) if line is not None)
        except (OSError, ValueError) as error:
            raise UnreadableLog(f"{path}: {getattr(error, 'strerror', None) or 'cannot be opened'}") from None
        if len(found) == before:
            raise UnreadableLog(f"{path}: no line of it says that a job was told; is it a notifier's log in JSON?")
    return found


async def settle(
    database: Database, told: dict[UUID, ToldLine], done: Callable[[int], None] = lambda _: None
) -> ToldBefore:
    """scheduled, enqueued, retrying, or processing by a worker that has vanished → skipped, for jobs that were told."""
    result, ids = ToldBefore(), sorted(told)
    for place in range(0, len(ids), BATCH):
        batch = ids[place : place + BATCH]
        for kind in await job_store.settle_told(database, batch):
            result.settled[kind] = result.settled.get(kind, 0) + 1
        result.unknown += [told[each] for each in await job_store.missing(database, batch)]
        done(len(batch))
    return result


def _lines(file: BinaryIO) -> Iterator[bytes]:
    while line := file.readline(_LONGEST_LINE):
        yield line


def _told(line: bytes) -> ToldLine | None:
    if _ENDING.encode() not in line:
        return None
    try:
        said: Any = orjson.loads(line)
        event = said["event"]
        if not event.endswith(_ENDING):
            return None
        return ToldLine(UUID(said["job_id"]), str(UUID(said["appointment_id"])), event.removesuffix(_ENDING))
    except (ValueError, KeyError, TypeError, AttributeError):  # a line of somebody else
        return None
