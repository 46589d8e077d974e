"""A doctor hears of what happens to today's appointments, once, and as it is by then. Clients notice nothing of it."""

from typing import Any
from uuid import UUID

import pytest

from notifier_service.channels import notice as notices
from notifier_service.channels.email.channel import rules
from notifier_service.channels.email.recipient_limit import RecipientLimit
from notifier_service.channels.notice import Notice
from shared.database import Database
from shared.ids import new_id
from shared.jobs import store as job_store
from shared.jobs.model import SUPERSEDED, Kind
from shared.jobs.store import Claim, Claimed, ClaimRequest, Finish, Outcome, Verdict
from tests.support.client import Client
from tests.support.clinic_day import at

DAYS = {"today": 0, "tomorrow": 1}


async def jobs(database: Database) -> list[dict[str, Any]]:
    """The notices to doctors, the oldest first."""
    rows = await database.fetch("SELECT * FROM jobs WHERE kind = 'doctor_notice_email' ORDER BY created_at, id")
    return [dict(row) for row in rows]


async def waiting(database: Database) -> list[UUID]:
    return [each["id"] for each in await jobs(database) if each["state"] == "scheduled"]


async def facts(database: Database, job_id: UUID) -> Notice:
    return (await notices.load(database, [job_id]))[job_id]


async def claim(database: Database, job_id: UUID, per_hour: int | None = None) -> Claim:
    row = await database.fetchrow("SELECT attempt FROM jobs WHERE id = $1", job_id)
    recipient = (await facts(database, job_id)).mail_to
    assert row is not None
    request = ClaimRequest(job_id, row["attempt"], new_id(), None, None, recipient)
    limit = RecipientLimit(database, per_hour)
    [answer] = await job_store.claim(database, [request], owner="worker", lease=30, rules=rules(limit))
    return answer


async def send(database: Database, job_id: UUID) -> Notice:
    """As a notifier does; the facts that the doctor reads."""
    read = await facts(database, job_id)
    assert (await claim(database, job_id)).verdict is Verdict.CLAIMED
    await finish(database, job_id, Outcome.SUCCEEDED)
    return read


async def finish(database: Database, job_id: UUID, outcome: Outcome) -> None:
    [row] = [each for each in await jobs(database) if each["id"] == job_id]
    await job_store.finish(database, [Finish(job_id, row["attempt"], outcome, delay=0.0)], owner="worker")


async def move(client: Client, booked: dict[str, Any], when: dict[str, str]) -> None:
    answer = await client("PATCH", f"/api/client/appointments/{booked['id']}", when)
    assert answer.status == 200, answer.body


async def cancel(client: Client, booked: dict[str, Any]) -> None:
    answer = await client("DELETE", f"/api/client/appointments/{booked['id']}")
    assert answer.status == 200, answer.body


@pytest.mark.parametrize(("day", "expected"), [("today", 1), ("tomorrow", 0)])
async def test_a_booking_is_told_on_its_day(
    client: Client, database: Database, told: str, day: str, expected: int
) -> None:
    booked = await client.book(reason="private", **at(told, days=DAYS[day]))
    made = await jobs(database)
    assert len(made) == expected
    for job in made:
        assert (job["state"], job["priority"], job["revision"]) == ("scheduled", "high", 1)
        assert (str(job["appointment_id"]), job["client_id"]) == (booked["id"], "client-1")
        assert job["id"].version == 7
        assert abs((job["id"].int >> 80) / 1000 - job["created_at"].timestamp()) < 5
        read = await facts(database, job["id"])
        assert (read.mail_to, read.doctor_locale, read.client_name) == ("ada@clinic.example", "de", "Alex")
        assert (read.is_cancelled, read.previous_starts_at) == (False, None)


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [("today", "today", 1), ("today", "tomorrow", 1), ("tomorrow", "today", 1), ("tomorrow", "tomorrow", 0)],
)
async def test_a_move_is_told_if_either_day_is_today(
    client: Client, operator: Client, database: Database, zone: str, before: str, after: str, expected: int
) -> None:
    booked = await client.book(**at(zone, days=DAYS[before]))
    assert await jobs(database) == []
    await operator("PUT", "/api/ops/doctors/1/notices", {"email": "ada@clinic.example"})

    await move(client, booked, at(zone, days=DAYS[after], minutes=120))

    made = await jobs(database)
    assert len(made) == expected
    for job in made:
        read = await facts(database, job["id"])
        assert read.previous_starts_at is not None
        assert read.previous_starts_at.isoformat().replace("+00:00", "Z") == booked["startsAt"]


