"""A change of law moves what is booked and still ahead: the local time stays, instant and reminders follow."""

from datetime import UTC, datetime, timedelta

import pytest

from api_service.zones import command
from api_service.zones.replanning import replan
from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import Ticket
from shared.jobs.store import Verdict
from shared.people import zones
from tests.integration.zones.conftest import HOUR, SUMMER, WINTER, Booked, Clinic
from tests.support.factories import a_claim_request
from tests.support.laws import UNTIL_2026, VANCOUVER, Law

NEW = "2026f"


async def claimed(database: Database, ticket: Ticket, attempt: int) -> Verdict:
    [claim] = await job_store.claim(database, [a_claim_request(ticket, attempt=attempt)], owner="worker", lease=30)
    return claim.verdict


async def test_local_times_stay_and_instants_and_reminders_move(clinic: Clinic, law: Law) -> None:
    winter, summer = await clinic.book("09:00"), await clinic.book("09:00", SUMMER)
    elsewhere = await clinic.book("09:00", timezone="Europe/Berlin")
    law.becomes({}, NEW)

    report = await replan(clinic.database)

    assert (report.moved, report.reminders, report.needs_a_person) == ({VANCOUVER: 1}, 1, False)
    row, reminder = await clinic.row(winter), await clinic.reminder(winter)
    assert (row["local_date"], f"{row['local_time']:%H:%M}", row["version"]) == (WINTER, "09:00", 2)
    assert row["starts_at"] == winter.starts_at - HOUR == row["starts_at"].replace(hour=16)
    assert row["ends_at"] == row["starts_at"] + timedelta(minutes=30)
    assert (reminder["due_at"], reminder["expires_at"]) == (row["starts_at"] - HOUR, row["starts_at"])
    assert (reminder["publish_after"], reminder["state"]) == (reminder["due_at"], "scheduled")
    for other in (summer, elsewhere):
        assert (await clinic.row(other))["version"] == 1
        assert (await clinic.reminder(other))["attempt"] == 0


async def test_again_is_nothing(clinic: Clinic, law: Law) -> None:
    booked = await clinic.book("09:00")
    law.becomes({}, NEW)
    await replan(clinic.database)
    before = await clinic.row(booked), await clinic.reminder(booked)

    report = await replan(clinic.database)

    assert (report.moved, report.reminders, report.needs_a_person) == ({}, 0, False)
    assert (await clinic.row(booked), await clinic.reminder(booked)) == before


@pytest.mark.parametrize(("before", "after"), [(UNTIL_2026, "XXX7"), ("XXX7", UNTIL_2026)], ids=["earlier", "later"])
async def test_a_full_day_moves_into_its_own_times(clinic: Clinic, law: Law, before: str, after: str) -> None:
    law.becomes({VANCOUVER: before}, "2025b")
    day = [await clinic.book(f"{minute // 60:02d}:{minute % 60:02d}") for minute in range(8 * 60, 18 * 60, 30)]
    law.becomes({VANCOUVER: after}, NEW)

    report = await replan(clinic.database)

    assert (report.moved, report.clashes) == ({VANCOUVER: len(day)}, [])
    by = HOUR if after == UNTIL_2026 else -HOUR
    for booked in day:
        assert (await clinic.row(booked))["starts_at"] == booked.starts_at + by


async def test_two_that_stand_in_each_others_way_both_move(clinic: Clinic, law: Law) -> None:
    """One doctor, two zones whose laws change in opposite ways; the first one that is tried is blocked."""
    law.becomes({VANCOUVER: "XXX8", "Asia/Tokyo": "XXX-9"}, "2025b")
    here = await clinic.book("09:00", minutes=60)  # 17:00 in UTC, to 18:00
    there = await clinic.book("03:00", WINTER + timedelta(days=1), timezone="Asia/Tokyo", minutes=60)  # 18:00, to 16:00
    assert here.starts_at + HOUR == there.starts_at
    law.becomes({VANCOUVER: "XXX9", "Asia/Tokyo": "XXX-11"}, NEW)

    report = await replan(clinic.database)

    assert (report.clashes, sum(report.moved.values())) == ([], 2)
    assert (await clinic.row(here))["starts_at"] == here.starts_at + HOUR
    assert (await clinic.row(there))["starts_at"] == there.starts_at - 2 * HOUR


