"""Gives scheduled jobs to a publisher, and notes the broker's confirms."""

from collections.abc import Iterable
from typing import Final

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.model import Ticket
from shared.jobs.store.rows import columns

HELD: Final = 300.0
"""Seconds until the sweep looks at a held mail again. The queries for what is due look so far ahead."""
_SQL: Final = statements("shared.jobs.sql", "publishing.sql")


async def mark_enqueued(executor: Executor, tickets: Iterable[Ticket]) -> int:
    """scheduled → enqueued after the broker's confirm. Returns the number of rows that were still scheduled."""
    pairs = [(ticket.job_id, ticket.attempt) for ticket in tickets]
    return len(await executor.fetch(_SQL["mark_enqueued"], *columns(pairs, 2)))


async def take_due(executor: Executor, *, limit: int, lease: float) -> list[Ticket]:
    """The tickets of at most `limit` scheduled rows whose time has come. Other relays do not get them for `lease`
    seconds. Parked mails are held instead, until they are released (parking.py)."""
    return [Ticket.from_row(row) for row in await executor.fetch(_SQL["take_due"], limit, lease, HELD)]


async def take_ahead(executor: Executor, *, limit: int, horizon: float, lease: float) -> list[tuple[Ticket, float]]:
    """At most `limit` scheduled tickets that are due within `horizon` seconds, each with the seconds left. Other relays
    do not get them for `lease` seconds."""
    rows = await executor.fetch(_SQL["take_ahead"], limit, horizon, lease)
    return [(Ticket.from_row(row), row["seconds_left"]) for row in rows]


async def seconds_until_due(executor: Executor) -> float | None:
    """Seconds until the next scheduled row must be published; negative when it is late, None when there is none."""
    row = await executor.fetchrow(_SQL["seconds_until_due"])
    return None if row is None else row[0]
