"""The facts of a notice, read for jobs that the API has made."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from notifier_service.channels import notice
from notifier_service.channels.notice import Notice
from shared.database import Database
from shared.jobs.model import Kind
from tests.support.client import Client


async def newest(database: Database, booked: Any, kind: Kind) -> Notice:
    [row] = await database.fetch(
        "SELECT id FROM jobs WHERE appointment_id = $1 AND kind = $2 ORDER BY revision DESC LIMIT 1",
        UUID(booked["id"]),
        str(kind),
    )
    return (await notice.load(database, [row["id"]]))[row["id"]]


async def sent(database: Database, told: Notice) -> None:
    """As if its mail had gone out."""
    await database.execute("UPDATE jobs SET state = 'succeeded', finished_at = now() WHERE id = $1", told.job_id)


async def test_a_moved_appointment_knows_its_earlier_time_each_time(client: Client, database: Database) -> None:
    booked = await client.book(appointmentDate="2083-02-01", appointmentTime="10:00")
    path = f"/api/client/appointments/{booked['id']}"
    assert (await newest(database, booked, Kind.CREATED)).previous_starts_at is None

    # no reminder needs to tell it
    await database.execute("DELETE FROM jobs WHERE kind = 'appointment_reminder'")
    first = (await client("PATCH", path, {"appointmentTime": "11:00"})).body
    told = await newest(database, booked, Kind.RESCHEDULED)
    assert (told.previous_starts_at, told.version) == (datetime.fromisoformat(booked["startsAt"]), 2)
    assert told.previous_ends_at == datetime.fromisoformat(booked["endsAt"])

    await sent(database, told)
    await client("PATCH", path, {"appointmentDate": "2083-02-02"})
    told = await newest(database, booked, Kind.RESCHEDULED)
    assert (told.previous_starts_at, told.version) == (datetime.fromisoformat(first["startsAt"]), 3)

    await client("DELETE", path)
    cancelled = await newest(database, booked, Kind.CANCELLED)
    assert (cancelled.previous_starts_at, cancelled.version) == (None, 4)


async def test_a_move_that_is_sent_again_tells_of_the_last_move_and_no_other_kind_does(
    client: Client, operator: Client, database: Database
) -> None:
    booked = await client.book(appointmentDate="2083-02-01", appointmentTime="10:00")
    path = f"/api/client/appointments/{booked['id']}"
    await client("PATCH", path, {"appointmentTime": "11:00"})
    await sent(database, await newest(database, booked, Kind.RESCHEDULED))
    second = (await client("PATCH", path, {"appointmentTime": "12:00"})).body
    before = datetime.fromisoformat(second["startsAt"]) - timedelta(hours=1)
    moved = await newest(database, booked, Kind.RESCHEDULED)
    await sent(database, moved)

    again = await operator("POST", f"/api/ops/jobs/{moved.job_id}/resend")

    assert again.status < 300, again.body
    [row] = await database.fetch("SELECT id FROM jobs WHERE resend_of = $1", moved.job_id)
    found = (await notice.load(database, [row["id"]]))[row["id"]]
    assert (moved.previous_starts_at, found.previous_starts_at) == (before, before)
    assert (await newest(database, booked, Kind.REMINDER)).previous_starts_at is None


@pytest.mark.parametrize("mailed", list(product((True, False), repeat=4)))
async def test_a_move_names_the_time_that_was_told_last(
    client: Client, database: Database, mailed: Sequence[bool]
) -> None:
    """Of a booking and three moves, each mailed or not, each move names the time of the last mail before it; where none
    went out, the time that was booked."""
    booked = await client.book(appointmentDate="2083-02-01", appointmentTime="10:00")
    path = f"/api/client/appointments/{booked['id']}"
    known = now = datetime.fromisoformat(booked["startsAt"])
    if mailed[0]:
        await sent(database, await newest(database, booked, Kind.CREATED))
    for number, is_mailed in enumerate(mailed[1:]):
        now = datetime.fromisoformat(
            (await client("PATCH", path, {"appointmentTime": f"{11 + number}:00"})).body["startsAt"]
        )
        told = await newest(database, booked, Kind.RESCHEDULED)
        assert told.previous_starts_at == known
        assert told.previous_ends_at == known + timedelta(minutes=30)
        if is_mailed:
            await sent(database, told)
            known = now
