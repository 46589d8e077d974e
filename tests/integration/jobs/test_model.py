"""The state machine as a whole: random commands against the real database, held against FOLLOWING and a model."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from shared import job_store
from shared.database import Database
from shared.job_store import Finish, Outcome, Verdict
from shared.jobs import FINAL, FOLLOWING, State, Ticket
from tests.support.factories import a_claim_request, a_job, the_row

WORKERS = ("one", "two")


class Model:
    """What may be seen of one job, whatever was commanded."""

    def __init__(self, database: Database, ticket: Ticket, chance: random.Random) -> None:
        self.database = database
        self.job_id = ticket.job_id
        self.ticket = ticket
        self.chance = chance
        self.held: list[tuple[str, int]] = []  # (worker, attempt) that were told CLAIMED
        self.successes = 0

    async def claim(self) -> None:
        worker = self.chance.choice(WORKERS)
        attempt = self.chance.choice([self.ticket.attempt, self.chance.randrange(8)])
        row = await the_row(self.database, self.job_id)
        attempt = self.chance.choice([attempt, row["attempt"]])
        request = a_claim_request(self.ticket, attempt=attempt)
        [claim] = await job_store.claim(self.database, [request], owner=worker, lease=30)
        if claim.verdict is Verdict.CLAIMED:
            assert claim.attempt == attempt + 1
            assert (worker, claim.attempt) not in self.held
            self.held.append((worker, claim.attempt or 0))

    async def finish(self) -> None:
        worker, attempt = self.chance.choice([*self.held, ("stranger", 1)])
        outcome = self.chance.choice(list(Outcome))
        end = Finish(self.job_id, attempt, outcome, delay=0.0, error="e", reason="r")
        done = await job_store.finish(self.database, [end], owner=worker)
        if self.job_id in done:
            assert (worker, attempt) in self.held
            self.successes += outcome is Outcome.SUCCEEDED

    async def mark(self) -> None:
        await job_store.mark_enqueued(self.database, [self.ticket])

    async def cancel(self) -> None:
        await job_store.cancel(self.database, [self.job_id], reason="r")

    async def requeue(self) -> None:
        await job_store.requeue(self.database, [self.job_id])

    async def vanish(self) -> None:
        """A worker's lease expires."""
        await self.database.execute(
            "UPDATE jobs SET lease_until = now() - interval '1 s' WHERE id = $1 AND state = 'processing'", self.job_id
        )
        await job_store.recover_expired_leases(self.database, limit=10)

    async def crash(self) -> None:
        row = await the_row(self.database, self.job_id)
        await job_store.recover_crashed(self.database, [(self.job_id, row["attempt"])], error="e")

    async def reconcile(self) -> None:
        await job_store.reconcile(self.database, after=UUID(int=0), limit=100)

    def commands(self) -> list[Callable[[], Awaitable[None]]]:
        often = [self.claim, self.claim, self.finish, self.finish, self.mark]
        return [*often, self.cancel, self.requeue, self.vanish, self.crash, self.reconcile]


def reachable(before: State, after: State, steps: int) -> bool:
    """Whether `steps` transitions or fewer lead from one state to the other."""
    seen = {before}
    for _ in range(steps):
        seen |= {following for state in seen for following in FOLLOWING[state]}
    return after in seen


@pytest.mark.parametrize("seed", range(25))
async def test_only_legal_transitions_happen_whatever_is_commanded_at_once(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    model = Model(database, await a_job(database), chance)
    before = await the_row(database, model.job_id)

    for _ in range(30):
        together = chance.choice([1, 1, 2, 3])
        await asyncio.gather(*(chance.choice(model.commands())() for _ in range(together)))
        after = await the_row(database, model.job_id)
        # a claim and its recovery are two transitions of one command
        assert reachable(State(before["state"]), State(after["state"]), together * 2), f"seed {seed}"
        assert after["attempt"] >= before["attempt"]
        assert (after["lease_owner"] is not None) == (after["state"] == "processing")
        assert (after["finished_at"] is not None) == (State(after["state"]) in FINAL)
        before = after

    assert model.successes <= 1
    assert len(await database.fetch("SELECT FROM in_app_notifications")) <= 1
    attempts = await database.fetch("SELECT attempt FROM job_attempts ORDER BY attempt")
    assert len({row["attempt"] for row in attempts}) == len(attempts)


async def test_pruning_and_requeueing_at_once_leave_a_job_whole_or_gone(database: Database) -> None:
    for _ in range(20):
        ticket = await a_job(database, state="failed")
        await database.execute("UPDATE jobs SET finished_at = now() - interval '1 year' WHERE id = $1", ticket.job_id)
        requeued, pruned = await asyncio.gather(
            job_store.requeue(database, [ticket.job_id]),
            job_store.prune(database, finished=1, failed=1, limit=10),
        )
        rows = await database.fetch("SELECT state FROM jobs WHERE id = $1", ticket.job_id)
        assert [row["state"] for row in rows] == (["scheduled"] if requeued else [])
        assert (ticket.job_id in requeued) != bool(pruned)
