"""The state machine as a whole, against the real database: Hypothesis commands whatever it likes, one command at a time
or several at once, and every answer and every row is held against a model and FOLLOWING."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import CLAIMABLE, FINAL, FOLLOWING, SUPERSEDED, State
from shared.jobs.store import Claimed, Finish, Outcome, Verdict
from tests.support.factories import a_claim_request, a_job, an_appointment
from tests.support.rows import appointments_are_over, let_leases_lapse

T = TypeVar("T")
WORKERS = ("one", "two")
COMMANDS = (
    "claim",
    "finish",
    "mark",
    "cancel",
    "move",
    "move_alone",
    "requeue",
    "vanish",
    "crash",
    "reconcile",
    "take_due",
    "prune",
)
A_YEAR = timedelta(days=365)


class Commands:
    """What anybody may do to one job, each by the statement that production uses. Rows and answers come back."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.held: set[tuple[str, int]] = set()  # (worker, attempt) that were told CLAIMED
        self.moved = False  # the client was told another time
        self.successes = 0

    async def begin(self) -> None:
        self.ticket = await a_job(self.database)
        self.job_id = self.ticket.job_id

    async def row(self) -> dict[str, Any] | None:
        found = await self.database.fetchrow("SELECT * FROM jobs WHERE id = $1", self.job_id)
        return None if found is None else dict(found)

    async def claim(self, worker: str, attempt: int) -> Verdict:
        request = a_claim_request(self.ticket, attempt=attempt)
        moved = self.moved
        [claim] = await job_store.claim(self.database, [request], owner=worker, lease=30)
        if isinstance(claim, Claimed):
            assert claim.attempt == attempt + 1
            assert not moved, "something older was claimed after the client had been told"
            assert (worker, claim.attempt) not in self.held, "an attempt was given out twice"
            self.held.add((worker, claim.attempt))
        return claim.verdict

    async def finish(self, worker: str, attempt: int, outcome: Outcome) -> bool:
        end = Finish(self.job_id, attempt, outcome, delay=0.0, error="e", reason="r")
        done = self.job_id in await job_store.finish(self.database, [end], owner=worker)
        self.successes += done and outcome is Outcome.SUCCEEDED
        return done

    async def mark(self) -> None:
        await job_store.mark_enqueued(self.database, [self.ticket])

    async def cancel(self) -> bool:
        return bool(await job_store.cancel(self.database, [self.job_id], reason="r"))

    async def move(self) -> None:
        """As PATCH does."""
        async with self.database.transaction() as session:
            await session.execute(
                "UPDATE appointments SET local_date = local_date + 1 WHERE id = $1", self.ticket.appointment_id
            )
            await job_store.cancel_of_appointment(session, self.ticket.appointment_id, SUPERSEDED, reason="moved")
        self.moved = True

    async def move_alone(self) -> None:
        """By whoever forgets the jobs: a person with psql, a program of the time before."""
        await self.database.execute(
            "UPDATE appointments SET local_date = local_date + 1 WHERE id = $1", self.ticket.appointment_id
        )
        self.moved = True

    async def requeue(self) -> bool:
        return bool(await job_store.requeue(self.database, [self.job_id]))

    async def vanish(self) -> None:
        """A worker's lease expires."""
        await let_leases_lapse(self.database, self.job_id)
        await job_store.recover_expired_leases(self.database, limit=10)

    async def crash(self, attempt: int) -> None:
        await job_store.recover_crashed(self.database, [(self.job_id, attempt)], error="e")

    async def reconcile(self) -> None:
        await job_store.reconcile(self.database, after=UUID(int=0), limit=1000)

    async def take_due(self) -> None:
        await job_store.take_due(self.database, limit=1000, lease=0.0)

    async def prune(self) -> int:
        """A year passes for what has ended."""
        await self.database.execute(
            "UPDATE jobs SET finished_at = finished_at - $2::interval WHERE id = $1", self.job_id, A_YEAR
        )
        await appointments_are_over(self.database)
        done = await job_store.prune(self.database, finished=86_400, failed=86_400, limit=1000)
        return done.removed


