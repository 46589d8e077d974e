"""Describes an upgrade of a database before it is done: each step, its locks, and the size of its tables."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from shared.database.migrations.files import Step
from shared.database.migrations.ledger import Missing
from shared.database.migrations.lock_modes import Lock, Names, locks_of
from shared.database.migrations.runner import plan
from shared.database.pool import Database
from shared.database.rows import Row

_TABLES: Final = """
SELECT relname, greatest(reltuples, 0)::bigint AS rows, pg_table_size(oid) AS bytes
  FROM pg_class
 WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
"""
NAMES: Final = """
SELECT i.indexrelid::regclass::text AS name, i.indrelid::regclass::text AS index_of, NULL AS refers_to
  FROM pg_index i
  JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT conname, NULL, confrelid::regclass::text
  FROM pg_constraint
 WHERE contype = 'f' AND connamespace = current_schema()::regnamespace
"""
"""Indexes and foreign keys, for `read_names`."""
_REWRITES: Final = re.compile(r"ADD CONSTRAINT \w+\s+EXCLUDE|ALTER COLUMN \w+\s+(SET DATA\s+)?TYPE", re.IGNORECASE)
"""Actions of ALTER TABLE that hold their lock for as long as the table is large."""
_LARGE: Final = 1000
"""Rows from which on it matters how long a table is locked."""
_HEAD: Final = (
    "Before the new release starts; the release before it goes on meanwhile. Rows are estimates of the last ANALYZE."
)


@dataclass(frozen=True, slots=True)
class _Size:
    rows: int
    bytes: int


async def planned_lines(database: Database) -> Sequence[str]:
    """What `migrate` would do: on which side of a deployment, then a line for each migration and each step; none when
    the schema is the newest. Changes nothing.

    Raises ConfigurationError, DatabaseUnavailable.
    """
    sizes = {row["relname"]: _Size(row["rows"], row["bytes"]) for row in await database.fetch(_TABLES)}
    names = read_names(await database.fetch(NAMES))
    lines = [line for each in await plan(database) for line in _migration(each, sizes, names)]
    return [_HEAD, *lines] if lines else []


def read_names(rows: Sequence[Row]) -> Names:
    """The names in a database, from the rows of NAMES."""
    return Names(
        {row["name"]: row["index_of"] for row in rows if row["index_of"]},
        {row["name"]: row["refers_to"] for row in rows if row["refers_to"]},
    )


def _migration(each: Missing, sizes: Mapping[str, _Size], names: Names) -> Iterator[str]:
    yield each.migration.name
    for step in each.steps:
        locks = {table: lock for table, lock in locks_of(step, names).items() if table in sizes}
        shown = [f"{lock.words} on {table} ({_size(sizes[table])})" for table, lock in sorted(locks.items())]
        yield f"  {step.name}: {'; '.join([_effect(step, locks, sizes), *shown])}"


def _effect(step: Step, locks: Mapping[str, Lock], sizes: Mapping[str, _Size]) -> str:
    """How bookings fare meanwhile."""
    if not step.in_transaction:
        return "online, bookings go on"
    blocking = [table for table, lock in locks.items() if lock >= Lock.SHARE]
    large = any(sizes[table].rows >= _LARGE for table in blocking)
    if _REWRITES.search(step.text) or (large and _works_long(step, locks)):
        return "BOOKINGS WAIT until it is done"
    return "bookings wait for a moment" if blocking else "online, bookings go on"


def _works_long(step: Step, locks: Mapping[str, Lock]) -> bool:
    """Whether it builds an index, or writes rows, before its transaction gives its locks back."""
    return any(lock in (Lock.SHARE, Lock.ROW_EXCLUSIVE) for lock in locks.values())


def _size(size: _Size) -> str:
    return f"{size.rows:,} rows, {size.bytes / 2**20:,.1f} MiB"
