"""Finds jobs that wait for a server that is away, and releases them when it is back."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from shared.database import Executor
from shared.database.rows import mapped
from shared.database.sql_file import statements
from shared.jobs.model import Priority, Ticket
from shared.jobs.process_heartbeats import SILENT

MOST_COMPARED: Final = 10_000
"""Parked mails of which the one with the nearest visit is found; of more, the first due."""
_SQL: Final = statements("shared.jobs.sql", "parking.sql")


@dataclass(frozen=True, slots=True)
class ParkedStanding:
    """`any_parked`: mails wait for a mail server; `answers`: one takes mail, None where no notifier serves and says so;
    `pace`: mails a second that an operator lets go, None without a limit."""

    any_parked: bool
    answers: bool | None
    pace: float | None


async def take_parked(
    executor: Executor, *, but_of: Collection[str], server: str, lease: float, but_at: Collection[str] = ()
) -> Ticket | None:
    """The oldest mail that waits for a mail server, may go to this one, and is for none of these clients. Prefers a
    mail to none of the domains `but_at` (lower case). The caller has it for `lease` seconds."""
    row = await executor.fetchrow(_SQL["take_parked"], list(but_of), lease, server, list(but_at))
    return None if row is None else Ticket.from_row(row)


async def parked_standing(executor: Executor) -> ParkedStanding:
    [row] = await executor.fetch(_SQL["parked_standing"], SILENT)
    return mapped(ParkedStanding, row)


async def release_parked(
    executor: Executor, queue: Priority, *, limit: int, answers: bool, lease: float
) -> list[Ticket]:
    """At most `limit` held mails of a queue, the nearest visit first; while no server `answers`, those that were not
    tried for the longest time. The caller has them for `lease` seconds."""
    rows = await executor.fetch(_SQL["release_parked"], queue, limit, lease, answers, MOST_COMPARED)
    return [Ticket.from_row(row) for row in rows]
