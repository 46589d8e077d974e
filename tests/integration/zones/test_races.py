"""Several instances plan anew while people book, move and cancel, and some of the instances die half-way."""

import asyncio
import random
from contextlib import suppress
from typing import Any

import pytest

from api_service.appointments import cancelling
from api_service.appointments.errors import AlreadyCancelled, SlotTaken
from api_service.appointments.moving import MovingService
from api_service.appointments.schemas import ChangeRequest
from api_service.zones import law as laws
from api_service.zones.replanning import ReplanningReport, replan
from shared.database import Database, Occupied
from shared.errors import Contention
from tests.integration.reminders.changing import NoDispatch
from tests.integration.zones.conftest import HOUR, Booked, Clinic
from tests.support.laws import VANCOUVER, Law
from tests.support.shortened import shortened

HALF_HOURS = [f"{minute // 60:02d}:{minute % 60:02d}" for minute in range(6 * 60, 20 * 60, 30)]


class Crowd:
    """People at random, from one seed."""

    def __init__(self, clinic: Clinic, chance: random.Random) -> None:
        self.clinic = clinic
        self.chance = chance
        self.moves = MovingService(clinic.database, NoDispatch(), reminder_offsets=[HOUR.total_seconds()])
        self.touched: set[Booked] = set()
        self.new = 0

    async def book(self) -> None:
        with suppress(Occupied):
            await self.clinic.book(self.chance.choice(HALF_HOURS))
            self.new += 1

    async def move(self, booked: Booked) -> None:
        self.touched.add(booked)
        wish = ChangeRequest.model_validate({"appointmentTime": self.chance.choice(HALF_HOURS)})
        with suppress(SlotTaken, AlreadyCancelled):
            await self.moves.change(booked.id, "c", wish, if_match=None, request_id="test", traceparent="")

    async def cancel(self, booked: Booked) -> None:
        self.touched.add(booked)
        await cancelling.cancel(self.clinic.database, NoDispatch(), booked.id, "c", request_id="test", traceparent="")


async def killed(database: Database, after: float) -> None:
    """An instance that dies half-way."""
    with suppress(TimeoutError, Contention):
        async with asyncio.timeout(after):
            await replan(database)


@pytest.mark.parametrize("seed", shortened(range(12), to=2))
async def test_everything_stands_right_at_the_end_or_is_reported(clinic: Clinic, law: Law, seed: int) -> None:
    chance = random.Random(seed)
    await clinic.database.execute("INSERT INTO doctors (id, name, timezone) VALUES ('1', 'Ada', $1)", VANCOUVER)
    law.becomes({VANCOUVER: chance.choice(["XXX8", "XXX6"])}, "2025b")
    old = [await clinic.book(clock) for clock in HALF_HOURS[:-4]]
    law.becomes({VANCOUVER: "XXX7"}, "2026f")
    crowd = Crowd(clinic, chance)
    acts = [crowd.book() for _ in range(6)]
    acts += [crowd.move(booked) for booked in chance.sample(old, 4)]
    acts += [crowd.cancel(booked) for booked in chance.sample(old, 3)]
    acts += [killed(clinic.database, chance.uniform(0.01, 0.2)) for _ in range(2)]
    chance.shuffle(acts)

    reports = await asyncio.gather(replan(clinic.database), *acts, replan(clinic.database), return_exceptions=True)

    assert [each for each in reports if isinstance(each, BaseException) and not isinstance(each, Contention)] == []
    report = await replan(clinic.database)
    rows = [dict(row) for row in await clinic.database.fetch("SELECT * FROM appointments")]
    assert len(rows) == len(old) + crowd.new
    by_id = {row["id"]: row for row in rows}
    for row in rows:
        await stands_right(clinic, row, report)
    clashing = {clash.booking.id for clash in report.clashes}
    for booked in set(old) - crowd.touched:
        assert by_id[booked.id]["version"] == (1 if booked.id in clashing else 2), "moved more than once"


async def stands_right(clinic: Clinic, row: dict[str, Any], report: ReplanningReport) -> None:
    """An appointment, and the one reminder of it that waits."""
    reminders = await clinic.database.fetch(
        "SELECT due_at, expires_at FROM jobs WHERE appointment_id = $1 AND kind = 'appointment_reminder'"
        " AND state = 'scheduled'",
        row["id"],
    )
    if row["status"] == "cancelled":
        assert reminders == []
        return
    right, _ = laws.instant(row["local_date"], row["local_time"], row["timezone"])
    if row["starts_at"] != right:
        assert row["id"] in {clash.booking.id for clash in report.clashes}
    assert [tuple(each) for each in reminders] == [(right - HOUR, right)]


async def test_of_two_at_once_each_appointment_moves_once(clinic: Clinic, law: Law) -> None:
    old = [await clinic.book(clock) for clock in HALF_HOURS]
    law.becomes({}, "2026f")

    reports = await asyncio.gather(*(replan(clinic.database) for _ in range(3)))

    assert sum(report.moved.get(VANCOUVER, 0) for report in reports) == len(old)
    assert sum(report.reminders for report in reports) == len(old)
    assert {(await clinic.row(booked))["version"] for booked in old} == {2}
    assert {(await clinic.reminder(booked))["attempt"] for booked in old} == {1}
    assert [clash for report in reports for clash in report.clashes] == []
