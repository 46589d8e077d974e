"""Stores a booking with asyncpg, as most peers do."""

from typing import Final

import asyncpg

from tests.bench.peers.api import Booking
from tests.bench.peers.schema import BOOK, CHECK, KNOW, OUR_READS, numbered

_BOOK: Final = numbered(BOOK)
_CHECK: Final = numbered(CHECK)
_KNOW: Final = numbered(KNOW)
_MOST: Final = 100


async def insert(pool: asyncpg.Pool, booking: Booking) -> None:
    """One statement; or, with our reads, a transaction that looks at the doctor and the client first."""
    if not OUR_READS:
        await pool.execute(_BOOK, *booking.row)
        return
    async with pool.acquire() as database, database.transaction():
        await database.execute(_KNOW, booking.client, f"{booking.client}@patients.example")
        doctor = await database.fetchrow(_CHECK, booking.client, booking.doctor_id)
        if doctor is None or doctor[1] >= _MOST:
            raise ValueError("no such doctor, or too many bookings")
        await database.execute(_BOOK, *booking.row)
