"""Chooses one instance, the leader, to do a task for all instances, for a limited time."""

from typing import Final

from shared.database.pool import Executor
from shared.database.sql_file import statements

_SQL: Final = statements("shared.database.sql", "leader.sql")


async def lead(executor: Executor, task: str, *, holder: str, seconds: float) -> bool:
    """Whether `holder` is the leader of a task. If so, it stays the leader for `seconds` from now; asking again
    prolongs this."""
    return bool(await executor.fetch(_SQL["lead"], task, holder, seconds))


async def resign(executor: Executor, task: str, *, holder: str) -> None:
    """Gives up the lead, so that another instance takes it at once. Nothing happens if `holder` is not the leader."""
    await executor.execute(_SQL["resign"], task, holder)
