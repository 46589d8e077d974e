"""Keeps the addresses that mail does not reach (sql/suppressions.sql). No address is ever logged."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import structlog

from api_service.ops.core import actions
from api_service.ops.core.actions import ActionKind, By
from api_service.ops.core.answers import SuppressionJson
from api_service.ops.core.text import pattern
from api_service.web.pagination import Page
from shared.database import Database, Executor
from shared.database.sql_file import statements
from shared.ids import new_id
from shared.people.addresses import normalised

log = structlog.get_logger("api_service.ops")

_SQL: Final = statements("api_service.ops.core.sql", "suppressions.sql")


@dataclass(frozen=True, slots=True)
class Suppression:
    """`address` is normalised."""

    id: UUID
    address: str
    reason: str
    by: str
    since: datetime

    def to_json(self) -> SuppressionJson:
        return {"address": self.address, "reason": self.reason, "by": self.by, "since": self.since}


async def listed(executor: Executor, page: Page, *, address: str | None, reason: str | None) -> list[Suppression]:
    """A page, and one more if there is one; the newest first. `reason` is contained in the suppression's."""
    wanted = None if address is None else normalised(address)
    rows = await executor.fetch(_SQL["list"], wanted, pattern(reason), page.id, page.limit + 1)
    return [Suppression(*row) for row in rows]


async def suppress(database: Database, address: str, reason: str, *, operator: str) -> tuple[Suppression, bool]:
    """No mail goes to the address from now on; whether it is new. Where it was there, only its reason changes."""
    async with database.transaction() as session:
        row = await session.fetchrow(_SQL["put"], new_id(), normalised(address), reason, operator)
        assert row is not None  # noqa: S101 - an upsert always returns its row
        *values, added = row
        suppression = Suppression(*values)
        await actions.record(session, ActionKind.SUPPRESS, By(operator, reason), {"address": suppression.address})
    log.info("address suppressed", suppression_id=str(suppression.id), operator=operator)
    return suppression, added


async def allow(database: Database, address: str, by: By) -> bool:
    """Mail may go to the address again; False where it was not suppressed. What was skipped stays skipped."""
    async with database.transaction() as session:
        row = await session.fetchrow(_SQL["remove"], normalised(address))
        if row is not None:
            await actions.record(session, ActionKind.ALLOW, by, {"address": normalised(address)})
    if row is not None:
        log.info("address allowed again", suppression_id=str(row["id"]), operator=by.operator)
    return row is not None
