"""Reads what is shown beside suppressed addresses (../sql/suppressed.sql)."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from shared.database import Executor
from shared.database.sql_file import statements
from shared.people.addresses import spellings

_SQL: Final = statements("api_service.ops.dashboard.sql", "suppressed.sql")


async def skipped(executor: Executor, addresses: Sequence[str]) -> Mapping[str, int]:
    """Jobs that were skipped because of each address, of those that are still kept."""
    spelt = [(address, spelling) for address in addresses for spelling in spellings(address)]
    rows = await executor.fetch(_SQL["skipped"], [each for each, _ in spelt], [each for _, each in spelt])
    return {row["address"]: row["jobs"] for row in rows}


async def address_of(executor: Executor, suppression_id: UUID) -> str | None:
    """None where it is not suppressed any more."""
    row = await executor.fetchrow(_SQL["address_of"], suppression_id)
    return None if row is None else str(row["address"])
