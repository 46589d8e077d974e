"""Proposes addresses for suppression after delivery reports; an operator decides (sql/proposals.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from uuid import UUID

import structlog

from api_service.ops.core import actions, suppressions
from api_service.ops.core.actions import ActionKind, By
from api_service.ops.core.filters import LAST_ID
from api_service.ops.core.suppressions import Suppression
from api_service.ops.core.wording import report_in_words
from shared.database import Database, Executor
from shared.database.rows import Row
from shared.database.sql_file import statements

log = structlog.get_logger("api_service.ops")

WINDOW: Final = 1_000
"""Reports that one page looks through."""
_SQL: Final = statements("api_service.ops.core.sql", "proposals.sql")


@dataclass(frozen=True, slots=True)
class Proposal:
    """`id`, `event` and `status` are those of the latest report about the address, `reports` how many are open.
    `address` is normalised."""

    id: UUID
    address: str
    event: str
    status: str | None
    reports: int
    last_at: datetime

    @classmethod
    def from_row(cls, row: Row) -> Self:
        return cls(**{name: row[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Proposals:
    """`searched_to` is set where not all reports were looked at: the next page begins after this one."""

    rows: Sequence[Proposal]
    searched_to: UUID | None


async def listed(executor: Executor, *, after: UUID | None, limit: int) -> Proposals:
    """At most `limit` of them, the latest report first: those whose latest report is older than the report `after`."""
    found = await executor.fetch(_SQL["list"], after or LAST_ID, limit, WINDOW)
    rows = [Proposal.from_row(row) for row in found if row["id"] is not None]
    return Proposals(rows, found[0]["edge_id"] if len(rows) < limit else None)


async def accept(database: Database, report_id: UUID, by: By) -> Suppression | None:
    """Suppresses the address of a report. The reason is the operator's, else what the report says. None where there is
    nothing to decide any more."""
    found = await database.fetchrow(_SQL["one"], report_id)
    if found is None:
        return None
    reason = by.reason or report_in_words(found["event"], found["status"])
    suppression, _ = await suppressions.suppress(database, found["address"], reason, operator=by.operator)
    return suppression


async def dismiss(database: Database, report_id: UUID, by: By) -> bool:
    """The address stays as it is, and its reports up to this one count no more. False where there is nothing to decide
    any more."""
    async with database.transaction() as session:
        found = await session.fetchrow(_SQL["one"], report_id)
        settled = [] if found is None else await session.fetch(_SQL["settle"], found["address"], report_id)
        if found is None or not settled:
            return False
        await actions.record(session, ActionKind.DISMISS, by, {"address": found["address"], "reports": len(settled)})
    log.info("suppression dismissed", report_id=str(report_id), operator=by.operator)
    return True
