"""Counts jobs without scanning history: the jobs in each state, and the jobs that ended in each minute or hour."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from shared.database import Executor
from shared.database.rows import mapped
from shared.database.sql_file import statements
from shared.jobs.model import Kind, State

Unit = Literal["minute", "hour"]
"""Seconds that the counts are kept: minutes two days, hours 400 days."""
_SQL: Final = statements("shared.jobs.sql", "counts.sql")


@dataclass(frozen=True, slots=True)
class Bucket:
    """`jobs` of one kind reached a final state in the minute or hour that begins at `begins`."""

    begins: datetime
    kind: Kind
    state: State
    jobs: int


async def throughput(executor: Executor, unit: Unit, *, since: datetime) -> list[Bucket]:
    """The finished jobs since then, oldest first, up to the last commit. Buckets without jobs are missing. A job that
    failed, was requeued and ended again counts each time."""
    rows = await executor.fetch(_SQL["throughput"], unit, since)
    return [Bucket(row["bucket"], Kind(row["kind"]), State(row["state"]), row["jobs"]) for row in rows]


async def by_state(executor: Executor) -> dict[State, int]:
    """The number of jobs in each state now. It counts each index, so do not call it for every request."""
    [live] = await executor.fetch(_SQL["live"])
    counts = dict.fromkeys(State, 0) | {State(name): jobs for name, jobs in live.items()}
    for (state, _), jobs in (await standing(executor)).items():
        counts[state] += jobs
    return counts


async def standing(executor: Executor) -> dict[tuple[State, Kind], int]:
    """The number of jobs in each final state, by kind; cheap."""
    rows = await executor.fetch(_SQL["standing"])
    return {(State(row["state"]), Kind(row["kind"])): row["jobs"] for row in rows}


async def oldest_due_age(executor: Executor) -> float:
    """Seconds since the job that has waited longest was due; 0 when no job waits."""
    row = await executor.fetchrow(_SQL["oldest_due"])
    return max(row["age"] or 0.0, 0.0) if row is not None else 0.0


@dataclass(frozen=True, slots=True)
class Parked:
    """The mails that wait for a mail server: their number, the number of those that wait too long, and since when the
    first one waits."""

    jobs: int
    too_long: int
    since: datetime | None


async def parked(executor: Executor, *, limit: float) -> Parked:
    """`limit`: a mail that waits for more seconds waits too long."""
    [row] = await executor.fetch(_SQL["parked"], limit)
    return mapped(Parked, row)


async def roll_up(executor: Executor, *, limit: int) -> int:
    """Moves at most `limit` notes of finished jobs into the buckets. Returns the number of notes."""
    row = await executor.fetchrow(_SQL["roll_up"], limit)
    return 0 if row is None else int(row["notes"])


async def forget(executor: Executor) -> None:
    """Deletes the buckets that are older than their time."""
    await executor.execute(_SQL["forget"])
