"""What others refer to stays, though no foreign key says so (migration 0017)."""

import pytest

from shared.database import Database
from shared.errors import ItemRefused
from tests.support.factories import a_claimed_job, an_appointment


@pytest.mark.parametrize("table", ["doctors", "clients", "appointments"])
async def test_what_is_referred_to_cannot_be_deleted_or_renamed(database: Database, table: str) -> None:
    await a_claimed_job(database)
    with pytest.raises(ItemRefused, match="ForeignKeyViolationError"):
        await database.execute(f"DELETE FROM {table}")  # noqa: S608 - the test's own
    other = "gen_random_uuid()" if table == "appointments" else "'other'"
    with pytest.raises(ItemRefused, match="ForeignKeyViolationError"):
        await database.execute(f"UPDATE {table} SET id = {other}")  # noqa: S608 - the test's own


async def test_what_nobody_refers_to_may_go(database: Database) -> None:
    await an_appointment(database)
    for table in ("appointments", "doctors", "clients"):
        assert await database.execute(f"DELETE FROM {table}") == "DELETE 1"  # noqa: S608 - the test's own
