"""Makes failed jobs, one of each that a requeue leaves out among them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shared.database import Database
from shared.jobs.model import Kind
from tests.support.factories import a_job, an_appointment
from tests.support.rows import a_client, a_suppression


async def a_failed_job(database: Database, kind: Kind = Kind.CREATED, *, ago: float = 60, **columns: Any) -> str:
    ended = datetime.now(UTC) - timedelta(seconds=ago)
    return str((await a_job(database, kind, state="failed", finished_at=ended, **columns)).job_id)


async def states(database: Database) -> dict[str, str]:
    return {str(row["id"]): row["state"] for row in await database.fetch("SELECT id, state FROM jobs")}


async def one_of_each(database: Database) -> dict[str, str]:
    """Failed jobs that are left out, by why, and one that is not."""
    cancelled, moved, begun = [await an_appointment(database, starts_in=timedelta(days=day)) for day in (1, 2, -1)]
    jobs = {
        "cancelled": await a_failed_job(database, appointment_id=cancelled),
        "moved": await a_failed_job(database, appointment_id=moved),
        "begun": await a_failed_job(database, appointment_id=begun),
        "suppressed": await a_failed_job(database),
        "possiblySent": await a_failed_job(database, error="possibly sent: its worker was lost"),
        "": await a_failed_job(database),
    }
    await database.execute("UPDATE appointments SET status = 'cancelled' WHERE id = $1", cancelled)
    await database.execute("UPDATE appointments SET local_date = local_date + 1 WHERE id = $1", moved)
    await a_client(database, "s", "s@patients.example")
    await database.execute("UPDATE jobs SET client_id = 's' WHERE id = $1::text::uuid", jobs["suppressed"])
    await a_suppression(database, "s@patients.example")
    return jobs
