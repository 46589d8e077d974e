"""Describes an upgrade of a database before it is done: each step, and the size of the tables that it touches."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from shared.database.migrations.files import Step
from shared.database.migrations.runner import plan
from shared.database.pool import Database

_ROWS: Final = "SELECT relname, reltuples::bigint AS rows FROM pg_class WHERE relkind = 'r' AND reltuples >= 1000"
_SLOW: Final = re.compile(r"ADD CONSTRAINT \w+\s+EXCLUDE", re.IGNORECASE)
"""Statements that lock everybody else out of their table until they are done, and take long."""


async def planned_lines(database: Database) -> Sequence[str]:
    """One line for each migration and each step; none when the schema is the newest. Changes nothing.

    Raises ConfigurationError, DatabaseUnavailable.
    """
    sizes = {row["relname"]: row["rows"] for row in await database.fetch(_ROWS)}
    lines: list[str] = []
    for each in await plan(database):
        lines.append(each.migration.name)
        lines.extend(f"  {_described(step, sizes)}" for step in each.steps)
    return lines


def _described(step: Step, sizes: Mapping[str, int]) -> str:
    how = "bookings go on" if not step.in_transaction else "one transaction"
    if _SLOW.search(step.text):
        how = "BOOKINGS WAIT until it is done"
    statements = re.sub(r"--.*", "", step.text)
    touched = [f"{name} ({rows:,} rows)" for name, rows in sizes.items() if re.search(rf"\b{name}\b", statements)]
    return f"{step.name}: {how}{'; ' if touched else ''}{', '.join(touched)}"
