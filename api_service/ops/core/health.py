"""Gathers the signs of whether mail is going out, and judges them (sql/health.sql)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from time import monotonic
from typing import Final

from api_service.ops.core import queues, stats, throughput
from api_service.ops.core.queues import OldestDue
from api_service.ops.core.signs import ParkedFinding, RetriedJobs, Signs
from api_service.ops.core.throughput import LastHour
from api_service.ops.core.verdict import HealthVerdict, judged
from shared.database import Executor
from shared.database.migrations.files import migrations
from shared.database.sql_file import statements
from shared.jobs import pauses, process_heartbeats
from shared.jobs import store as job_store
from shared.jobs.model import Priority
from shared.jobs.process_heartbeats import Process

_SQL: Final = statements("api_service.ops.core.sql", "health.sql")
MAIL_SERVER_WORDS: Final = ("the mail server ", "no TLS ")
"""How our own words of a parked mail's error begin; the server's follow, and may echo an address."""


@dataclass(frozen=True, slots=True)
class Health:
    """The verdict, and what it was made of. `hour` and `oldest`, the oldest due jobs by queue, are None where the
    schema is too old to be read."""

    verdict: HealthVerdict
    signs: Signs
    hour: LastHour | None = None
    oldest: Mapping[Priority, OldestDue] | None = None

    @property
    def processes(self) -> Sequence[Process]:
        return self.signs.processes


async def examine(executor: Executor) -> Health:
    """The health of the whole. Raises DatabaseUnavailable."""
    server = await _server(executor)
    if server.lacks is not None:
        return Health(judged(server), server)
    hour = await throughput.last_hour(executor, now=server.now)
    oldest = await queues.oldest_due(executor)
    signs = Signs(
        now=server.now,
        writable=server.writable,
        processes=await process_heartbeats.known(executor),
        queues=await job_store.known_work_queues(executor),
        paused=sorted(await pauses.in_force(executor)),
        paused_shards=sorted(await pauses.shards_in_force(executor)),
        oldest={queue: each.age for queue, each in oldest.items()},
        parked=await _parked(executor),
        retrying=await _retrying(executor),
        claimed=await _claimed(executor),
        clock_ahead=server.clock_ahead,
        sent_last_hour=hour.sent,
        failed_last_hour=hour.failed,
        last_sent=await stats.last_sent(executor),
    )
    return Health(judged(signs), signs, hour, oldest)


async def _server(executor: Executor) -> Signs:
    """The signs that concern the database itself: its time, its schema, whether it takes writes."""
    asked, began = datetime.now(UTC), monotonic()
    [row] = await executor.fetch(_SQL["server"])
    took = monotonic() - began
    ahead = (asked - row["now"]).total_seconds() + took / 2
    missing = [name for name in _needed() if name not in set(row["applied"])]
    return Signs(
        now=row["now"],
        lacks=missing[-1] if missing else None,
        writable=row["writable"],
        clock_ahead=ahead if abs(ahead) > took / 2 else 0.0,
    )


@cache
def _needed() -> Sequence[str]:
    return [step.name for step in migrations()]


async def _parked(executor: Executor) -> ParkedFinding | None:
    row = await executor.fetchrow(_SQL["parked"])
    if row is None or not row["jobs"]:
        return None
    ours = (row["error"] or "").partition(":")[0]
    return ParkedFinding(
        row["jobs"], row["since"], ours if ours.startswith(MAIL_SERVER_WORDS) else "the mail server is away"
    )


async def _retrying(executor: Executor) -> RetriedJobs:
    rows = await executor.fetch(_SQL["retrying"])
    return RetriedJobs(sum(row["jobs"] for row in rows), rows[0]["cause"] if rows else "")


async def _claimed(executor: Executor) -> float | None:
    """Seconds since any job was claimed; None where that was long ago."""
    row = await executor.fetchrow(_SQL["claimed"])
    return None if row is None else row["ago"]
