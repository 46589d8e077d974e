"""Reads the lists of jobs: by exact filters, and tab by tab in each tab's own order (sql/job_lists.sql)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from api_service.ops.core.filters import FIRST_ID, LAST_ID, NEVER, WAITING, JobFilter, LastSeen, TabFilter
from api_service.ops.core.searching import pattern
from shared.database import Executor
from shared.database.sql_file import statements
from shared.ids import first_id_at
from shared.jobs.model import Job, Kind, State

SIZE: Final = 50
WINDOW: Final = 2_000
"""Candidates that one page looks through for what no index knows."""
_SQL: Final = statements("api_service.ops.core.sql", "job_lists.sql")
_ORDER: Final = re.compile(r"ORDER BY (.+)\n LIMIT \$5$")


def _page(candidates: str) -> str:
    """The statement of a tab's page: around its candidates, in their order."""
    found = _ORDER.search(candidates)
    if found is None:
        raise ValueError(f"candidates without an order: {candidates}")
    return _SQL["page"].replace("/* candidates */", candidates).replace("/* order */", found[1])


_AT_REST: Final = frozenset({State.SCHEDULED, State.FAILED, State.CANCELLED, State.SKIPPED})
"""States whose jobs are in jobs_at_rest."""
_COMMON: Final = frozenset({Kind.CREATED, Kind.REMINDER})
"""Kinds that every appointment has; the others are in jobs_of_rarer_kinds."""
_NEWEST: Final = {
    name: _SQL["newest"].replace("/* candidates */", text) for name, text in _SQL.items() if name.startswith("newest_")
}
_PAGES: Final = {name: _page(text) for name, text in _SQL.items() if text.endswith("LIMIT $5")}


@dataclass(frozen=True, slots=True)
class Listed:
    """A job in a list, with the time that its list is ordered by and its recipient's address."""

    job: Job
    moment: datetime
    email: str | None


@dataclass(frozen=True, slots=True)
class Newest:
    """`jobs`, the newest first. `searched_to` is set where the search has stopped short, before it had found a page
    full: the next page begins after this id."""

    jobs: Sequence[Job]
    searched_to: UUID | None


@dataclass(frozen=True, slots=True)
class JobPage:
    """`after` is the place where the next page begins; `searched_to` is set where the search has stopped short,
    before it had found a page full."""

    rows: Sequence[Listed]
    after: LastSeen | None
    searched_to: datetime | None


async def newest(executor: Executor, wanted: JobFilter, *, after: UUID | None, limit: int) -> Newest:
    """At most `limit` jobs, the newest first: those that are older than the job `after`."""
    first, last = wanted.ids or (FIRST_ID, LAST_ID)
    if after is not None:
        if after <= first:
            return Newest([], None)
        last = min(last, UUID(int=after.int - 1))
    source, is_exact, values = await _source(executor, wanted)
    window = limit if is_exact else WINDOW
    found = await executor.fetch(
        _NEWEST[source], wanted.state, wanted.kind, pattern(wanted.error), window, limit, first, last, *values
    )
    jobs = [Job.from_row(row) for row in found if row["id"] is not None]
    return Newest(jobs, None if is_exact or len(jobs) == limit else found[0]["edge_id"])


async def _source(executor: Executor, wanted: JobFilter) -> tuple[str, bool, Sequence[Any]]:
    """The candidates' statement, whether each of them matches, and the statement's own values."""
    state, kind = wanted.state, wanted.kind
    if wanted.appointment_id is not None:
        return "newest_of_appointments", False, [[wanted.appointment_id]]
    if wanted.client_id is not None:
        theirs = await executor.fetch(_SQL["appointments_of_client"], wanted.client_id)
        return "newest_of_appointments", False, [[row["id"] for row in theirs]]
    if wanted.error is not None and state is None:
        return "newest_in_trouble", False, []
    if state == State.FAILED and wanted.error is not None:
        return "newest_failed", False, []
    if state in _AT_REST:
        return "newest_at_rest", True, [[kind] if kind else list(Kind)]
    if state in (State.ENQUEUED, State.RETRYING):
        return f"newest_{state}", False, []
    if state == State.PROCESSING:
        return "newest_processing", False, []
    if kind is not None and kind not in _COMMON:
        return "newest_of_a_rarer_kind", state is None, []
    return "newest_of_all", state is None and kind is None, []


async def page(executor: Executor, wanted: TabFilter) -> JobPage:
    """The page of a tab."""
    tab, values = await _candidates(executor, wanted)
    window = WINDOW if wanted.narrows else SIZE + 1
    found = await executor.fetch(
        _PAGES[tab], wanted.kind, wanted.queue, pattern(wanted.error), SIZE + 1, window, *values
    )
    rows = [Listed(Job.from_row(row), row["moment"], row["email"]) for row in found if row["id"] is not None]
    if len(rows) > SIZE:
        last = rows[SIZE - 1]
        return JobPage(rows[:SIZE], LastSeen(last.moment, last.job.id), None)
    if wanted.narrows and found[0]["edge_id"] is not None:
        edge = LastSeen(found[0]["edge_moment"], found[0]["edge_id"])
        return JobPage(rows, edge, edge.moment)
    return JobPage(rows, None, None)


async def _candidates(executor: Executor, wanted: TabFilter) -> tuple[str, Sequence[Any]]:
    """The statement that has the candidates, and its values."""
    newest_id = wanted.after.id if wanted.after else LAST_ID
    if wanted.appointment_id is not None:
        return "of_appointments", (newest_id, [wanted.appointment_id], wanted.state)
    if wanted.client_id:
        theirs = [row["id"] for row in await executor.fetch(_SQL["appointments_of_client"], wanted.client_id)]
        return "of_appointments", (newest_id, theirs, wanted.state)
    if wanted.group:
        return "group", (*_begin(wanted), wanted.since, wanted.until, wanted.group)
    if wanted.state:
        return wanted.state, (*_begin(wanted), wanted.since, wanted.until)
    last = newest_id if wanted.until == NEVER else min(newest_id, first_id_at(wanted.until))
    return "all", (last, first_id_at(wanted.since))


def _begin(wanted: TabFilter) -> tuple[datetime, UUID]:
    """The place where the tab's order begins: after the last row that was seen, or at the end of the period, so that
    no index entry outside of it is read."""
    seen = None if wanted.after is None else (wanted.after.moment, wanted.after.id)
    if wanted.state in WAITING:
        first = (wanted.since, FIRST_ID)
        return max(seen, first) if seen else first
    last = (wanted.until, FIRST_ID)
    return min(seen, last) if seen else last
