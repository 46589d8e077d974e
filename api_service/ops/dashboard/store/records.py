"""Reads from the record of operators' actions what has been done about failures (../sql/records.sql)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.database import Executor
from shared.database.sql_file import statements

_SQL: Final = statements("api_service.ops.dashboard.sql", "records.sql")


@dataclass(frozen=True, slots=True)
class LastRequeue:
    at: datetime
    operator: str
    changed: int


async def last_requeues(executor: Executor) -> Mapping[str, LastRequeue]:
    """The newest by cause, and by kind where it was of a whole kind."""
    found: dict[str, LastRequeue] = {}
    for row in await executor.fetch(_SQL["last_requeues"]):
        key, done = row["error_group"] or row["kind"], LastRequeue(row["at"], row["operator"], row["changed"])
        if key not in found or found[key].at < done.at:
            found[key] = done
    return found
