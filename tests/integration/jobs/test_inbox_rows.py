"""The rows of the inbox: a change of one needs no entry in any index (docs/decisions/0022)."""

from shared.database import Database
from tests.support.factories import a_claimed_job


async def test_reading_a_notification_changes_no_index(database: Database) -> None:
    await a_claimed_job(database)
    async with database.transaction() as reading:
        assert await reading.execute("UPDATE in_app_notifications SET read_at = now()") == "UPDATE 1"
        row = await reading.fetchrow(
            "SELECT pg_stat_get_xact_tuples_hot_updated('in_app_notifications'::regclass) AS hot"
        )
    assert row is not None
    assert row["hot"] == 1
