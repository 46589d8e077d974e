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
from shared.broker.topology import DEAD, RETRY, work_queue
from shared.database import Database, Executor
from shared.database.sql_file import statements
from shared.jobs import pauses as queue_pauses
from shared.jobs import process_heartbeats
from shared.jobs.model import Priority
from shared.jobs.pauses import Pause
from shared.jobs.process_heartbeats import Process
from shared.process.backoff import parse_duration

log = structlog.get_logger("api_service.ops")

_SQL: Final = statements("api_service.ops.core.sql", "queues.sql")
_BY_NAME: Final[Mapping[str, Priority]] = {
    name: priority for priority in Priority for name in (str(priority), work_queue(priority))
}


@dataclass(frozen=True, slots=True)
class OldestDue:
    """Since when the job that has waited longest in a queue was due, and for how many seconds."""

    since: datetime
    age: float


@dataclass(frozen=True, slots=True)
class QueueStanding:
    """`depth`: messages that wait in the broker, None where nobody can tell just now; `oldest_due` is None when no due
    job waits; `processing`: jobs that are being worked on; `consumers`: notifiers that take messages from it;
    they have `slots` for all queues together."""

    priority: Priority
    pause: Pause | None
    depth: int | None
    oldest_due: OldestDue | None
    processing: int
    consumers: int
    slots: int

    @property
    def name(self) -> str:
        return work_queue(self.priority)

    @property
    def oldest_due_age(self) -> float:
        """Seconds; 0 when no due job waits."""
        return 0.0 if self.oldest_due is None else self.oldest_due.age


def named(name: str) -> Priority | None:
    """The queue of a name such as "high" or "notifications.high"."""
    return _BY_NAME.get(name)


async def pause(database: Database, queue: Priority, by: By) -> bool:
    """Publishing goes on; notifiers stop consuming within a second. False where it was paused already."""
    async with database.transaction() as session:
        changed = await queue_pauses.pause(session, queue, by=by.operator, reason=by.reason)
        if changed:
            await actions.record(session, ActionKind.PAUSE, by, {"queue": work_queue(queue)})
    if changed:
        log.warning("queue paused", queue=queue, operator=by.operator)
    return changed


async def resume(database: Database, queue: Priority, by: By) -> bool:
    """False where it was not paused."""
    async with database.transaction() as session:
        changed = await queue_pauses.resume(session, queue)
        if changed:
            await actions.record(session, ActionKind.RESUME, by, {"queue": work_queue(queue)})
    if changed:
        log.warning("queue resumed", queue=queue, operator=by.operator)
    return changed


async def standings(database: Database, broker: BrokerView) -> list[QueueStanding]:
    """Every work queue."""
    depths, pauses = await asyncio.gather(broker.depths(), queue_pauses.in_force(database))
    oldest, processing = await asyncio.gather(oldest_due(database), _processing(database))
    processes = await process_heartbeats.known(database)
    return [_standing(priority, pauses.get(priority), depths, oldest, processing, processes) for priority in Priority]


def _standing(
    priority: Priority,
    pause: Pause | None,
    depths: Mapping[str, int | None],
    oldest: Mapping[Priority, OldestDue],
    processing: Mapping[Priority, int],
    processes: Sequence[Process],
) -> QueueStanding:
    name = work_queue(priority)
    consumers = [each for each in processes if name in each.consumes and not each.is_silent]
    return QueueStanding(
        priority,
        pause,
        depths.get(name),
        oldest.get(priority),
        processing.get(priority, 0),
        consumers=len(consumers),
        slots=sum(each.slots for each in consumers),
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


async def standing(database: Database, broker: BrokerView, queue: Priority) -> QueueStanding:
    """One work queue."""
    return {each.priority: each for each in await standings(database, broker)}[queue]


async def oldest_due(executor: Executor) -> Mapping[Priority, OldestDue]:
    """By queue; a queue where no due job waits is missing."""
    rows = await executor.fetch(_SQL["oldest_due"])
    return {Priority(row["priority"]): OldestDue(row["since"], row["age"]) for row in rows}


async def _processing(executor: Executor) -> Mapping[Priority, int]:
    return {Priority(row["priority"]): row["jobs"] for row in await executor.fetch(_SQL["running"])}
