"""Records reports about delivered e-mails, and what follows from them (sql/reports.sql)."""

from enum import StrEnum
from typing import Final
from uuid import UUID

import structlog

from shared.database import Database, Executor, Session
from shared.database.sql_file import statements
from shared.deliveries import metrics
from shared.deliveries.model import DeliveryEvent, Report
from shared.ids import new_id
from shared.links.bounces import is_proof_of
from shared.people.addresses import normalised
from shared.wording import Languages

log = structlog.get_logger("shared.deliveries")

NOTIFICATION: Final = "email_returned"
"""The kind of the in-app notification."""
_SQL: Final = statements("shared.deliveries.sql", "reports.sql")


class ReportOutcome(StrEnum):
    RECORDED = "recorded"
    REPEATED = "repeated"  # the same report has come before: nothing changes
    UNKNOWN = "unknown"  # no such job, or it was removed after its retention


async def record(
    database: Database, report: Report, languages: Languages, *, suppress_after: int | None
) -> tuple[ReportOutcome, str | None]:
    """One report in one transaction, in whatever order and however often reports come; and the client that was told in
    the app, if any. A returned mail is told there. So many permanent returns of one address as `suppress_after` says
    suppress it (None: never).

    Raises DatabaseUnavailable.
    """
    async with database.transaction() as session:
        outcome, told, suppressed = await _recorded(session, report, languages, suppress_after)
    metrics.REPORTS.labels(report.event, outcome).inc()
    if outcome is ReportOutcome.RECORDED:
        if report.event is DeliveryEvent.RETURNED:
            metrics.RETURNED.labels(str(report.is_permanent).lower()).inc()
        if suppressed is not None:
            metrics.SUPPRESSED.inc()
            log.info("address suppressed", suppression_id=str(suppressed), operator="punctual")
    log.info(
        "delivery report",
        job_id=str(report.job_id),
        mail=report.event,
        status=report.status,
        source=report.source,
        outcome=outcome,
    )
    return outcome, told


async def forget(executor: Executor, *, older_than: float, limit: int) -> int:
    """Removes reports of more than `older_than` seconds ago, at most `limit`; how many it were."""
    return int((await executor.execute(_SQL["forget"], older_than, limit)).split()[-1])


async def _recorded(
    session: Session, report: Report, languages: Languages, suppress_after: int | None
) -> tuple[ReportOutcome, str | None, UUID | None]:
    job = await session.fetchrow(_SQL["job"], report.job_id)
    if job is None:
        return ReportOutcome.UNKNOWN, None, None
    address = _still_used(report, job["email"])
    if address is not None:
        await session.execute(_SQL["lock"], address)
    report_id, appointment_id, client_id = new_id(), job["appointment_id"], job["client_id"]
    written = await session.fetchrow(
        _SQL["record"],
        *(report_id, report.job_id, appointment_id, client_id, report.event, report.is_permanent),
        *(report.status, "" if job["is_erased"] else report.detail, report.source, address),
    )
    if written is None:
        return ReportOutcome.REPEATED, None, None
    if report.event is not DeliveryEvent.RETURNED or address is None:
        return ReportOutcome.RECORDED, None, None
    suppressed = await _suppressed(session, report, address, suppress_after)
    if job["is_doctors"]:  # no client is told of a doctor's agenda
        return ReportOutcome.RECORDED, None, suppressed
    text = languages.of(job["locale"]).text
    title, body = text("unreachable.title"), text("unreachable.in-app", address=job["email"])
    ids = (new_id(), report_id, client_id, appointment_id)
    told = await session.execute(_SQL["tell"], *ids, NOTIFICATION, title, body)
    return ReportOutcome.RECORDED, None if told.endswith(" 0") else client_id, suppressed


def _still_used(report: Report, current: str | None) -> str | None:
    """The client's address, normalised, if it is the one that the mail went to. A report may come after the client has
    told another one, which nothing may be held against."""
    if current is None:
        return None
    address = normalised(current)
    if report.proof is not None:
        return address if is_proof_of(report.proof, address) else None
    return address if report.recipient in (None, address) else None


async def _suppressed(session: Session, report: Report, address: str, suppress_after: int | None) -> UUID | None:
    if suppress_after is None or not report.is_permanent:
        return None
    reason = f"{suppress_after} e-mails came back, the last one with {report.status or 'no status'}"
    row = await session.fetchrow(_SQL["suppress"], new_id(), address, suppress_after, reason)
    return None if row is None else UUID(str(row["id"]))