async def test_two_that_would_have_to_change_places_are_reported(clinic: Clinic, law: Law) -> None:
    law.becomes({VANCOUVER: "XXX8", "Asia/Tokyo": "XXX-9"}, "2025b")
    here = await clinic.book("09:00", minutes=60)
    there = await clinic.book("03:00", WINTER + timedelta(days=1), timezone="Asia/Tokyo", minutes=60)
    law.becomes({VANCOUVER: "XXX9", "Asia/Tokyo": "XXX-10"}, NEW)
    assert {each.booking.id for each in (await replan(clinic.database)).clashes} == {here.id, there.id}


async def test_what_a_broker_holds_of_a_reminder_is_stale(clinic: Clinic, law: Law) -> None:
    law.becomes({VANCOUVER: "XXX8"}, "2025b")
    local = datetime.now(UTC) - timedelta(hours=8) + timedelta(minutes=150)
    booked = await clinic.book(f"{local:%H:%M:%S}", local.date())
    await job_store.mark_enqueued(clinic.database, [booked.reminder])
    assert (await clinic.reminder(booked))["state"] == "enqueued"
    law.becomes({VANCOUVER: "XXX7"}, NEW)

    await replan(clinic.database)

    row = await clinic.reminder(booked)
    assert (row["state"], row["attempt"], row["published_at"]) == ("scheduled", 1, None)
    assert row["due_at"] == booked.starts_at - 2 * HOUR
    # the relay's confirm of the old message comes late, and the old message later
    assert await job_store.mark_enqueued(clinic.database, [booked.reminder]) == 0
    assert await claimed(clinic.database, booked.reminder, 0) is Verdict.STALE
    assert await claimed(clinic.database, booked.reminder, 1) is Verdict.EARLY


async def test_a_reminder_that_is_due_by_the_new_law_is_published_at_once(clinic: Clinic, law: Law) -> None:
    law.becomes({VANCOUVER: "XXX8"}, "2025b")
    local = datetime.now(UTC) - timedelta(hours=8) + timedelta(minutes=100)  # in 100 minutes, in truth in 40
    booked = await clinic.book(f"{local:%H:%M:%S}", local.date())
    law.becomes({VANCOUVER: "XXX7"}, NEW)

    await replan(clinic.database)

    [ticket] = await job_store.take_due(clinic.database, limit=10, lease=10)
    assert (ticket.job_id, ticket.attempt) == (booked.reminder.job_id, 1)
    assert await claimed(clinic.database, ticket, 1) is Verdict.CLAIMED


async def test_a_reminder_of_what_has_begun_by_the_new_law_is_too_late(clinic: Clinic, law: Law) -> None:
    law.becomes({VANCOUVER: "XXX8"}, "2025b")
    local = datetime.now(UTC) - timedelta(hours=8) + timedelta(minutes=50)
    booked = await clinic.book(f"{local:%H:%M:%S}", local.date(), before=timedelta(minutes=10))
    law.becomes({VANCOUVER: "XXX7"}, NEW)

    await replan(clinic.database)

    [ticket] = await job_store.take_due(clinic.database, limit=10, lease=10)
    assert ticket.job_id == booked.reminder.job_id
    assert await claimed(clinic.database, ticket, 1) is Verdict.TOO_LATE


@pytest.mark.parametrize("state", ["processing", "retrying", "failed", "succeeded", "cancelled", "skipped"])
async def test_a_reminder_that_was_tried_keeps_its_time(clinic: Clinic, law: Law, state: str) -> None:
    booked = await clinic.book("09:00")
    await clinic.database.execute(
        "UPDATE jobs SET state = $2, attempt = 3, started_at = now() WHERE id = $1", booked.reminder.job_id, state
    )
    before = await clinic.reminder(booked)
    law.becomes({}, NEW)

    await replan(clinic.database)

    after = await clinic.reminder(booked)
    waits = state in ("processing", "retrying", "failed")
    assert after["expires_at"] == before["expires_at"] - (HOUR if waits else 0 * HOUR)
    assert {**after, "expires_at": None} == {**before, "expires_at": None}


async def clashing(clinic: Clinic, law: Law) -> tuple[Booked, Booked]:
    """One by the old law, and one by the new law that has taken its right time."""
    old = await clinic.book("09:00")
    law.becomes({}, NEW)
    return old, await clinic.book("09:00")


async def test_a_clash_is_reported_and_nothing_is_dropped(clinic: Clinic, law: Law) -> None:
    old, new = await clashing(clinic, law)

    report = await replan(clinic.database)

    [clash] = report.clashes
    assert (clash.booking.id, clash.starts_at, clash.others) == (old.id, new.starts_at, (new.id,))
    assert command.status(report) == 65
    assert any(str(old.id) in line and str(new.id) in line for line in command.lines(report, dry_run=False))
    assert ((await clinic.row(old))["starts_at"], (await clinic.row(old))["status"]) == (old.starts_at, "booked")
    # its client comes at nine by the new law
    assert (await clinic.reminder(old))["due_at"] == new.starts_at - HOUR
    again = await replan(clinic.database)
    assert ([each.booking.id for each in again.clashes], again.reminders) == ([old.id], 0)


