"""Fills a database that has a history with what operators look at (sql/operations.sql)."""

from datetime import UTC, datetime, timedelta
from typing import Final

import asyncpg

from shared.database.sql_file import statements

BUSY: Final = "busy"
"""The id of the client with the most jobs, and of the only doctor that this client sees."""
BUSY_JOBS: Final = 50_000
_SQL: Final = statements("tests.bench.sql", "operations.sql")
_PAST: Final = (timedelta(days=-0.02), timedelta(days=-88))
_SOON: Final = (timedelta(minutes=1), timedelta(hours=47))
_LATELY: Final = (timedelta(minutes=-1), timedelta(minutes=-20))
_STATES: Final = (
    ("failed", 100, _PAST, False),
    ("cancelled", 50, _PAST, False),
    ("skipped", 100, _PAST, False),
    ("scheduled", 100, _SOON, False),
    ("scheduled", 1_000, _LATELY, True),
    ("retrying", 1_000, _SOON, False),
    ("enqueued", 1_000, _LATELY, False),
    ("processing", 200_000, _LATELY, False),
)
"""State; one job of how many has it; when the first of them is due and within which span the others are, most of them
near the first; whether they are parked."""
_SIDE: Final = 20_000
"""Rows of each list that is not of jobs."""


async def add_operations(url: str, jobs: int, *, least: int = 20) -> None:
    """Adds what the dashboard shows beside the `jobs` of leave_behind: `least` of each kind at least, except of what is
    never many. Vacuumed and analysed, as by autovacuum."""
    database = await asyncpg.connect(url)
    busy, side, now = max(min(BUSY_JOBS, jobs) // 2, least), max(min(_SIDE, jobs), least), datetime.now(UTC)
    try:
        await database.execute(_SQL["prepare"])
        for state, share, (first, span), parked in _STATES:
            number = max(jobs // share, 20 if parked or state == "processing" else least)
            await database.execute(_SQL["jobs"], number, state, now + first, span, parked)
        await database.execute(_SQL["busy_client"], BUSY)
        await database.execute(_SQL["busy_doctor"], BUSY)
        await database.execute(_SQL["busy_appointments"], BUSY, busy)
        await database.execute(_SQL["busy_jobs"], BUSY)
        await database.execute(_SQL["busy_notifications"], BUSY)
        await database.execute(_SQL["throughput"])
        for name in ("dead_letters", "suppressions", "actions"):
            await database.execute(_SQL[name], side)
        await database.execute(_SQL["reports"], side, side)
        await database.execute(_SQL["standing"])
        await database.execute("SET session_replication_role = origin")
        await database.execute("VACUUM (ANALYZE)")
        await database.execute("CHECKPOINT")
    finally:
        await database.close()
