"""Makes rows that tests need beside appointments and jobs, each with sensible defaults."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.database import Database, Executor
from shared.ids import new_id


async def a_client(database: Executor, client_id: str = "c", email: str | None = "c@patients.example") -> str:
    """A client; one who is there already stays as they are."""
    await database.execute("INSERT INTO clients (id, email) VALUES ($1, $2) ON CONFLICT DO NOTHING", client_id, email)
    return client_id


async def a_doctor(
    database: Executor, doctor_id: str = "1", *, name: str = "Dr. Ada", timezone: str = "Europe/Berlin"
) -> str:
    """A doctor without hours, who can be booked at any time; one who is there already stays as they are."""
    await database.execute(
        "INSERT INTO doctors (id, name, timezone) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        *(doctor_id, name, timezone),
    )
    return doctor_id


async def a_notification(
    database: Executor,
    appointment_id: UUID | str,
    *,
    client_id: str = "client-1",
    job_id: UUID | str | None = None,
    kind: str = "appointment_reminder",
    title: str = "Title",
    body: str = "Body",
) -> UUID:
    """An in-app notification of now; of a job that was pruned unless `job_id` names one."""
    notification_id = new_id()
    await database.execute(
        """INSERT INTO in_app_notifications (id, job_id, client_id, appointment_id, kind, title, body)
           VALUES ($1, $2, $3, $4, $5, $6, $7)""",
        *(notification_id, job_id or new_id(), client_id, appointment_id, kind, title, body),
    )
    return notification_id


async def a_dead_letter(
    database: Executor,
    body: bytes = b"",
    *,
    reason: str = "unreadable",
    detail: str = "",
    headers: str = "{}",
    received_at: datetime | None = None,
    letter_id: UUID | None = None,
) -> UUID:
    """A message that was recorded as dead; now unless `received_at` says when."""
    letter_id = letter_id or new_id()
    await database.execute(
        "INSERT INTO dead_letters (id, received_at, reason, detail, headers, body) VALUES ($1, $2, $3, $4, $5, $6)",
        *(letter_id, received_at or datetime.now(UTC), reason, detail, headers, body),
    )
    return letter_id


async def a_suppression(
    database: Executor, address: str, *, reason: str = "bounced", suppression_id: UUID | None = None
) -> None:
    """An address that no mail goes to."""
    await database.execute(
        "INSERT INTO suppressions (id, address, reason, created_by) VALUES ($1, $2, $3, 'o')",
        *(suppression_id or new_id(), address, reason),
    )


async def a_report(
    database: Executor,
    address: str | None,
    *,
    event: str = "returned",
    status: str | None = "5.1.1",
    is_permanent: bool = True,
    job_id: UUID | None = None,
    report_id: UUID | None = None,
) -> UUID:
    """A report about a delivered mail; of a job that was pruned unless `job_id` names one."""
    report_id = report_id or new_id()
    await database.execute(
        "INSERT INTO delivery_reports (id, job_id, appointment_id, client_id, event, is_permanent, status, source,"
        " address) VALUES ($1, $2, $3, 'c', $4, $5, $6, 'api', $7)",
        *(report_id, job_id or new_id(), new_id(), event, is_permanent, status, address),
    )
    return report_id


async def let_leases_lapse(database: Database, job_id: UUID | str | None = None) -> None:
    """As if every worker that has claimed a job, or this one, had said nothing for longer than its lease."""
    await database.execute(
        "UPDATE jobs SET lease_until = now() - interval '1 second'"
        " WHERE state = 'processing' AND ($1::uuid IS NULL OR id = $1)",
        None if job_id is None else UUID(str(job_id)),
    )


async def nobody_falls_silent(database: Executor) -> None:
    """As if every process went on to send heartbeats for an hour, however slow the test is."""
    await database.execute("UPDATE process_heartbeats SET seen_at = now() + interval '1 hour'")


async def appointments_are_over(database: Executor) -> None:
    """Every appointment has ended a year ago or longer, as retention sees it."""
    await database.execute(
        "UPDATE appointments SET starts_at = starts_at - $1::interval, ends_at = ends_at - $1::interval",
        timedelta(days=400),
    )
