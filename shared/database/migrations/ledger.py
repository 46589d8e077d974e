"""Reads and writes the tables that say which migrations, and which steps of an interrupted one, a database has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from shared.database.migrations.files import Migration, Step, migrations
from shared.errors import ConfigurationError

TABLES: Final = """
CREATE TABLE IF NOT EXISTS schema_migrations (
    name       text PRIMARY KEY,
    checksum   text        NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE IF NOT EXISTS schema_migration_steps (      -- of migrations that are not complete
    migration text        NOT NULL,
    step      text        NOT NULL,
    done_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (migration, step)
)
"""


@dataclass(frozen=True, slots=True)
class Missing:
    """A migration that is not finished, and its missing steps."""

    migration: Migration
    steps: Sequence[Step]


async def missing(connection: asyncpg.Connection) -> list[Missing]:
    """The missing migrations of a database, in order; may be empty.

    Raises ConfigurationError for a migration whose file was edited after it had been applied.
    """
    applied = {row["name"]: row["checksum"] for row in await _rows(connection, "schema_migrations")}
    done = {(row["migration"], row["step"]) for row in await _rows(connection, "schema_migration_steps")}
    to_come = []
    for migration in migrations():
        if (checksum := applied.get(migration.name)) is None:
            steps = [step for step in migration.steps if (migration.name, step.name) not in done]
            to_come.append(Missing(migration, steps))
        elif checksum != migration.checksum:
            raise ConfigurationError(f"migration {migration.name} was changed after it had been applied here")
    return to_come


async def note_step(connection: asyncpg.Connection, migration: Migration, step: Step) -> None:
    await connection.execute(
        "INSERT INTO schema_migration_steps (migration, step) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        migration.name,
        step.name,
    )


async def note_migration(connection: asyncpg.Connection, migration: Migration) -> None:
    """Notes a step, in the caller's transaction."""
    await connection.execute("DELETE FROM schema_migration_steps WHERE migration = $1", migration.name)
    await connection.execute(
        "INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)", migration.name, migration.checksum
    )


async def _rows(connection: asyncpg.Connection, table: str) -> list[asyncpg.Record]:
    """All rows of a table; none when the table does not exist yet."""
    there = await connection.fetchval("SELECT to_regclass($1) IS NOT NULL", table)
    return list(await connection.fetch(f"TABLE {table}")) if there else []
