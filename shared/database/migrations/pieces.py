"""The size of each step of an upgrade, for its progress: the rows that it has to read or write."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

import asyncpg

from shared.database.migrations.files import Migration, Step
from shared.database.migrations.ledger import Missing
from shared.process.progress import ProgressBar

_ROWS: Final = "SELECT relname, reltuples::bigint AS rows FROM pg_class WHERE relkind = 'r' AND reltuples >= 1000"
_READS: Final = re.compile(r"\b(INDEX|VALIDATE|EXCLUDE|UPDATE|INSERT|DELETE)\b", re.IGNORECASE)
"""Statements that read a table; all others change its definition alone."""
_ANY: Final = 1_000
"""Rows that a step is worth at least: a small one takes time, too."""


async def table_sizes(connection: asyncpg.Connection) -> Mapping[str, int]:
    """The rows of each larger table, as PostgreSQL estimates them."""
    return {row["relname"]: row["rows"] for row in await connection.fetch(_ROWS)}


def touched(step: Step, sizes: Mapping[str, int]) -> Mapping[str, int]:
    """The larger tables that a step names, with their rows."""
    statements = re.sub(r"--.*", "", step.text)
    return {name: rows for name, rows in sizes.items() if re.search(rf"\b{name}\b", statements)}


class Pieces:
    """The steps of an upgrade as pieces of a progress bar; without a bar nothing is shown."""

    def __init__(self, shown: ProgressBar | None, sizes: Mapping[str, int], to_come: Sequence[Missing]) -> None:
        self._shown = shown
        self._sizes = sizes
        if shown is not None:
            shown.expect(sum(self._amount(step) for each in to_come for step in each.steps))

    @contextmanager
    def of(self, migration: Migration, step: Step) -> Iterator[Callable[[float], None]]:
        """The step runs in the block. Yields a function that is told which share of it is done."""
        if self._shown is None:
            yield lambda share: None
            return
        with self._shown.piece(f"{migration.name}: {step.name}", self._amount(step)):
            yield self._shown.within

    def _amount(self, step: Step) -> float:
        rows = sum(touched(step, self._sizes).values()) if _READS.search(step.text) else 0
        return _ANY + rows
