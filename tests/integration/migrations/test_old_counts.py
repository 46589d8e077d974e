"""Jobs that end while an upgrade begins to count them are counted once (migration 0013)."""

import asyncpg
import pytest

from deploy.local.postgres import Postgres
from shared.database import Database
from shared.database.migrations import runner
from shared.database.migrations.files import Migration, Step
from shared.database.migrations.ledger import note_step
from shared.database.migrations.runner import migrate
from shared.jobs import counts
from tests.integration.migrations.older import an_empty_database, as_shipped, until

_BOOKED = """
INSERT INTO doctors (id, name, timezone) VALUES ('1', 'Dr. Ada Weber', 'Europe/Berlin');
INSERT INTO clients (id) VALUES ('client');
INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at)
SELECT gen_random_uuid(), '1', 'client', '2100-01-04', '09:00', 'Europe/Berlin', at, at + interval '30 minutes'
  FROM generate_series(timestamptz '2100-01-04', timestamptz '2100-01-05', interval '1 hour') AS at;
INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, publish_after)
SELECT gen_random_uuid(), 'appointment_created_email', 'high', 'succeeded', id, client_id, now(), now()
  FROM appointments;
INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, publish_after)
SELECT gen_random_uuid(), 'appointment_reminder', 'normal', 'scheduled', id, client_id, now(), now() FROM appointments
"""
_END = """
UPDATE jobs SET state = 'failed', finished_at = now()
 WHERE id IN (SELECT id FROM jobs WHERE state = 'scheduled' LIMIT 5);
UPDATE jobs SET state = 'scheduled', finished_at = NULL
 WHERE id IN (SELECT id FROM jobs WHERE state = 'succeeded' LIMIT 3);
DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE state = 'succeeded' LIMIT 2)
"""


class Interrupted(Exception):
    pass


async def test_what_ends_between_the_triggers_and_the_count_is_counted_once(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = await an_empty_database(postgres)
    await as_shipped(url, until("0012_dashboard_actions"))
    database = await Database.connect(url, size=2, name="tests")
    connection = await asyncpg.connect(url)
    await connection.execute(_BOOKED)

    async def ends_there(connection: asyncpg.Connection, migration: Migration, step: Step) -> None:
        if step.name == "count what ended before":
            raise Interrupted
        await note_step(connection, migration, step)

    with monkeypatch.context() as patched:
        patched.setattr(runner, "note_step", ends_there)
        with pytest.raises(Interrupted):
            await migrate(database)
    await connection.execute(_END)
    await migrate(database)
    await connection.execute(_END)

    rows = await database.fetch("SELECT kind, state, count(*) FROM jobs WHERE is_final(state) GROUP BY 1, 2")
    standing = {key: jobs for key, jobs in (await counts.standing(database)).items() if jobs}
    assert standing == {(row["state"], row["kind"]): row["count"] for row in rows}
    await connection.close()
    await database.close()
