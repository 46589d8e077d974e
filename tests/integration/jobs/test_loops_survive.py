"""Each background loop that asks the database: a fault of ours in it is counted; one that stays ends the process."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final, cast

import asyncpg
import pytest
from structlog.testing import capture_logs

from api_service.appointments.idempotent_answers import forget_for_ever
from api_service.relay.delay import DelayBackend
from api_service.relay.delay_choice import DelayChoice
from api_service.relay.dispatch import DistantRelay
from api_service.relay.job_gauges import JobGauges
from api_service.relay.lost_jobs import Lifeline
from api_service.relay.lost_reminders import Recovery
from api_service.relay.marking import Marking
from api_service.relay.publishing import TicketPublisher
from api_service.relay.sweep import Sweep
from api_service.relay.work_queues import WorkQueues
from notifier_service.channels.email.recipient_limit import RecipientLimit
from notifier_service.consuming.leases import Leases
from notifier_service.consuming.outcome_writer import OutcomeWriter
from notifier_service.consuming.pauses import Pauses
from notifier_service.consuming.pruner import prune_for_ever
from notifier_service.consuming.queue_progress import Progress
from notifier_service.consuming.retention import Retained, remove_for_ever
from shared.broker import Publisher
from shared.database import Database
from shared.errors import Contention, DatabaseUnavailable, ItemRefused
from shared.ids import new_id
from shared.jobs.model import Kind, Priority, Ticket
from shared.jobs.store import Claimed, Finish, Outcome
from shared.jobs.work_queues import WorkQueue
from shared.process import loops
from shared.process.internal_errors import INTERNAL_ERRORS, LoopName
from shared.process.lifecycle import Stop, TaskGroup
from shared.process.loops import FailureLimits
from tests.support.waiting import eventually

Work = Callable[[Database], Coroutine[Any, Any, None]]


def publisher(database: Database) -> TicketPublisher:
    """One that believes it is connected; nothing is published in these tests."""
    made = TicketPublisher(database)
    made.connect(cast("Publisher", object()))
    return made


def delay(database: Database) -> Coroutine[Any, Any, None]:
    choice = DelayChoice(database, instance="tests", grace=1.0)
    backend = DelayBackend(
        database,
        publisher(database),
        choice,
        Recovery(choice),
        on_due=lambda: None,
        wanted="relay",
        horizon=60,
        max_pending=10,
    )
    return backend.run()


def marking(database: Database) -> Coroutine[Any, Any, None]:
    made = Marking(database)
    made.confirmed([Ticket(new_id(), 0, Kind.CREATED, new_id(), datetime.now(UTC), None, None)], after=0.0)
    return made.run()


def notify(database: Database) -> Coroutine[Any, Any, None]:
    distant = DistantRelay(database)
    distant.wake()
    return distant.run()


def leases(database: Database) -> Coroutine[Any, Any, None]:
    made = Leases(database, owner="tests", length=0.03)
    made._held[new_id()] = 1
    return made.run()


def progress(database: Database) -> Coroutine[Any, Any, None]:
    now = datetime.now(UTC)
    made = Progress(database, worker="tests")
    made.claimed(WorkQueue(Priority.HIGH), Claimed(new_id(), 1, 0, now, now, None, now))
    return made.run()


LOOPS: Final[dict[LoopName, Work]] = {
    "relay-sweep": lambda database: Sweep(database, publisher(database)).run(),
    "relay-delay": delay,
    "relay-lifeline": lambda database: Lifeline(
        database, publisher(database), WorkQueues(database, shards=1), interval=0.01, grace=1.0
    ).run(),
    "relay-job-gauges": lambda database: JobGauges(database, every=0.01).run(),
    "relay-notify": notify,
    "answers-forgetting": forget_for_ever,
    "pruner": lambda database: prune_for_ever(database, finished=1e6, failed=1e6),
    "retention": lambda database: remove_for_ever(database, dict.fromkeys(Retained, 1e6)),
    "pauses": lambda database: Pauses(database).run(),
    "progress": progress,
    "turns": lambda database: RecipientLimit(database, 10).run(),
}
BATCHED: Final[dict[LoopName, Work]] = {"relay-marking": marking, "leases": leases}
"""Of these an item fails alone, whatever it fails by, and the loop goes on."""


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(loops, "LONGEST_PAUSE", 0.02)
    monkeypatch.setattr(loops, "LIMITS", FailureLimits(in_a_row=8, over=0.1))
    monkeypatch.setattr("api_service.relay.lost_jobs.AFTER_OUTAGE", 0.01)
    with capture_logs():  # hundreds of tracebacks
        yield


class Broken:
    """Breaks every statement of a database, each time by the next of these errors."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, errors: list[Exception]) -> None:
        self.met = 0
        self._errors = errors
        self._real = Database._acquire
        monkeypatch.setattr(Database, "_acquire", self._acquire())

    def _acquire(self) -> Callable[[Database], Coroutine[Any, Any, Any]]:
        async def acquire(database: Database) -> Any:
            if self._errors:
                self.met += 1
                raise self._errors.pop(0)
            return await self._real(database)

        return acquire


def counted(name: LoopName) -> float:
    return float(INTERNAL_ERRORS.labels(name)._value.get())


@pytest.mark.parametrize("name", [*LOOPS, *BATCHED])
async def test_a_loop_goes_on_after_everything_that_a_statement_can_raise(
    name: LoopName, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = asyncpg.InterfaceError("the server expects 2 arguments for this query, 1 was passed")
    passing = [DatabaseUnavailable("away"), ItemRefused("this one"), *(Contention("again") for _ in range(6))]
    broken = Broken(monkeypatch, [ours, *passing])
    before, stop = counted(name), Stop()
    tasks = TaskGroup(stop.fail)
    task = tasks.start(name, (LOOPS | BATCHED)[name](database))
    await eventually(lambda: broken.met >= (1 if name in BATCHED else 4))
    await eventually(lambda: counted(name) - before == 1)
    assert not task.done()
    await tasks.stop()
    assert stop.status == 0


@pytest.mark.parametrize("name", LOOPS)
async def test_a_fault_of_ours_that_stays_ends_the_process_soon_and_by_its_own_status(
    name: LoopName, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    Broken(monkeypatch, [KeyError("ours") for _ in range(10_000)])
    stop = Stop()
    tasks = TaskGroup(stop.fail)
    tasks.start(name, LOOPS[name](database))
    async with asyncio.timeout(60):
        await stop.wait()
    assert stop.status == 70
    await tasks.stop()


async def test_an_outcome_is_kept_whatever_its_commit_is_answered(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the only thing that knows what became of the mail."""
    errors = [
        KeyError("ours"),
        DatabaseUnavailable("away"),
        ItemRefused("it"),
        *(Contention("again") for _ in range(9)),
    ]
    broken = Broken(monkeypatch, errors)
    ledger = OutcomeWriter(database, owner="tests", refused_pause=0.01)
    running = asyncio.create_task(ledger.run())
    async with asyncio.timeout(60):
        # nobody holds that lease, so it is discarded: but it was asked
        assert await ledger.finish(Finish(new_id(), 1, Outcome.FAILED, error="words")) is None
    assert broken.met == 12
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running
