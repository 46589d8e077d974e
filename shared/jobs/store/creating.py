"""Creates jobs together with the appointment of which they tell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from shared.database import Executor
from shared.database.sql_file import statements
from shared.ids import new_job_id, stored_traceparent
from shared.jobs.model import CHANNELS, Channel, Kind, State, Ticket
from shared.jobs.store.rows import count_final

HEAD_START: Final = 5.0
"""Seconds for which the sweeps leave a job to the relay of the process that has committed it."""
_SQL: Final = statements("shared.jobs.sql", "creating.sql")


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to be created with its appointment. `event_id`: the event of which it tells; None: the job's own id names
    the event."""

    id: UUID
    kind: Kind
    due_at: datetime | None  # None: now, by the database's clock
    expires_at: datetime | None = None
    channel: Channel = Channel.EMAIL
    event_id: UUID | None = None


def jobs_of_event(
    kind: Kind, appointment_id: UUID, due_at: datetime | None = None, expires_at: datetime | None = None
) -> list[NewJob]:
    """One job for each channel that tells events of this kind. The first job's id names the event."""
    event = new_job_id(appointment_id)
    return [
        NewJob(
            new_job_id(appointment_id) if place else event, kind, due_at, expires_at, channel, event if place else None
        )
        for place, channel in enumerate(CHANNELS[kind])
    ]


async def create(
    executor: Executor,
    jobs: Sequence[NewJob],
    *,
    appointment_id: UUID,
    client_id: str,
    request_id: str | None = None,
    traceparent: str | None = None,
    head_start: float = HEAD_START,
) -> list[tuple[Ticket, State]]:
    """→ scheduled, or skipped if `due_at` has passed. In the caller's transaction."""
    rows = await executor.fetch(
        _SQL["create"],
        [job.id for job in jobs],
        [job.kind for job in jobs],
        [job.kind.priority for job in jobs],
        [appointment_id] * len(jobs),
        [client_id] * len(jobs),
        [job.due_at for job in jobs],
        [job.expires_at for job in jobs],
        request_id,
        stored_traceparent(traceparent, request_id),
        head_start,
        [job.channel for job in jobs],
        [job.event_id for job in jobs],
    )
    count_final(rows)
    return [(Ticket.from_row(row), State(row["state"])) for row in rows]
