"""The facts of a notice, read for jobs that the API has made."""

from datetime import datetime
from typing import Any
from uuid import UUID

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


async def test_a_moved_appointment_knows_its_earlier_time_each_time(client: Client, database: Database) -> None:
    booked = await client.book(appointmentDate="2083-02-01", appointmentTime="10:00")
    path = f"/api/client/appointments/{booked['id']}"
    assert (await newest(database, booked, Kind.CREATED)).previous_starts_at is None

    first = (await client("PATCH", path, {"appointmentTime": "11:00"})).body
    told = await newest(database, booked, Kind.RESCHEDULED)
    assert (told.previous_starts_at, told.version) == (datetime.fromisoformat(booked["startsAt"]), 2)

    await client("PATCH", path, {"appointmentDate": "2083-02-02"})
    told = await newest(database, booked, Kind.RESCHEDULED)
    assert (told.previous_starts_at, told.version) == (datetime.fromisoformat(first["startsAt"]), 3)

    await client("DELETE", path)
    cancelled = await newest(database, booked, Kind.CANCELLED)
    assert (cancelled.previous_starts_at, cancelled.version) == (None, 4)
