"""`api-service migrate`: says what it would do, does it, and says what it has done."""

import asyncpg

from deploy.local.postgres import Postgres
from shared.database.migrations.files import migrations
from tests.integration.migrations.older import an_empty_database, as_shipped, until
from tests.integration.starts.processes import run

MIGRATE = ("api-service", "migrate")


async def test_it_plans_and_applies_and_has_nothing_left_to_do(postgres: Postgres) -> None:
    url = await an_empty_database(postgres)
    planned = await run((*MIGRATE, "--plan"), DATABASE_URL=url)
    names = [each.name for each in migrations()]
    assert (planned.status, [line for line in planned.text.splitlines() if line[0] != " "]) == (0, names)

    applied = await run(MIGRATE, DATABASE_URL=url)
    assert applied.status == 0
    assert [line for line in applied.text.splitlines() if line.startswith("applied ")] == [
        f"applied {n}" for n in names
    ]
    assert "migration step done" in applied.text

    for command in (MIGRATE, (*MIGRATE, "--plan")):
        assert (await run(command, DATABASE_URL=url)).text == "nothing to apply\n"


async def test_the_plan_tells_how_large_tables_are_and_when_bookings_wait(postgres: Postgres) -> None:
    url = await an_empty_database(postgres)
    await as_shipped(url, until("0015_cheaper_notes"))
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO clients (id) SELECT n::text FROM generate_series(1, 2000) AS n; ANALYZE clients"
    )
    await connection.close()
    planned = await run((*MIGRATE, "--plan"), DATABASE_URL=url)
    lines = planned.text.splitlines()
    assert lines[:2] == ["0016_cheaper_slots", "  the whole file: BOOKINGS WAIT until it is done"]
    assert "  the whole file: one transaction; clients (2,000 rows)" in lines
    assert "  build jobs_parked: bookings go on" in lines
