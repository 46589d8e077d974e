"""Foreign keys come back to a database that has lived without them (migration 0026)."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final

import asyncpg
import pytest
from structlog.testing import capture_logs

from deploy.local.postgres import Postgres
from shared.database import Database
from shared.database.migrations.runner import migrate
from tests.integration.migrations.older import an_empty_database, as_shipped, until


@dataclass(frozen=True)
class Key:
    """A column of a table; values (SQL) that refer to something, and to nothing."""

    table: str
    column: str
    something: str
    nothing: str

    @property
    def name(self) -> str:
        return f"{self.table}_{self.column}_fkey"

    def set_all(self, column: str, value: str) -> str:
        """In all rows of the table."""
        return f"UPDATE {self.table} SET {column} = {value}"  # noqa: S608 - the test's own

    def lose(self) -> str:
        """One row of the table refers to nothing then."""
        one = f"(SELECT id FROM {self.table} ORDER BY id LIMIT 1)"  # noqa: S608 - the test's own
        return f"{self.set_all(self.column, self.nothing)} WHERE id = {one}"


AN_APPOINTMENT: Final = ("(SELECT id FROM appointments LIMIT 1)", "gen_random_uuid()")
KEYS: Final = (
    Key("appointments", "client_id", "'c'", "'nobody'"),
    Key("appointments", "doctor_id", "'d'", "'nobody'"),
    Key("in_app_notifications", "appointment_id", *AN_APPOINTMENT),
    Key("jobs", "appointment_id", *AN_APPOINTMENT),
)
_ROWS: Final = """
INSERT INTO doctors (id, name, timezone) VALUES ('d', 'Ada', 'UTC');
INSERT INTO clients (id, email) VALUES ('c', 'c@patients.example');
INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at)
SELECT gen_random_uuid(), 'd', 'c', '2030-01-01', '08:00', 'UTC', at, at + interval '30 minutes'
  FROM generate_series(timestamptz '2030-01-01', '2030-01-02', interval '1 hour') AS at;
INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, publish_after)
SELECT gen_random_uuid(), 'appointment_created_email', 'high', 'scheduled', id, client_id, now(), now()
  FROM appointments;
INSERT INTO in_app_notifications (id, job_id, client_id, appointment_id, kind, title, body)
SELECT gen_random_uuid(), id, client_id, appointment_id, kind, 'T', 'B' FROM jobs
"""


@pytest.fixture
async def url(postgres: Postgres) -> str:
    """A database of the release before the keys."""
    url = await an_empty_database(postgres)
    await as_shipped(url, until("0025_channels"))
    return url


@pytest.fixture
async def session(url: str) -> AsyncIterator[asyncpg.Connection]:
    """With rows that refer to each other."""
    connection = await asyncpg.connect(url)
    await connection.execute(_ROWS)
    yield connection
    await connection.close()


async def test_rows_that_refer_to_something_prove_every_key(url: str, session: asyncpg.Connection) -> None:
    assert await warnings_of_the_upgrade(url) == []
    assert await proven(session) == {key.name: True for key in KEYS}


@pytest.mark.parametrize("key", KEYS, ids=lambda key: key.name)
async def test_an_orphan_fails_no_upgrade_and_its_key_proves_new_rows(
    url: str, session: asyncpg.Connection, key: Key
) -> None:
    await session.execute(key.lose())
    [warning] = await warnings_of_the_upgrade(url)
    assert key.name in warning
    assert await proven(session) == {each.name: each != key for each in KEYS}

    await session.execute(key.set_all("created_at", "now()"))  # the orphan can still be written
    with pytest.raises(asyncpg.ForeignKeyViolationError, match=key.name):
        await session.execute(key.set_all(key.column, key.nothing))
    await session.execute(key.set_all(key.column, key.something))
    await session.execute(f"ALTER TABLE {key.table} VALIDATE CONSTRAINT {key.name}")
    assert await proven(session) == {each.name: True for each in KEYS}


@pytest.mark.parametrize("table", ["doctors", "clients", "appointments"])
async def test_keys_that_are_not_proven_keep_rows_that_others_refer_to(
    url: str, session: asyncpg.Connection, table: str
) -> None:
    for key in KEYS:
        await session.execute(key.lose())
    assert len(await warnings_of_the_upgrade(url)) == len(KEYS)
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        await session.execute(f"DELETE FROM {table}")  # noqa: S608 - the test's own


async def warnings_of_the_upgrade(url: str) -> list[str]:
    database = await Database.connect(url, size=2, name="tests")
    try:
        with capture_logs() as logged:
            await migrate(database)
    finally:
        await database.close()
    return [entry["text"] for entry in logged if entry["event"] == "migration warns"]


async def proven(session: asyncpg.Connection) -> dict[str, bool]:
    """Each key that is there, and whether all rows are proven."""
    rows = await session.fetch(
        "SELECT conname, convalidated FROM pg_constraint WHERE contype = 'f' AND conname = ANY ($1::name[])",
        [key.name for key in KEYS],
    )
    return {row["conname"]: row["convalidated"] for row in rows}
