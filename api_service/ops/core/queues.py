"""Pauses and resumes the work queues, and says how each stands."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog

from api_service.ops.core import actions
from api_service.ops.core.actions import ActionKind, By
from api_service.relay.dispatch import BrokerView
from shared.broker.topology import DEAD, RETRY
from shared.database import Database, Executor
from shared.database.sql_file import statements
from shared.jobs import pauses as queue_pauses
from shared.jobs import process_heartbeats
from shared.jobs import store as job_store
from shared.jobs.model import Priority
from shared.jobs.pauses import Pause
from shared.jobs.process_heartbeats import Process
from shared.jobs.work_queues import WorkQueue, work_queues
from shared.process.backoff import parse_duration

log = structlog.get_logger("api_service.ops")

_SQL: Final = statements("api_service.ops.core.sql", "queues.sql")


@dataclass(frozen=True, slots=True)
class OldestDue:
    """Since when the job that has waited longest in a queue was due, and for how many seconds."""

    since: datetime
    age: float


@dataclass(frozen=True, slots=True)
class ShardStanding:
    """One of several queues of a priority. `in_use`: messages are published to it; if not, it is of another number of
    shards, and is emptied."""

    queue: WorkQueue
    pause: Pause | None
    depth: int | None
    consumers: int
    in_use: bool


@dataclass(frozen=True, slots=True)
class QueueStanding:
    """All queues of a priority. `depth`: messages that wait in the broker, None where nobody can tell just now;
    `oldest_due` is None when no due job waits; `processing`: jobs that are being worked on; `consumers`: notifiers that
    take messages from it; they have `slots` for all queues together. `shards`: its queues where there are several."""

    priority: Priority
    pause: Pause | None
    depth: int | None
    oldest_due: OldestDue | None
    processing: int
    consumers: int
    slots: int
    shards: Sequence[ShardStanding] = ()

    @property
    def name(self) -> str:
        return WorkQueue(self.priority).name

    @property
    def oldest_due_age(self) -> float:
        """Seconds; 0 when no due job waits."""
        return 0.0 if self.oldest_due is None else self.oldest_due.age


def named(name: str) -> WorkQueue | None:
    """The queue of a name such as "high", "high.3" or "notifications.high"."""
    return WorkQueue.from_key(name)


async def pause(database: Database, queue: WorkQueue, by: By) -> bool:
    """Pauses a shard, or (shard 0) all queues of the priority. Publishing goes on; notifiers stop consuming within a
    second. False where it was paused already."""
    async with database.transaction() as session:
        changed = await queue_pauses.pause(session, queue, by=by.operator, reason=by.reason)
        if changed:
            await actions.record(session, ActionKind.PAUSE, by, {"queue": queue.name})
    if changed:
        log.warning("queue paused", queue=queue.key, operator=by.operator)
    return changed


async def resume(database: Database, queue: WorkQueue, by: By) -> bool:
    """False where it was not paused."""
    async with database.transaction() as session:
        changed = await queue_pauses.resume(session, queue)
        if changed:
            await actions.record(session, ActionKind.RESUME, by, {"queue": queue.name})
    if changed:
        log.warning("queue resumed", queue=queue.key, operator=by.operator)
    return changed


async def standings(database: Database, broker: BrokerView) -> list[QueueStanding]:
    """Every priority, with its queues."""
    depths, pauses = await asyncio.gather(broker.depths(), queue_pauses.in_force(database))
    oldest, processing = await asyncio.gather(oldest_due(database), _processing(database))
    known, shard_pauses = await asyncio.gather(_known(database, broker), queue_pauses.shards_in_force(database))
    processes = [each for each in await process_heartbeats.known(database) if not each.is_silent]
    found = []
    for priority in Priority:
        queues = [queue for queue in known if queue.priority is priority]
        shards = [_shard(queue, shard_pauses, depths, processes, broker.shards) for queue in queues]
        names = {queue.name for queue in queues}
        consumers = [each for each in processes if names & set(each.consumes)]
        waiting = [depths[name] for name in names if name in depths]
        found.append(
            QueueStanding(
                priority,
                pauses.get(priority),
                None if not waiting or None in waiting else sum(depth or 0 for depth in waiting),
                oldest.get(priority),
                processing.get(priority, 0),
                consumers=len(consumers),
                slots=sum(each.slots for each in consumers),
                shards=shards if len(shards) > 1 else (),
            )
        )
    return found


async def _known(database: Database, broker: BrokerView) -> list[WorkQueue]:
    """The queues in use, and those of another number of shards that the broker still has."""
    return sorted({*work_queues(broker.shards), *await job_store.known_work_queues(database)})


def _shard(
    queue: WorkQueue,
    pauses: Mapping[WorkQueue, Pause],
    depths: Mapping[str, int | None],
    processes: Sequence[Process],
    shards: int,
) -> ShardStanding:
    return ShardStanding(
        queue,
        pauses.get(queue),
        depths.get(queue.name),
        sum(queue.name in each.consumes for each in processes),
        in_use=queue in work_queues(shards),
    )


@dataclass(frozen=True, slots=True)
class SideQueue:
    """A queue beside the work queues. `step`: the seconds of the retry step whose messages wait there, None for dead
    letters."""

    name: str
    depth: int | None
    step: float | None


async def side_queues(broker: BrokerView) -> Sequence[SideQueue]:
    """The queues of the retry steps, the shortest first, and that of dead letters; those that the broker knows."""
    depths = await broker.depths()
    steps = {name: parse_duration(name.removeprefix(f"{RETRY}.")) for name in depths if name.startswith(f"{RETRY}.")}
    found = [SideQueue(name, depths[name], step) for name, step in sorted(steps.items(), key=lambda each: each[1])]
    return [*found, SideQueue(DEAD, depths[DEAD], None)] if DEAD in depths else found


async def standing(database: Database, broker: BrokerView, priority: Priority) -> QueueStanding:
    """The queues of one priority."""
    return {each.priority: each for each in await standings(database, broker)}[priority]


async def oldest_due(executor: Executor) -> Mapping[Priority, OldestDue]:
    """By queue; a queue where no due job waits is missing."""
    rows = await executor.fetch(_SQL["oldest_due"])
    return {Priority(row["priority"]): OldestDue(row["since"], row["age"]) for row in rows}


async def _processing(executor: Executor) -> Mapping[Priority, int]:
    return {Priority(row["priority"]): row["jobs"] for row in await executor.fetch(_SQL["running"])}
