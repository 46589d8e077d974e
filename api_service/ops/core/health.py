"""Gathers the signs of whether mail is going out (sql/health.sql)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from shared.database import Executor
from shared.database.sql_file import statements

_SQL: Final = statements("api_service.ops.core.sql", "health.sql")


@dataclass(frozen=True, slots=True)
class Worker:
    name: str
    claimed_at: datetime | None
    holds: int


async def workers(executor: Executor) -> Sequence[Worker]:
    """Who has claimed a job within a day, the last first."""
    return [Worker(row["worker"], row["claimed_at"], row["holds"]) for row in await executor.fetch(_SQL["workers"])]


async def parked(executor: Executor) -> tuple[str | None, datetime | None]:
    """Why the mail that has waited longest waits for the mail server, and since when; None where none does."""
    row = await executor.fetchrow(_SQL["parked"])
    return (None, None) if row is None else (row["error"] or "", row["parked_since"])
