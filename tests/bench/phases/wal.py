"""Bytes of WAL that a booking and its mail write."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.database import Database
from tests.bench.servers import connected
from tests.bench.sitting import CONNECTIONS, Sitting
from tests.bench.wire import saturate


@dataclass(frozen=True, slots=True)
class Wal:
    """`bookings` are measured after as many others: their pages are in the WAL whole by then."""

    name: str = "wal"
    bookings: int = 5_000
    seconds: float = 12.0

    async def prepare(self, sitting: Sitting) -> None:
        async with connected(sitting.running.place.database_url) as database:
            await database.execute("CREATE EXTENSION IF NOT EXISTS pg_walinspect")
            await database.execute("CHECKPOINT")
        await sitting.work()
        await self._book(sitting)
        sitting.servers.sink.clear()

    async def measure(self, sitting: Sitting) -> Mapping[str, float]:
        """Bytes a booking and its mail: `bytes` without images of whole pages, `images` of these."""
        async with connected(sitting.running.place.database_url) as database:
            start = await _position(database)
            await self._book(sitting)
            end = await _position(database)
            row = await database.fetchrow(
                "SELECT sum(record_size)::float8 AS records, sum(fpi_size)::float8 AS images"
                "  FROM pg_get_wal_stats($1::text::pg_lsn, $2::text::pg_lsn)",
                start,
                end,
            )
        assert row is not None
        count = self.bookings
        return {"mails": count, "bytes": row["records"] / count, "images": row["images"] / count}

    async def _book(self, sitting: Sitting) -> None:
        await saturate(sitting.running.urls, sitting.requests, connections=CONNECTIONS, most=self.bookings)
        assert await sitting.arrive(self.bookings) == 0, "mails are missing"


async def _position(database: Database) -> str:
    row = await database.fetchrow("SELECT pg_current_wal_flush_lsn()::text AS lsn")
    assert row is not None
    return str(row["lsn"])
