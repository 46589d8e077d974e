"""Says how long jobs of each kind wait and run, from the latest ones (sql/durations.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Self

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.model import Kind

SAMPLE: Final = 2_000
"""Jobs that are looked at, of all kinds together."""
WITHIN: Final = timedelta(hours=24)
_SQL: Final = statements("api_service.ops.core.sql", "durations.sql")


@dataclass(frozen=True, slots=True)
class Percentiles:
    """In seconds: half, 95 % and 99 % of the jobs took no longer."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        return cls(*values)


@dataclass(frozen=True, slots=True)
class Durations:
    """Of the `jobs` of one kind in the sample: how long they waited from their due time until their last attempt began,
    and how long this attempt ran."""

    kind: Kind
    jobs: int
    waited: Percentiles
    ran: Percentiles


async def recent(executor: Executor, *, now: datetime) -> Sequence[Durations]:
    """In the order of the kinds; a kind without a job in the sample is missing."""
    rows = {row["kind"]: row for row in await executor.fetch(_SQL["recent"], now - WITHIN, SAMPLE)}
    return [
        Durations(kind, row["jobs"], Percentiles.of(row["waited"]), Percentiles.of(row["ran"]))
        for kind in Kind
        if (row := rows.get(kind)) is not None
    ]
