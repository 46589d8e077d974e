"""One appointment in trouble: moved, cancelled, its mails refused, requeued, delivered again, their workers lost.

What the client was told is counted beside the code that is under test: a trigger of the tests' own numbers the changes
of the appointment in the order of their commits, and notes which of them made which job.
"""

import asyncio
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from api_service.appointments import cancelling
from api_service.appointments.errors import AlreadyBegun, AlreadyCancelled, SlotTaken
from api_service.appointments.moving import MovingService
from api_service.appointments.schemas import ChangeRequest
from api_service.doctors.slot_rules import NotBookable
from api_service.ops.core import requeueing, resending, selection
from api_service.ops.core.actions import By
from api_service.ops.core.selection import Selection
from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import CLAIMABLE, Kind, Ticket
from shared.jobs.store import Claimed, Finish, Outcome, Verdict
from tests.support.factories import a_claim_request
from tests.support.rows import let_leases_lapse

OFFSET: Final = timedelta(hours=1)
MOODS: Final = (*[Outcome.SUCCEEDED] * 3, *[Outcome.FAILED] * 2, Outcome.RETRYING, Outcome.PARKED, None)
"""How an attempt ends; None: its worker vanishes, perhaps after the mail has gone."""
_WATCHED: Final = """
CREATE TABLE seen_changes (number serial, xact xid8 DEFAULT pg_current_xact_id());
CREATE TABLE seen_jobs (job uuid, xact xid8 DEFAULT pg_current_xact_id());
CREATE FUNCTION see_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO seen_changes DEFAULT VALUES; RETURN NULL; END $$;
CREATE FUNCTION see_job() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN INSERT INTO seen_jobs (job) VALUES (NEW.id); RETURN NULL; END $$;
CREATE TRIGGER see_change AFTER UPDATE ON appointments FOR EACH ROW
    WHEN ((OLD.starts_at, OLD.status) IS DISTINCT FROM (NEW.starts_at, NEW.status)) EXECUTE FUNCTION see_change();
CREATE TRIGGER see_job AFTER INSERT ON jobs FOR EACH ROW EXECUTE FUNCTION see_job();
"""


class NoDispatch:
    """The relay plays no part here: the test claims by itself."""

    head_start = 5.0
    ready = True

    def offer(self, tickets: object) -> None: ...

    def wake(self) -> None: ...