async def test_it_follows_once_its_time_is_free(clinic: Clinic, law: Law) -> None:
    old, new = await clashing(clinic, law)
    await replan(clinic.database)
    await clinic.database.execute("UPDATE appointments SET status = 'cancelled' WHERE id = $1", new.id)

    report = await replan(clinic.database)

    assert (report.moved, report.clashes) == ({VANCOUVER: 1}, [])
    assert (await clinic.row(old))["starts_at"] == new.starts_at


async def test_a_time_that_the_clocks_skip_now_is_reported(clinic: Clinic, law: Law) -> None:
    law.becomes({VANCOUVER: "XXX8"}, "2025b")
    march = next(day for day in (SUMMER.replace(month=3, day=n) for n in range(8, 15)) if day.weekday() == 6)
    booked = await clinic.book("02:30", march)
    law.becomes({VANCOUVER: UNTIL_2026}, NEW)

    report = await replan(clinic.database)

    assert [each.id for each in report.missing] == [booked.id]
    assert (report.moved, command.status(report)) == ({}, 65)  # 02:30 by the clocks before is where it stands
    assert (await clinic.row(booked))["version"] == 1


async def test_a_time_that_comes_twice_now_stays_where_it_is_one_of_them(clinic: Clinic, law: Law) -> None:
    law.becomes({VANCOUVER: "XXX8"}, "2025b")
    november = next(day for day in (SUMMER.replace(month=11, day=n) for n in range(1, 8)) if day.weekday() == 6)
    booked = await clinic.book("01:30", november)
    law.becomes({VANCOUVER: UNTIL_2026}, NEW)

    report = await replan(clinic.database)

    assert (report.moved, report.needs_a_person) == ({}, False)
    assert (await clinic.row(booked))["starts_at"] == booked.starts_at


async def test_what_is_over_stays(clinic: Clinic, law: Law) -> None:
    booked = await clinic.book("09:00", WINTER.replace(year=WINTER.year - 3))
    law.becomes({VANCOUVER: "XXX3"}, NEW)
    assert (await replan(clinic.database)).moved == {}
    assert (await clinic.row(booked))["starts_at"] == booked.starts_at


async def test_a_dry_run_tells_the_same_and_changes_nothing(clinic: Clinic, law: Law) -> None:
    clash, _ = await clashing(clinic, law)
    law.becomes({VANCOUVER: UNTIL_2026}, "2025b")
    follows = await clinic.book("13:00")
    law.becomes({}, NEW)
    before = [await clinic.row(each) for each in (clash, follows)] + [await clinic.reminder(follows)]

    report = await replan(clinic.database, dry_run=True)

    assert report.moved == {VANCOUVER: 1}
    assert [each.booking.id for each in report.clashes] == [clash.id]
    assert [await clinic.row(each) for each in (clash, follows)] + [await clinic.reminder(follows)] == before
    assert await clinic.database.fetch("SELECT FROM zone_data") == []


async def test_older_zone_data_plan_nothing_back(clinic: Clinic, law: Law) -> None:
    booked = await clinic.book("09:00")
    law.becomes({}, NEW)
    await replan(clinic.database)
    law.becomes({VANCOUVER: UNTIL_2026}, "2025b")

    report = await replan(clinic.database)

    assert (report.newer, report.moved, command.status(report)) == (NEW, {}, 65)
    assert (await clinic.row(booked))["starts_at"] == booked.starts_at - HOUR
    assert (await replan(clinic.database, even_older=True)).moved == {VANCOUVER: 1}
    assert (await clinic.row(booked))["starts_at"] == booked.starts_at
    assert (await replan(clinic.database)).newer is None


async def test_a_zone_that_is_unknown_here_is_reported(clinic: Clinic) -> None:
    booked = await clinic.book("09:00")
    await clinic.database.execute("UPDATE appointments SET timezone = 'America/Newzone' WHERE id = $1", booked.id)
    report = await replan(clinic.database)
    assert (report.unknown, command.status(report)) == (["America/Newzone"], 65)
    assert list(command.lines(report, dry_run=False)) == [f"zone data {zones.VERSION}", "unknown zone: America/Newzone"]
