"""Hands planned reminders back: cancels them here, and writes them into a file for the other system."""

import csv
import io
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from shared.database import Database
from shared.database.sql_file import statements

BATCH: Final = 500
COLUMNS: Final = (
    *("id", "imported", "jobId", "dueAt", "dueAtUnix", "doctorId", "appointmentDate", "appointmentTime", "timezone"),
    *("minutes", "clientId", "clientEmail", "clientName", "clientPhone", "clientLocale"),
)
"""`id`: the id in the other system, or ours for an appointment that was booked here (`imported` no)."""
_SQL: Final = statements("api_service.importing.sql", "handing_back.sql")
_BEFORE_ALL: Final = UUID(int=0)


@dataclass(frozen=True, slots=True)
class HandedBack:
    """`cancelled`: reminders that this run has cancelled here. `listed`: in the file, those of earlier runs included.
    `unwanted`: not in the file, since their clients want no reminders. `staying`: told here, since a worker or a retry
    queue has them."""

    cancelled: int
    listed: int
    unwanted: int
    staying: int
    text: str


async def countable(database: Database, begins: datetime) -> tuple[int, int]:
    """How many reminders would be handed back, and how many would stay."""
    row = await database.fetchrow(_SQL["countable"], begins)
    return (0, 0) if row is None else (row["leaving"], row["staying"])


async def hand_back(database: Database, begins: datetime, told: Callable[[int], None] = lambda _: None) -> HandedBack:
    """Cancels every reminder that is due from `begins` on and that nobody is telling now, in batches. The result's text
    is the file (CSV).

    It may be run again after an interruption: the file has every reminder that was ever handed back and is not due
    yet, so none is lost between a commit and the writing of the file.
    """
    cancelled, moved = 0, BATCH
    while moved == BATCH:
        moved = len(await database.fetch(_SQL["hand_back"], begins, BATCH))
        cancelled += moved
        told(moved)
    _, staying = await countable(database, begins)
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    listed = unwanted = 0
    async for row in _rows(database):
        if row["email_reminders"]:
            writer.writerow(_values(row))
            listed += 1
        else:
            unwanted += 1
    return HandedBack(cancelled, listed, unwanted, staying, file.getvalue())


async def _rows(database: Database) -> AsyncIterator[Any]:
    last = _BEFORE_ALL
    while rows := await database.fetch(_SQL["list"], last, BATCH):
        for row in rows:
            yield row
        last = rows[-1]["job_id"]


def _values(row: Any) -> tuple[object, ...]:
    minutes = round((row["ends_at"] - row["starts_at"]).total_seconds() / 60)
    place = (row["doctor_id"], row["local_date"], row["local_time"].isoformat("minutes"), row["timezone"], minutes)
    person = (row["client_id"], row["email"], row["name"], row["phone"], row["locale"])
    return (
        row["foreign_id"] or row["appointment_id"],
        "no" if row["foreign_id"] is None else "yes",
        row["job_id"],
        row["due_at"].isoformat().replace("+00:00", "Z"),
        int(row["due_at"].timestamp()),
        *place,
        *person,
    )
