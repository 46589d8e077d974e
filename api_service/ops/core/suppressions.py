"""Keeps the addresses that mail does not reach (sql/suppressions.sql). No address is ever logged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from uuid import UUID

import structlog

from api_service.ops.core import actions
from api_service.ops.core.actions import ActionKind, By
from api_service.ops.core.filters import LAST_ID
from api_service.ops.core.searching import pattern
from shared.database import Database, Executor
from shared.database.rows import Row
from shared.database.sql_file import statements
from shared.ids import new_id
from shared.people.addresses import normalised, spellings

log = structlog.get_logger("api_service.ops")

WINDOW: Final = 2_000
"""Suppressions that one page looks through for a part of the reason."""
_SQL: Final = statements("api_service.ops.core.sql", "suppressions.sql")


@dataclass(frozen=True, slots=True)
class Suppression:
    """`address` is normalised."""

    id: UUID
    address: str
    reason: str
    by: str
    since: datetime

    @classmethod
    def from_row(cls, row: Row) -> Self:
        return cls(**{name: row[name] for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Suppressions:
    """`searched_to` is set where the search has stopped short: the next page begins after this one."""

    rows: Sequence[Suppression]
    searched_to: UUID | None = None


async def listed(
    executor: Executor, *, address: str | None, reason: str | None, after: UUID | None, limit: int
) -> Suppressions:
    """At most `limit` of them, the newest first: those that are older than `after`. `reason` is contained in the
    suppression's."""
    newest = after or LAST_ID
    if address is not None:
        found = await executor.fetch(_SQL["of_address"], normalised(address), pattern(reason), newest)
        return Suppressions([Suppression.from_row(row) for row in found])
    window = limit if reason is None else WINDOW
    found = await executor.fetch(_SQL["list"], pattern(reason), newest, limit, window)
    rows = [Suppression.from_row(row) for row in found if row["id"] is not None]
    return Suppressions(rows, found[0]["edge_id"] if len(rows) < limit else None)


async def skipped(executor: Executor, addresses: Sequence[str]) -> Mapping[str, int]:
    """Jobs that were skipped because of each address, of those that are still kept."""
    spelt = [(address, spelling) for address in addresses for spelling in spellings(address)]
    rows = await executor.fetch(_SQL["skipped"], [each for each, _ in spelt], [each for _, each in spelt])
    return {row["address"]: row["jobs"] for row in rows}


async def address_of(executor: Executor, suppression_id: UUID) -> str | None:
    """None where it is not suppressed any more."""
    row = await executor.fetchrow(_SQL["address_of"], suppression_id)
    return None if row is None else str(row["address"])


async def suppress(database: Database, address: str, reason: str, *, operator: str) -> tuple[Suppression, bool]:
    """No mail goes to the address from now on; whether it is new. Where it was there, only its reason changes."""
    async with database.transaction() as session:
        # an upsert always returns its row, so that there is one to unpack
        [row] = await session.fetch(_SQL["put"], new_id(), normalised(address), reason, operator)
        suppression = Suppression.from_row(row)
        await actions.record(session, ActionKind.SUPPRESS, By(operator, reason), {"address": suppression.address})
    log.info("address suppressed", suppression_id=str(suppression.id), operator=operator)
    return suppression, bool(row["added"])


async def allow(database: Database, address: str, by: By) -> bool:
    """Mail may go to the address again; False where it was not suppressed. What was skipped stays skipped."""
    async with database.transaction() as session:
        row = await session.fetchrow(_SQL["remove"], normalised(address))
        if row is not None:
            await actions.record(session, ActionKind.ALLOW, by, {"address": normalised(address)})
    if row is not None:
        log.info("address allowed again", suppression_id=str(row["id"]), operator=by.operator)
    return row is not None