class JobMachine(RuleBasedStateMachine):
    """Runs in a thread of its own; the database belongs to the test's loop."""

    database: Database
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.commands = Commands(self.database)
        self.wait(self.commands.begin())
        self.seen = self.wait(self.commands.row())
        self.steps = 0

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    @property
    def state(self) -> State | None:
        return None if self.seen is None else State(self.seen["state"])

    @property
    def attempt(self) -> int:
        return 0 if self.seen is None else int(self.seen["attempt"])

    @rule(worker=st.sampled_from(WORKERS), behind=st.integers(-1, 2))
    def claim(self, worker: str, behind: int) -> None:
        attempt = max(self.attempt - behind, 0)
        expected = Verdict.UNKNOWN if self.state is None else Verdict.STALE
        if self.state in (State.CANCELLED, State.SKIPPED):
            expected = Verdict.CANCELLED
        elif self.state in CLAIMABLE and attempt == self.attempt:
            expected = Verdict.SUPERSEDED if self.commands.moved else Verdict.CLAIMED
        self.steps = 1
        assert self.wait(self.commands.claim(worker, attempt)) is expected

    @rule(worker=st.sampled_from(WORKERS), behind=st.integers(0, 1), outcome=st.sampled_from(list(Outcome)))
    def finish(self, worker: str, behind: int, outcome: Outcome) -> None:
        attempt = self.attempt - behind
        owner = self.seen and self.seen["lease_owner"]
        expected = self.state is State.PROCESSING and owner == worker and behind == 0
        self.steps = 1
        assert self.wait(self.commands.finish(worker, attempt, outcome)) is expected

    @rule()
    def requeue(self) -> None:
        self.steps = 1
        assert self.wait(self.commands.requeue()) is (self.state is State.FAILED and not self.commands.moved)

    @rule()
    def cancel(self) -> None:
        self.steps = 1
        live = self.state is not None and self.state not in FINAL
        assert self.wait(self.commands.cancel()) is (live or self.state is State.FAILED)

    @rule()
    def move(self) -> None:
        self.steps = 1
        self.wait(self.commands.move())
        row = self.wait(self.commands.row())
        if row is not None and State(row["state"]) not in FINAL:
            assert (row["state"], row["cancel_requested"]) == ("processing", True)
        assert row is None or row["state"] != "failed"

    @rule()
    def prune(self) -> None:
        self.steps = 0
        assert bool(self.wait(self.commands.prune())) is (self.state in FINAL)

    @rule(name=st.sampled_from(["mark", "vanish", "reconcile", "take_due", "move_alone"]))
    def pass_by(self, name: str) -> None:
        self.steps = 1
        self.wait(getattr(self.commands, name)())

    @rule(behind=st.integers(0, 1))
    def crash(self, behind: int) -> None:
        self.steps = 1
        self.wait(self.commands.crash(self.attempt - behind))

    @rule(names=st.lists(st.sampled_from(COMMANDS), min_size=2, max_size=4), worker=st.sampled_from(WORKERS))
    def at_once(self, names: list[str], worker: str) -> None:
        """Whatever interleaves; two claims are of different workers."""
        acts: dict[str, Callable[[int], Awaitable[object]]] = {
            "claim": lambda number: self.commands.claim(WORKERS[number % 2], self.attempt),
            "finish": lambda number: self.commands.finish(worker, self.attempt, list(Outcome)[number]),
            "crash": lambda number: self.commands.crash(self.attempt),
        }

        async def all_of_them() -> None:
            work = (acts.get(name, lambda _, name=name: getattr(self.commands, name)()) for name in names)
            await asyncio.gather(*(act(number) for number, act in enumerate(work)))

        self.steps = len(names)
        self.wait(all_of_them())

    @invariant()
    def only_what_may_follow(self) -> None:
        before, after = self.seen, self.wait(self.commands.row())
        self.seen = after
        if before is None or after is None:
            assert after is None, "what was pruned came back"
            return
        assert reachable(State(before["state"]), State(after["state"]), self.steps)
        assert after["attempt"] >= before["attempt"]
        assert (after["lease_owner"] is not None) == (after["state"] in ("processing", "succeeded"))
        assert (after["lease_until"] is not None) == (after["state"] == "processing")
        assert (after["finished_at"] is not None) == (State(after["state"]) in FINAL)
        assert after["cancel_requested"] or not before["cancel_requested"], "a mark was taken away"
        if after["cancel_requested"]:
            assert after["state"] in ("processing", "succeeded", "cancelled")

    @invariant()
    def told_once_and_succeeded_once(self) -> None:
        about_it = "SELECT FROM in_app_notifications WHERE job_id = $1"
        told = self.wait(self.database.fetch(about_it, self.commands.job_id))
        assert len(told) <= 1
        assert self.commands.successes <= 1


def reachable(before: State, after: State, steps: int) -> bool:
    """Whether `steps` transitions or fewer lead from one state to the other."""
    seen = {before}
    for _ in range(steps):
        seen |= {following for state in seen for following in FOLLOWING[state]}
    return after in seen


async def test_only_legal_transitions_happen_whatever_is_commanded(database: Database, undisturbed: None) -> None:
    bounded = settings(
        max_examples=60,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    bound = type("Bound", (JobMachine,), {"database": database, "loop": asyncio.get_running_loop()})
    await asyncio.to_thread(run_state_machine_as_test, bound, settings=bounded)


async def test_pruning_and_requeueing_at_once_leave_a_job_whole_or_gone(database: Database) -> None:
    for _ in range(20):
        long_ago = await an_appointment(database, starts_in=-A_YEAR)
        ticket = await a_job(database, state="failed", appointment_id=long_ago)
        await database.execute("UPDATE jobs SET finished_at = now() - interval '1 year' WHERE id = $1", ticket.job_id)
        requeued, pruned = await asyncio.gather(
            job_store.requeue(database, [ticket.job_id]),
            job_store.prune(database, finished=1, failed=1, limit=10),
        )
        rows = await database.fetch("SELECT state FROM jobs WHERE id = $1", ticket.job_id)
        assert [row["state"] for row in rows] == (["scheduled"] if requeued else [])
        assert (ticket.job_id in requeued) != bool(pruned.removed)
