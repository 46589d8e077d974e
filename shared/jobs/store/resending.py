"""Sends a job again, by hand: as a new job."""

from typing import Final
from uuid import UUID

from shared.database import Session
from shared.database.sql_file import statements
from shared.ids import new_job_id, stored_traceparent
from shared.jobs.model import Ticket

_SQL: Final = statements("shared.jobs.sql", "resending.sql")


async def hold_for_resend(session: Session, job_id: UUID) -> bool:
    """Holds the job and its appointment until the transaction ends, so that what is read next stays so; False where
    there is no such job."""
    await session.execute(_SQL["hold"], job_id)
    return bool(await session.fetch(_SQL["hold_job"], job_id))


async def resend(
    session: Session,
    job_id: UUID,
    *,
    request_id: str | None,
    traceparent: str | None,
    head_start: float,
) -> Ticket | None:
    """A new job, due now, that tells of the same event as a job that has ended; after `hold_for_resend`. None where
    the job has not ended, is not still so, or is being sent again already."""
    held = await session.fetch(_SQL["hold"], job_id)
    if not held:
        return None
    new_id, kept = new_job_id(held[0]["id"]), stored_traceparent(traceparent, request_id)
    rows = await session.fetch(_SQL["resend"], job_id, new_id, head_start, request_id, kept)
    return Ticket.from_row(rows[0]) if rows else None