class Changing:
    """`mails`: jobs in the order in which their mails were handed over; `claimed`: jobs that a claim gave out, each
    with the number of the change that the client had been told of before the claim began."""

    def __init__(self, database: Database, appointment_id: UUID, chance: random.Random) -> None:
        self.database = database
        self.appointment_id = appointment_id
        self.chance = chance
        self.moves = MovingService(database, NoDispatch(), reminder_offsets=[OFFSET.total_seconds()])
        self.answered = 0
        self._vanished: set[UUID] = set()
        self.mails: list[UUID] = []
        self.claimed: list[tuple[UUID, int]] = []

    async def watch(self) -> None:
        await self.database.execute(_WATCHED)

    async def move(self, minutes: int) -> None:
        starts = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1, minutes=minutes)
        wish = ChangeRequest.model_validate_json(
            f'{{"appointmentDate":"{starts:%Y-%m-%d}","appointmentTime":"{starts:%H:%M:%S}"}}'
        )
        try:
            await self.moves.change(self.appointment_id, "c", wish, if_match=None, request_id="test", traceparent="")
        except (AlreadyCancelled, AlreadyBegun, SlotTaken, NotBookable):
            return
        await self._told()

    async def cancel(self) -> None:
        await cancelling.cancel(
            self.database, NoDispatch(), self.appointment_id, "c", request_id="test", traceparent=""
        )
        await self._told()

    async def _told(self) -> None:
        [[number]] = await self.database.fetch("SELECT coalesce(max(number), 0) FROM seen_changes")
        self.answered = max(self.answered, number)

    async def requeue(self) -> None:
        """An operator, in bulk."""
        await requeueing.many(
            self.database,
            NoDispatch(),
            Selection(),
            By("operator"),
            before=await selection.now(self.database),
            per_second=1000,
            possibly_sent=True,
        )

    async def resend(self) -> None:
        """An operator, now and then, one of the jobs whatever state it is in."""
        if self.chance.random() < 0.7:
            return
        rows = await self.database.fetch("SELECT id FROM jobs ORDER BY id")
        chosen = self.chance.choice(rows)["id"]
        await resending.resend(self.database, NoDispatch(), chosen, By("operator"))

    async def make_due(self) -> None:
        """Time passes for all that waits."""
        for row in await self.database.fetch("SELECT id FROM jobs WHERE due_at > now()"):
            await self.database.execute("UPDATE jobs SET due_at = now() WHERE id = $1", row["id"])

    async def pass_time(self, most: int) -> None:
        """Up to `most` round trips to the database."""
        for _ in range(self.chance.randrange(most)):
            await self.database.fetch("SELECT 1")

    async def lose_workers(self) -> None:
        """The leases of those that vanished expire. Of nobody else: a worker that outlives its lease may send late,
        which docs/guarantees.md names."""
        for job in list(self._vanished):
            await let_leases_lapse(self.database, job)
        await job_store.recover_expired_leases(self.database, limit=10)

    async def deliver(self, ticket: Ticket, *, well: bool = False) -> Verdict:
        """A message reaches a worker, which hands the mail over, unless the mail server has another mood (`well`: it
        has none), or the worker vanishes first."""
        told = self.answered
        [claim] = await job_store.claim(self.database, [a_claim_request(ticket)], owner="worker", lease=30)
        if not isinstance(claim, Claimed):
            return claim.verdict
        self._vanished.discard(ticket.job_id)
        self.claimed.append((ticket.job_id, told))
        mood = Outcome.SUCCEEDED if well else self.chance.choice(MOODS)
        await self.pass_time(40)  # a slow mail server
        if mood is Outcome.SUCCEEDED or (mood is None and self.chance.random() < 0.5):
            self.mails.append(ticket.job_id)
        if mood is None:
            self._vanished.add(ticket.job_id)
            return claim.verdict
        end = Finish(ticket.job_id, claim.attempt, mood, delay=0.0, error="554 no")
        await job_store.finish(self.database, [end], owner="worker")
        return claim.verdict

    async def tickets(self) -> tuple[list[Ticket], list[Ticket]]:
        """The messages of what waits; and those of earlier lives and of what has ended, which a broker may have."""
        rows = await self.database.fetch("SELECT * FROM jobs")
        live = [Ticket.from_row(row) for row in rows if row["state"] in CLAIMABLE]
        old = [
            replace(Ticket.from_row(row), attempt=number)
            for row in rows
            for number in range(max(row["attempt"] - 2, 0), row["attempt"] + (row["state"] not in CLAIMABLE))
        ]
        return live, old

    async def come_to_rest(self) -> None:
        """Operators requeue, workers work, and no mail server refuses: until there is nothing left to do."""
        await self.lose_workers()
        while True:
            await self.requeue()
            await self.make_due()
            live = "SELECT * FROM jobs WHERE state IN ('scheduled', 'enqueued', 'retrying')"
            waiting = [Ticket.from_row(row) for row in await self.database.fetch(live)]
            if not waiting:
                return
            for each in waiting:
                await self.deliver(each, well=True)

    async def editions(self) -> dict[UUID, int]:
        """Which change each job tells of; 0: the booking. A job that sends another one again tells of the same."""
        rows = await self.database.fetch(
            "SELECT job, max(number) AS number FROM seen_jobs LEFT JOIN seen_changes USING (xact) GROUP BY job"
        )
        editions = {row["job"]: row["number"] or 0 for row in rows}
        resent = "SELECT id, resend_of FROM jobs WHERE resend_of IS NOT NULL ORDER BY id"
        for row in await self.database.fetch(resent):
            editions[row["id"]] = editions[row["resend_of"]]
        return editions

    async def newest_edition(self) -> int:
        [[number]] = await self.database.fetch("SELECT coalesce(max(number), 0) FROM seen_changes")
        return int(number)

    async def kinds(self) -> dict[UUID, str]:
        return {row["id"]: row["kind"] for row in await self.database.fetch("SELECT id, kind FROM jobs")}


async def trouble(changing: Changing, *, workers: int = 4, changes: int = 4) -> None:
    """Everybody at once, each at a pace of their own: workers that take whatever message there is, a client who changes
    the appointment and cancels it in the end or not, an operator who requeues what has failed and sends again what
    has ended, and time."""
    chance, over = changing.chance, asyncio.Event()

    async def a_worker() -> None:
        while not over.is_set():
            live, old = await changing.tickets()
            await changing.deliver(chance.choice(live if live and chance.random() < 0.8 else live + old))

    async def the_client() -> None:
        for _ in range(changes):
            await changing.pass_time(60)
            await changing.move(chance.randrange(120))
        if chance.random() < 0.3:
            await changing.cancel()
        over.set()

    async def the_operator() -> None:
        while not over.is_set():
            await changing.pass_time(8)
            await changing.requeue()
            await changing.resend()

    async def the_clock() -> None:
        while not over.is_set():
            await changing.pass_time(8)
            await changing.make_due()
            await changing.lose_workers()

    await asyncio.gather(the_client(), the_operator(), the_clock(), *(a_worker() for _ in range(workers)))


def is_told_by(kind: str) -> bool:
    """Whether a mail of the kind tells of a change, or of the booking: reminders tell nothing new."""
    return kind != Kind.REMINDER
