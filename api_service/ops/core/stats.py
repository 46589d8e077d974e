"""Says how things stand: counts, rates, what waits longest, what waits in the broker (sql/stats.sql)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self
from uuid import UUID

from api_service.ops.core.answers import OldestDueJson, RatesJson, StatsJson
from api_service.relay.dispatch import BrokerView
from shared.database import Database, Executor
from shared.database.sql_file import statements
from shared.ids import first_id_at
from shared.jobs import counts as job_counts
from shared.jobs.model import State
from shared.people import zones

_SQL: Final = statements("api_service.ops.core.sql", "stats.sql")


@dataclass(frozen=True, slots=True)
class Rates:
    """Jobs a minute, over the last 1, 5 and 60 minutes."""

    last_minute: float
    last_5_minutes: float
    last_60_minutes: float

    @classmethod
    def from_row(cls, row: Any) -> Self:
        return cls(row["last_minute"], row["last_5_minutes"] / 5, row["last_60_minutes"] / 60)

    def to_json(self) -> RatesJson:
        return {
            "1m": self.last_minute,
            "5m": round(self.last_5_minutes, 3),
            "60m": round(self.last_60_minutes, 3),
        }


@dataclass(frozen=True, slots=True)
class OldestDue:
    """The job that has waited longest since it was due; `age` in seconds."""

    id: UUID
    kind: str
    state: State
    due_at: datetime
    age: float

    def to_json(self) -> OldestDueJson:
        return {"id": self.id, "kind": self.kind, "state": self.state, "dueAt": self.due_at, "ageSeconds": self.age}


@dataclass(frozen=True, slots=True)
class Stats:
    """`jobs` by state and kind; `depths` of the broker's queues, empty where it
    does not say; `delay_backend` None where another process knows it."""

    jobs: dict[str, dict[str, int]]
    rates: Mapping[str, Rates]
    oldest_due: OldestDue | None
    delay_backend: str | None
    depths: dict[str, int | None]

    def to_json(self) -> StatsJson:
        oldest = self.oldest_due
        return {
            "jobs": self.jobs,
            "ratesPerMinute": {name: rates.to_json() for name, rates in self.rates.items()},
            "oldestDueJob": None if oldest is None else oldest.to_json(),
            "oldestDueJobAgeSeconds": 0.0 if oldest is None else oldest.age,
            "delayBackend": self.delay_backend,
            "queues": self.depths or None,
            "tzdata": zones.VERSION,
        }


async def gather(database: Database, broker: BrokerView) -> Stats:
    """All of it. Raises DatabaseUnavailable; a broker that does not answer leaves its part unknown."""
    return Stats(
        jobs=await counts(database),
        rates=await rates(database),
        oldest_due=await oldest_due(database),
        delay_backend=broker.delay_backend,
        depths=dict(await broker.depths()),
    )


async def counts(executor: Executor) -> dict[str, dict[str, int]]:
    """Jobs by state and kind: those that have ended from the notes of what ended, the others by their indexes."""
    found: dict[str, dict[str, int]] = {}
    for row in await executor.fetch(_SQL["counts"]):
        found.setdefault(row["state"], {})[row["kind"]] = row["jobs"]
    for (state, kind), jobs in (await job_counts.standing(executor)).items():
        if jobs:
            found.setdefault(str(state), {})[kind] = jobs
    return found


async def rates(executor: Executor) -> dict[str, Rates]:
    """How fast jobs are created, succeed and fail."""
    now = datetime.now(UTC)
    ids = [first_id_at(now - timedelta(minutes=minutes)) for minutes in (60, 5, 1)]
    rows = {
        "created": await executor.fetchrow(_SQL["created"], *ids),
        "succeeded": await executor.fetchrow(_SQL["succeeded"]),
        "failed": await executor.fetchrow(_SQL["failed"]),
    }
    return {name: Rates.from_row(row) for name, row in rows.items()}


async def oldest_due(executor: Executor) -> OldestDue | None:
    """None when nothing that is due waits."""
    row = await executor.fetchrow(_SQL["oldest_due"])
    return None if row is None else OldestDue(row["id"], row["kind"], State(row["state"]), row["due_at"], row["age"])
