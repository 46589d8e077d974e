"""Deletes jobs that ended long ago."""

from typing import Final

from shared.database import Executor
from shared.database.sql_file import statements

_SQL: Final = statements("shared.jobs.sql", "pruning.sql")


async def prune(executor: Executor, *, finished: float, failed: float, limit: int) -> int:
    """Deletes at most `limit` jobs that ended more than `finished` (`failed`) seconds ago. Returns their number."""
    return int((await executor.execute(_SQL["prune"], finished, failed, limit)).split()[-1])
