"""A change of law, with the real processes: rows as an instance with older zone data has left them."""

import asyncio
import os
import sys
from datetime import datetime, timedelta

from shared.people import zones
from tests.support.waiting import eventually
from tests.support.world import World

HOUR = timedelta(hours=1)


async def as_booked_by_an_older_law(world: World, count: int) -> dict[str, datetime]:
    """Vancouver, an hour later than it should be; the right instants by id."""
    right = {}
    async with world.api() as api:
        client, operator = world.client(api), world.operator(api)
        await operator("PUT", "/api/ops/doctors/v", {"name": "Dr. Vera", "timezone": "America/Vancouver"})
        for number in range(count):
            wish = {"doctorId": "v", "appointmentDate": "2100-01-05", "appointmentTime": f"{8 + number}:00".zfill(5)}
            booked = (await client("POST", "/api/client/appointments", wish)).body
            right[booked["id"]] = datetime.fromisoformat(booked["startsAt"])
    await world.database.execute(
        "UPDATE appointments SET starts_at = starts_at + $1, ends_at = ends_at + $1 WHERE local_time = '15:00'", HOUR
    )
    for clock in range(14, 7, -1):
        await world.database.execute(
            "UPDATE appointments SET starts_at = starts_at + $1, ends_at = ends_at + $1"
            " WHERE extract(hour FROM local_time) = $2",
            HOUR,
            clock,
        )
    await world.database.execute(
        "UPDATE jobs SET due_at = due_at + $1, expires_at = expires_at + $1, publish_after = publish_after + $1"
        " WHERE kind = 'appointment_reminder'",
        HOUR,
    )
    return right


async def starts(world: World) -> dict[str, datetime]:
    return {str(row["id"]): row["starts_at"] for row in await world.database.fetch("SELECT * FROM appointments")}


async def zones_command(world: World, *options: str) -> tuple[int | None, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "api_service", "zones", *options, env=os.environ | world.environment, stdout=-1, stderr=-1
    )
    out, _ = await process.communicate()
    return process.returncode, out.decode()


async def test_the_command_moves_what_is_ahead(world: World) -> None:
    right = await as_booked_by_an_older_law(world, 3)

    dry = await zones_command(world, "--dry-run")
    assert dry == (0, f"zone data {zones.VERSION}\nAmerica/Vancouver: 3 appointments would move\n")
    assert {key: at - HOUR for key, at in (await starts(world)).items()} == right

    status, said = await zones_command(world)
    assert (status, said.splitlines()[1:]) == (0, ["America/Vancouver: 3 appointments moved", "3 reminders moved"])
    assert await starts(world) == right
    assert await zones_command(world) == (0, f"zone data {zones.VERSION}\nnothing to move\n")


async def test_two_instances_that_start_move_it_once(world: World) -> None:
    right = await as_booked_by_an_older_law(world, 8)
    async with world.api() as one, world.api() as other:

        async def moved() -> bool:
            return await starts(world) == right

        await eventually(moved)
        for api in (one, other):
            ready = await world.client(api)("GET", "/readyz")
            assert ready.body["tzdata"] == zones.VERSION
            assert f'punctual_tzdata_info{{version="{zones.VERSION}"}} 1.0' in (await api.text("/metrics") or "")
        versions = await world.database.fetch("SELECT DISTINCT version FROM appointments")
        assert [row["version"] for row in versions] == [2]
        reminders = await world.database.fetch(
            "SELECT FROM jobs JOIN appointments a ON a.id = appointment_id"
            " WHERE kind = 'appointment_reminder' AND (due_at <> starts_at - $1::interval OR expires_at <> starts_at)",
            HOUR,
        )
        assert reminders == []
