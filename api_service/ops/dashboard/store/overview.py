"""Reads figures: how many jobs are where, what went out, what waits (../sql/overview.sql)."""

from collections.abc import Mapping
from typing import Final

from shared.database import Executor
from shared.sql_file import statements

MOST: Final = 10_001
"""Live jobs are counted no further: "10,000+" costs a few milliseconds whatever waits."""
_SQL: Final = statements("api_service.ops.dashboard.sql", "overview.sql")


async def badges(executor: Executor) -> Mapping[str, int]:
    """By the words of their page; at most 1000 each."""
    row = await executor.fetchrow(_SQL["badges"])
    return {} if row is None else {"Failed": row["failed"], "Dead letters": row["letters"]}


async def counts(executor: Executor) -> Mapping[str, int]:
    """Jobs by state; at most MOST each."""
    return {row["state"]: row["jobs"] for row in await executor.fetch(_SQL["live_counts"], MOST)}
