"""Finds jobs that wait for a server that is away."""

from collections.abc import Collection
from typing import Final

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.model import Ticket

_SQL: Final = statements("shared.jobs.sql", "parking.sql")


async def take_parked(
    executor: Executor, *, but_of: Collection[str], server: str, lease: float, but_at: Collection[str] = ()
) -> Ticket | None:
    """The oldest mail that waits for a mail server, may go to this one, and is for none of these clients. Prefers a
    mail to none of the domains `but_at` (lower case). The caller has it for `lease` seconds."""
    row = await executor.fetchrow(_SQL["take_parked"], list(but_of), lease, server, list(but_at))
    return None if row is None else Ticket.from_row(row)
