"""Whatever interleaves, no reminder is claimed for an appointment that had been moved or cancelled before, and none
once it has begun: random waves of moves, cancellations, late deliveries and duplicates against the real database."""

import asyncio
import random
from collections.abc import Awaitable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from api_service.appointments import cancelling
from api_service.appointments.errors import AlreadyBegun, AlreadyCancelled, SlotTaken
from api_service.appointments.moving import MovingDesk
from api_service.appointments.rules import NotBookable
from api_service.appointments.schemas import ChangeRequest
from shared import job_store
from shared.database import Database
from shared.job_store import Verdict
from shared.jobs import Kind, Ticket
from tests.support.factories import a_claim_request, an_appointment

OFFSET = timedelta(hours=1)


class NoDispatch:
    """The relay plays no part here: the test claims by itself."""

    head_start = 5.0
    ready = True

    def offer(self, tickets: object) -> None: ...

    def wake(self) -> None: ...


class World:
    def __init__(self, database: Database, appointment_id: UUID) -> None:
        self.database = database
        self.appointment_id = appointment_id
        self.moves = MovingDesk(database, NoDispatch(), reminder_offsets=[OFFSET.total_seconds()])
        self.tickets: list[Ticket] = []

    async def move(self, minutes: int) -> None:
        starts = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1, minutes=minutes)
        wish = ChangeRequest.model_validate_json(
            f'{{"appointmentDate":"{starts:%Y-%m-%d}","appointmentTime":"{starts:%H:%M:%S}"}}'
        )
        try:
            await self.moves.change(self.appointment_id, "c", wish, if_match=None, request_id="test", traceparent="")
        except (AlreadyCancelled, AlreadyBegun, SlotTaken, NotBookable):
            return

    async def cancel(self) -> None:
        await cancelling.cancel(
            self.database, NoDispatch(), self.appointment_id, "c", request_id="test", traceparent=""
        )

    async def make_due(self) -> None:
        """Time passes for the reminder that is planned now."""
        await self.database.execute(
            "UPDATE jobs SET due_at = now() WHERE appointment_id = $1 AND kind = $2 AND state = 'scheduled'",
            self.appointment_id,
            Kind.REMINDER,
        )

    async def deliver(self, ticket: Ticket) -> Verdict:
        [claim] = await job_store.claim(self.database, [a_claim_request(ticket)], owner="worker", lease=30)
        return claim.verdict

    async def reminders(self) -> list[Ticket]:
        rows = await self.database.fetch(
            "SELECT * FROM jobs WHERE appointment_id = $1 AND kind = $2", self.appointment_id, Kind.REMINDER
        )
        return [Ticket.from_row(row) for row in rows]

    async def stale(self) -> set[UUID]:
        """Reminders that nobody may claim any more, as the committed rows say."""
        rows = await self.database.fetch(
            "SELECT j.id FROM jobs j JOIN appointments a ON a.id = j.appointment_id WHERE a.id = $1 AND j.kind = $2"
            " AND (a.status = 'cancelled' OR a.starts_at <= now() OR j.expires_at <> a.starts_at)",
            self.appointment_id,
            Kind.REMINDER,
        )
        return {row["id"] for row in rows}


@pytest.mark.parametrize("seed", range(40))
async def test_no_reminder_of_what_was_moved_or_cancelled_is_claimed(database: Database, seed: int) -> None:
    chance = random.Random(seed)
    world = World(database, await an_appointment(database, starts_in=timedelta(hours=3)))
    await database.execute("UPDATE appointments SET ends_at = starts_at + interval '30 min'")
    await world.move(30)
    claimed: set[UUID] = set()

    for _ in range(6):
        await world.make_due()
        before = await world.stale()
        known = await world.reminders()
        acts: list[Awaitable[object]] = [world.deliver(ticket) for ticket in known for _ in range(2)]
        acts += [world.move(chance.randrange(120)) for _ in range(chance.randrange(3))]
        if chance.random() < 0.15:
            acts.append(world.cancel())
        chance.shuffle(acts)

        answers = await asyncio.gather(*acts)

        verdicts = [answer for answer in answers if isinstance(answer, Verdict)]
        assert verdicts.count(Verdict.CLAIMED) <= 1
        now_claimed = await claimed_reminders(database)
        assert not (now_claimed - claimed) & before, f"seed {seed}: a reminder of the past was claimed"
        claimed = now_claimed
        assert not await database.fetch("SELECT FROM jobs WHERE state = 'cancelled' AND attempt > 0")


async def claimed_reminders(database: Database) -> set[UUID]:
    rows = await database.fetch("SELECT id FROM jobs WHERE kind = $1 AND attempt > 0", Kind.REMINDER)
    return {row["id"] for row in rows}


async def test_no_reminder_is_claimed_once_the_appointment_has_begun(database: Database) -> None:
    appointment = await an_appointment(database, starts_in=timedelta(seconds=-1))
    now = datetime.now(UTC)
    job = job_store.NewJob(UUID(int=1), Kind.REMINDER, now + timedelta(days=1), now)
    [(ticket, _)] = await job_store.create(database, [job], appointment_id=appointment, client_id="c")
    await database.execute("UPDATE jobs SET due_at = now() - interval '1 hour'")

    [claim] = await job_store.claim(database, [a_claim_request(ticket)], owner="worker", lease=30)

    assert claim.verdict is Verdict.TOO_LATE
    assert not await database.fetch("SELECT FROM in_app_notifications")
