"""A clinic's day in a few seconds: bookings, moves, cancellations, reminders, and mails that fail."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

from deploy.local.mailbox.faults import Fault
from tests.support.services import Service
from tests.support.waiting import eventually
from tests.support.world import World

BOOKINGS: Final = 60
SOON: Final = 6
"""Bookings of the next hours: the first begins so soon that its reminder is skipped."""
UNKNOWN: Final = 2
"""Clients whose mailbox the mail server does not know."""
DOCTOR: Final = {
    "name": "Dr. Ada Weber",
    "specialty": "General practice",
    "timezone": "Europe/Berlin",
    "location": "Beispielweg 3, 10115 Berlin",
}
FIRST: Final = datetime(2030, 3, 4, 8, tzinfo=UTC)


async def happen(world: World, api: Service) -> None:
    """Returns when every confirmation has been sent, or has failed."""
    await world.operator(api)("PUT", "/api/ops/doctors/1", DOCTOR)
    for number in range(UNKNOWN):
        world.mailbox.fail(Fault(refuse=f"unknown-{number}@patients.example", count=1))
        await world.client(api, f"unknown-{number}").book(FIRST - timedelta(days=1 + number))
    await asyncio.gather(*(_visit(world, api, number) for number in range(BOOKINGS)))

    async def settled() -> bool:
        states = await world.states()
        return states.get("failed", 0) == UNKNOWN and not states.get("enqueued") and not states.get("processing")

    assert await eventually(settled, within=60)


async def _visit(world: World, api: Service, number: int) -> None:
    client = world.client(api, f"patient-{number}")
    if number < SOON:
        starts = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=30 * (1 + number))
    else:
        starts = FIRST + timedelta(minutes=30 * number)
    booked = await client.book(starts)
    path = f"/api/client/appointments/{booked['id']}"
    if number % 10 == 7:
        await client("DELETE", path)
    elif number % 10 == 8:
        await client("PATCH", path, {"appointmentTime": "19:30" if number % 20 == 8 else "20:15"})
