"""Every way to the newest schema ends at the same one."""

from typing import Final

import pytest

from deploy.local.postgres import Postgres
from shared.database import Database
from shared.database.migrations.files import migrations
from shared.database.migrations.runner import migrate, plan
from shared.errors import ConfigurationError
from tests.integration.migrations.older import LAST_SHIPPED_WHOLE, an_empty_database, as_shipped, schema, until
from tests.support.databases import Databases

ALWAYS: Final = 4
"""The newest of the older schemas: users have one of these."""


def older_schemas() -> list[object]:
    """Each but the newest. The first one and the last one that was shipped whole are always tried, too."""
    names = [each.name for each in migrations()][:-1]
    always = {names[0], LAST_SHIPPED_WHOLE, *names[-ALWAYS:]}
    return [pytest.param(name, marks=() if name in always else pytest.mark.slow) for name in names]


@pytest.fixture(scope="module")
async def newest(databases: Databases) -> str:
    """The newest schema, as pg_dump tells it."""
    async with databases.own() as url:
        return await schema(url)


async def test_the_steps_lead_to_the_schema_of_the_shipped_files(postgres: Postgres) -> None:
    shipped, by_steps = [await an_empty_database(postgres) for _ in range(2)]
    old = until(LAST_SHIPPED_WHOLE)
    await as_shipped(shipped, old)
    await _migrate(shipped)
    assert await _migrate(by_steps) == [each.name for each in migrations()]
    assert await schema(shipped) == await schema(by_steps)


@pytest.mark.parametrize("name", older_schemas())
async def test_an_older_database_comes_to_the_newest_schema(postgres: Postgres, name: str, newest: str) -> None:
    old = await an_empty_database(postgres)
    await as_shipped(old, until(name))
    assert await _migrate(old) == [each.name for each in migrations() if each.name > name]
    assert await _migrate(old) == []
    assert await schema(old) == newest


async def test_a_plan_names_what_is_missing_and_changes_nothing(postgres: Postgres) -> None:
    url = await an_empty_database(postgres)
    database = await Database.connect(url, size=2, name="tests")
    try:
        assert [each.migration for each in await plan(database)] == list(migrations())
        assert await database.fetch("SELECT FROM pg_class WHERE relname LIKE 'schema_migration%'") == []
        await migrate(database)
        assert await plan(database) == []
    finally:
        await database.close()


async def test_an_applied_migration_that_was_edited_is_refused(postgres: Postgres, database: Database) -> None:
    await database.execute("UPDATE schema_migrations SET checksum = 'other' WHERE name = '0005_doctors_by_name'")
    with pytest.raises(ConfigurationError, match="0005_doctors_by_name"):
        await migrate(database)


async def _migrate(url: str) -> list[str]:
    database = await Database.connect(url, size=2, name="tests")
    try:
        return await migrate(database)
    finally:
        await database.close()
