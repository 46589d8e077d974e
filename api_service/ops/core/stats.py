"""Says how things stand: counts, rates, the job that waits longest (sql/stats.sql)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import inf
from typing import Final, Self
from uuid import UUID

from shared.database import Executor
from shared.database.rows import Row
from shared.database.sql_file import statements
from shared.ids import first_id_at
from shared.jobs import counts as job_counts
from shared.jobs.model import Kind, State

MOST: Final = 5_000
"""Live jobs are counted no further for a page; beyond it their index's own estimate is shown, at the price of
nothing."""
_SHORTEST: Final = 1 / 60
"""Minutes that a rate is taken over at least."""
_SQL: Final = statements("api_service.ops.core.sql", "stats.sql")


@dataclass(frozen=True, slots=True)
class Count:
    """How many jobs a state has; `about`: it is an estimate."""

    jobs: int
    about: bool = False


@dataclass(frozen=True, slots=True)
class Trouble:
    """What waits for a person: failed jobs and open dead letters, each counted no further than 1000."""

    failed: int
    letters: int


@dataclass(frozen=True, slots=True)
class Rates:
    """Jobs a minute, over the last 1, 5 and 60 minutes."""

    last_minute: float
    last_5_minutes: float
    last_60_minutes: float

    @classmethod
    def from_row(cls, row: Row, *, now: datetime) -> Self:
        """Where not all jobs of the hour were counted, the rate is that of the time since the first of them."""
        since = row["since"]
        counted = inf if since is None else max((now - since) / timedelta(minutes=1), _SHORTEST)
        return cls(
            row["last_minute"] / min(1, counted),
            row["last_5_minutes"] / min(5, counted),
            row["last_60_minutes"] / min(60, counted),
        )


@dataclass(frozen=True, slots=True)
class OldestDueJob:
    """The job that has waited longest since it was due; `age` in seconds."""

    id: UUID
    kind: str
    state: State
    due_at: datetime
    age: float


@dataclass(frozen=True, slots=True)
class Stats:
    """`jobs` by state and kind; `estimated`: the states of which not all were counted."""

    jobs: dict[str, dict[str, int]]
    estimated: Sequence[str]
    rates: Mapping[str, Rates]
    oldest_due: OldestDueJob | None


async def gather(executor: Executor) -> Stats:
    """All of it. Raises DatabaseUnavailable."""
    jobs, estimated = await counts(executor)
    return Stats(jobs, estimated, await rates(executor), await oldest_due(executor))


async def counts(executor: Executor) -> tuple[dict[str, dict[str, int]], Sequence[str]]:
    """Jobs by state and kind: those that have ended from the notes of what ended, the others by their indexes. And the
    states that are estimated, since they have more than MOST."""
    live: dict[str, dict[str, int]] = {}
    for row in await executor.fetch(_SQL["counts"], list(Kind), MOST):
        live.setdefault(row["state"], {})[row["kind"]] = row["jobs"]
    estimated = []
    for row in await executor.fetch(_SQL["indexed"]):
        state, jobs = row["state"], live.get(row["state"], {})
        if MOST in (jobs.values() if state == State.SCHEDULED else [sum(jobs.values())]):
            estimated.append(state)
            live[state] = raised(jobs, row["jobs"])
    for (ended, kind), jobs_of_kind in (await job_counts.standing(executor)).items():
        if jobs_of_kind:
            live.setdefault(str(ended), {})[str(kind)] = jobs_of_kind
    return live, estimated


def raised(jobs: Mapping[str, int], total: int) -> dict[str, int]:
    """Counts that were cut short, raised to a total: a kind that was counted to its end keeps its number. Where the cut
    was of all kinds together, each has its share.

    >>> raised({"a": 5_000, "b": 7}, 50_007)
    {'a': 50000, 'b': 7}
    >>> raised({"a": 4_000, "b": 1_000}, 20_000)
    {'a': 16000, 'b': 4000}
    """
    cut = {kind: each for kind, each in jobs.items() if each == MOST} or dict(jobs)
    whole = sum(jobs.values()) - sum(cut.values())
    factor = max((total - whole) / sum(cut.values()), 1.0)
    return {kind: round(each * factor) if kind in cut else each for kind, each in jobs.items()}


async def about(executor: Executor) -> Mapping[str, Count]:
    """Jobs by state, cheap enough for every page: what lives is estimated where it is much."""
    found = {str(state): Count(0) for state in State}
    for (state, _), jobs in (await job_counts.standing(executor)).items():
        found[state] = Count(found[state].jobs + jobs)
    for row in await executor.fetch(_SQL["live_counts"], MOST):
        found[row["state"]] = Count(row["about"] or row["jobs"], row["about"] is not None)
    return found


async def trouble(executor: Executor) -> Trouble:
    """How many jobs have failed and how many dead letters are open."""
    [row] = await executor.fetch(_SQL["badges"])
    return Trouble(**row)


async def last_sent(executor: Executor) -> datetime | None:
    """When a mail last went out; None where none is kept."""
    row = await executor.fetchrow(_SQL["last_sent"])
    return None if row is None else row["finished_at"]


async def rates(executor: Executor) -> dict[str, Rates]:
    """How fast jobs are created, succeed and fail: of each, the newest MOST of an hour are counted."""
    now = datetime.now(UTC)
    ids = [first_id_at(now - timedelta(minutes=minutes)) for minutes in (60, 5, 1)]
    [created] = await executor.fetch(_SQL["created"], *ids, MOST)
    [succeeded] = await executor.fetch(_SQL["succeeded"], MOST)
    [failed] = await executor.fetch(_SQL["failed"], MOST)
    rows = {"created": created, "succeeded": succeeded, "failed": failed}
    return {name: Rates.from_row(row, now=now) for name, row in rows.items()}


async def oldest_due(executor: Executor) -> OldestDueJob | None:
    """None when nothing that is due waits."""
    row = await executor.fetchrow(_SQL["oldest_due"])
    return None if row is None else OldestDueJob(row["id"], row["kind"], State(row["state"]), row["due_at"], row["age"])
