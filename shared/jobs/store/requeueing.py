"""Requeues failed jobs by hand."""

from collections.abc import Collection
from typing import Final
from uuid import UUID

from shared.database import Executor
from shared.database.sql_file import statements

_SQL: Final = statements("shared.jobs.sql", "requeueing.sql")


async def requeue(executor: Executor, job_ids: Collection[UUID], *, over: float = 0.0) -> set[UUID]:
    """failed → scheduled by hand, due over the next `over` seconds. Returns the jobs that were still failed, and may
    still be sent."""
    return {row["id"] for row in await executor.fetch(_SQL["requeue"], list(job_ids), over)}