@pytest.mark.parametrize(("day", "expected"), [("today", 1), ("tomorrow", 0)])
async def test_a_cancellation_is_told_on_its_day(
    client: Client, operator: Client, database: Database, zone: str, day: str, expected: int
) -> None:
    booked = await client.book(**at(zone, days=DAYS[day]))
    await operator("PUT", "/api/ops/doctors/1/notices", {"email": "ada@clinic.example"})
    await cancel(client, booked)
    assert [(await facts(database, job["id"])).is_cancelled for job in await jobs(database)] == [True] * expected


async def test_the_staffs_bookings_are_told_too(desk: Client, client: Client, database: Database, told: str) -> None:
    await client.book()
    body = {"doctorId": "1", "clientId": "client-1", **at(told)}
    answer = await desk("POST", "/api/staff/appointments", body)
    assert answer.status in (200, 201), answer.body
    assert len(await jobs(database)) == 1


async def test_a_new_reason_is_no_news(client: Client, database: Database, told: str) -> None:
    booked = await client.book(**at(told))
    await move(client, booked, {"reason": "another"})
    assert len(await jobs(database)) == 1


async def test_a_doctor_without_an_address_is_told_nothing(client: Client, database: Database, zone: str) -> None:
    booked = await client.book(**at(zone))
    await move(client, booked, at(zone, minutes=120))
    await cancel(client, booked)
    assert await jobs(database) == []
    assert await database.fetch("SELECT FROM doctor_notices") == []


async def test_booked_and_cancelled_at_once_is_one_mail_that_says_cancelled(
    client: Client, database: Database, told: str
) -> None:
    booked = await client.book(**at(told))
    await cancel(client, booked)
    older, newer = await jobs(database)
    assert (older["state"], older["reason"]) == ("cancelled", "the appointment was cancelled")
    assert (await claim(database, older["id"])).verdict is Verdict.CANCELLED
    assert (await send(database, newer["id"])).is_cancelled


async def test_a_notice_that_is_on_its_way_arrives_first(client: Client, database: Database, told: str) -> None:
    booked = await client.book(**at(told))
    [first] = await waiting(database)
    assert (await claim(database, first)).verdict is Verdict.CLAIMED
    await move(client, booked, at(told, minutes=120))
    [second] = await waiting(database)

    assert (await claim(database, second)).verdict is Verdict.WAITING
    [clients] = await database.fetch("SELECT id FROM jobs WHERE kind = 'appointment_rescheduled_email'")
    # the client does not wait for the doctor's mails
    assert (await claim(database, clients["id"])).verdict is Verdict.CLAIMED

    await finish(database, first, Outcome.RETRYING)
    assert (await claim(database, first)).verdict is Verdict.CANCELLED
    assert (await claim(database, second)).verdict is Verdict.CLAIMED


async def test_the_time_that_the_doctor_knew_is_named(client: Client, database: Database, told: str) -> None:
    booked = await client.book(**at(told))
    assert (await send(database, (await waiting(database))[0])).previous_starts_at is None
    await move(client, booked, at(told, minutes=120))
    await move(client, booked, at(told, days=1, minutes=180))
    last = at(told, days=1, minutes=240)
    await move(client, booked, last)  # no news of today, but the last one was not sent yet

    [left] = await waiting(database)
    read = await send(database, left)

    assert read.previous_starts_at is not None
    assert read.previous_starts_at.isoformat().replace("+00:00", "Z") == booked["startsAt"]
    assert f"{read.local_time:%H:%M}" == last["appointmentTime"]
    await move(client, booked, at(told, days=1, minutes=300))
    assert await waiting(database) == []


