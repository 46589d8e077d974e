"""Chooses the one instance that does a task for all: the leader, for a limited time."""

from typing import Final

from shared.database.pool import Executor
from shared.database.sql_file import statements

_SQL: Final = statements("shared.database.sql", "leader.sql")


async def lead(executor: Executor, task: str, *, holder: str, seconds: float) -> bool:
    """Whether `holder` is the leader of a task; if so, for `seconds` from now. Asking again prolongs it."""
    return bool(await executor.fetch(_SQL["lead"], task, holder, seconds))


async def resign(executor: Executor, task: str, *, holder: str) -> None:
    """Gives the lead up, so that another instance takes it at once. Nothing happens where `holder` does not lead."""
    await executor.execute(_SQL["resign"], task, holder)
