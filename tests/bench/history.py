"""Fills a database with what months of bookings leave behind: finished jobs with their attempts and notifications, and
reminders that are still ahead (sql/history.sql)."""

from collections.abc import Callable
from typing import Final

import asyncpg

from shared.database.sql_file import statements

WAITING: Final = 0.2
"""The share of bookings whose reminder is still ahead: one job in ten."""
_CHUNK: Final = 100_000
_SQL: Final = statements("tests.bench.sql", "history.sql")
_TABLES: Final = ("appointments", "confirmations", "reminders", "notifications")


async def leave_behind(url: str, jobs: int, progress: Callable[[float], object] = lambda done: None) -> None:
    """`jobs` rows, two a booking, in a migrated database with doctors and nothing else; vacuumed and analysed, as
    autovacuum leaves it. `progress` is told of every chunk how many jobs it had."""
    bookings = jobs // 2
    database = await asyncpg.connect(url)
    try:
        await database.execute(_SQL["prepare"])
        costly = await database.fetch(_SQL["what_costs"])
        for each in costly:
            await database.execute(each["drop"])
        for first in range(1, bookings + 1, _CHUNK):
            last = min(first + _CHUNK - 1, bookings)
            await database.execute("TRUNCATE chunk")
            await database.execute(_SQL["chunk"], first, last, bookings, int(bookings * WAITING))
            for table in _TABLES:
                await database.execute(_SQL[table])
            progress(2 * (last - first + 1))
        await database.execute("SET maintenance_work_mem = '1GB'")
        for each in costly:
            await database.execute(each["create"])
        await database.execute(_SQL["standing"])
        await database.execute("VACUUM (ANALYZE)")
        await database.execute("CHECKPOINT")
    finally:
        await database.close()