async def test_moved_back_before_anybody_was_told(client: Client, database: Database, told: str) -> None:
    booked = await client.book(**at(told))
    await move(client, booked, at(told, minutes=120))
    await move(client, booked, {name: booked[name] for name in ("appointmentDate", "appointmentTime")})
    [left] = await waiting(database)
    assert (await send(database, left)).previous_starts_at is None


@pytest.mark.parametrize("state", ["waits", "sent"])
async def test_an_offer_of_other_times_takes_back_no_news(
    client: Client, database: Database, told: str, state: str
) -> None:
    """Other times raise the revision, and take older mails back (api_service/staff/affected/offering.py)."""
    booked = await client.book(**at(told))
    if state == "sent":
        await send(database, (await waiting(database))[0])
    async with database.transaction() as session:
        await session.execute("UPDATE appointments SET revision = revision + 1, version = version + 1")
        await job_store.cancel_of_appointment(
            session, UUID(booked["id"]), SUPERSEDED, reason="other times were offered"
        )
    left = await waiting(database)
    assert len(left) == (state == "waits")
    for each in left:
        await send(database, each)


async def test_an_import_tells_nobody(client: Client, database: Database, told: str) -> None:
    booked = await client.book()
    async with database.transaction() as session:
        await session.execute(
            "INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at)"
            " SELECT $1, doctor_id, client_id, (now() AT TIME ZONE $2)::date, (now() AT TIME ZONE $2)::time, $2,"
            " now() + interval '1 hour', now() + interval '2 hours' FROM appointments WHERE id = $3",
            *((imported := new_id()), told, UUID(booked["id"])),
        )
        await session.execute(
            "INSERT INTO imported_appointments (source, digest, appointment_id, facts) VALUES ('old', '', $1, '')",
            imported,
        )
    assert await jobs(database) == []


async def test_an_erasure_mails_nobody(client: Client, operator: Client, database: Database, told: str) -> None:
    await client.book(**at(told))
    assert (await operator("DELETE", "/api/ops/clients/client-1")).status == 200
    [job] = await jobs(database)
    assert (job["state"], job["reason"]) == ("cancelled", "the client was erased")


async def test_an_export_has_it(client: Client, operator: Client, database: Database, told: str) -> None:
    booked = await client.book(**at(told))
    [row] = (await operator("GET", "/api/ops/clients/client-1/export")).body["doctorNotices"]
    assert row["appointmentId"] == booked["id"]


@pytest.mark.parametrize("per_hour", [None, 10])
async def test_a_doctor_who_wants_no_more_gets_none(
    client: Client, operator: Client, database: Database, told: str, per_hour: int | None
) -> None:
    await client.book(**at(told))
    await client.book(**at(told, minutes=120))
    first, second = await waiting(database)
    answer = await claim(database, first, per_hour)
    assert isinstance(answer, Claimed)
    assert answer.wait is not None  # it does not wait for a turn of the limit
    assert answer.wait <= 0
    assert (await operator("DELETE", "/api/ops/doctors/1/notices")).status == 204
    assert (await operator("DELETE", "/api/ops/doctors/1/notices")).status == 404
    assert (await claim(database, second, per_hour)).verdict is Verdict.NOTHING


async def test_zone_data_that_lack_a_zone_break_no_booking(database: Database) -> None:
    [row] = await database.fetch(
        "SELECT clinics_today('Nowhere/New', now() AT TIME ZONE 'UTC' + interval '10 days', now()) - current_date"
        " AS days"
    )
    assert row["days"] in (9, 10, 11)


async def test_clients_read_nothing_of_it(client: Client, operator: Client, database: Database, told: str) -> None:
    booked = await client.book(**at(told))
    await send(database, (await waiting(database))[0])
    for path in (
        f"/api/client/appointments/{booked['id']}",
        f"/api/client/appointments/{booked['id']}/notices",
        "/api/client/notifications",
    ):
        assert Kind.DOCTOR_NOTICE not in str((await client("GET", path)).body)
    record = (await operator("GET", f"/api/ops/appointments/{booked['id']}/record")).body["record"]
    assert Kind.DOCTOR_NOTICE not in str(record)
