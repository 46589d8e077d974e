"""Reads the lists of jobs, and finds out what a search means (../sql/lists.sql)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from api_service.ops.core.text import pattern
from api_service.ops.dashboard.listing import (
    FIRST_ID,
    LAST_ID,
    WAITING,
    Cursor,
    Wanted,
)
from shared.database import Executor
from shared.database.sql_file import statements
from shared.ids import first_id_at
from shared.jobs.model import Job
from shared.people.addresses import spellings

SIZE: Final = 50
WINDOW: Final = 5_000
"""Candidates that one page looks through for what no index knows."""
_SQL: Final = statements("api_service.ops.dashboard.sql", "lists.sql")
_ORDER: Final = re.compile(r"ORDER BY (.+)\n LIMIT \$5$")


def _page(candidates: str) -> str:
    """The statement of a tab's page: around its candidates, in their order."""
    found = _ORDER.search(candidates)
    if found is None:
        raise ValueError(f"candidates without an order: {candidates}")
    return _SQL["page"].replace("/* candidates */", candidates).replace("/* order */", found[1])


_PAGES: Final = {name: _page(text) for name, text in _SQL.items() if "LIMIT $5" in text}


@dataclass(frozen=True, slots=True)
class Listed:
    """A job in a list, with the time that its list is ordered by and its recipient's address."""

    job: Job
    moment: datetime
    email: str | None


@dataclass(frozen=True, slots=True)
class JobPage:
    """`after` is the place where the next page begins; `searched_to` is set where the search has stopped short,
    before it had found a page full."""

    rows: Sequence[Listed]
    after: Cursor | None
    searched_to: datetime | None


async def page(executor: Executor, wanted: Wanted, *, now: datetime) -> JobPage:
    """The page that was asked for."""
    tab, values = await _candidates(executor, wanted, now)
    window = WINDOW if wanted.narrows else SIZE + 1
    found = await executor.fetch(
        _PAGES[tab], wanted.kind or None, wanted.queue or None, pattern(wanted.error or None), SIZE + 1, window, *values
    )
    rows = [Listed(Job.from_row(row), row["moment"], row["email"]) for row in found if row["id"] is not None]
    if len(rows) > SIZE:
        last = rows[SIZE - 1]
        return JobPage(rows[:SIZE], Cursor(last.moment, last.job.id), None)
    if wanted.narrows and found[0]["edge_id"] is not None:
        edge = Cursor(found[0]["edge_moment"], found[0]["edge_id"])
        return JobPage(rows, edge, edge.moment)
    return JobPage(rows, None, None)


async def _candidates(executor: Executor, wanted: Wanted, now: datetime) -> tuple[str, Sequence[Any]]:
    """The statement that has the candidates, and its values."""
    since, until = wanted.between(now)
    cursor = wanted.cursor
    if wanted.appointment_id is not None:
        return "of_appointments", (cursor.id if cursor else LAST_ID, [wanted.appointment_id], wanted.state or None)
    if wanted.client:
        theirs = [row["id"] for row in await executor.fetch(_SQL["appointments_of_client"], wanted.client)]
        return "of_appointments", (cursor.id if cursor else LAST_ID, theirs, wanted.state or None)
    if wanted.group or wanted.state:
        values = (*_begin(wanted, since, until), since, until)
        return ("group", (*values, wanted.group)) if wanted.group else (wanted.state, values)
    newest = cursor.id if cursor else LAST_ID
    return "all", (min(newest, first_id_at(until)) if wanted.until else newest, first_id_at(since))


def _begin(wanted: Wanted, since: datetime, until: datetime) -> tuple[datetime, UUID]:
    """Where the tab's order begins: after the cursor, or at the end of the period, so that no index entry outside of
    it is read."""
    cursor = wanted.cursor
    if wanted.state in WAITING:
        first = (since, FIRST_ID)
        return max((cursor.moment, cursor.id), first) if cursor else first
    last = (until, FIRST_ID)
    return min((cursor.moment, cursor.id), last) if cursor else last


async def clients_by_address(executor: Executor, address: str) -> list[str]:
    """The clients that mail to this address goes to."""
    return [row["id"] for row in await executor.fetch(_SQL["clients_by_address"], spellings(address))]


async def is_client(executor: Executor, text: str) -> bool:
    return bool(await executor.fetch(_SQL["known_client"], text))


async def what_is(executor: Executor, some_id: UUID) -> str | None:
    """ "job" or "appointment"; None where there is neither."""
    row = await executor.fetchrow(_SQL["what_is"], some_id)
    return None if row is None else str(row["what"])
