"""Rows that others refer to stay, and the locks of foreign keys hold up nobody (docs/decisions/0014)."""

import asyncio

import pytest

from shared.database import DanglingReference, Database
from shared.jobs import store as job_store
from tests.support.factories import a_claim_request, a_claimed_job, a_job, an_appointment


@pytest.mark.parametrize("table", ["doctors", "clients", "appointments"])
async def test_what_is_referred_to_cannot_be_deleted_or_renamed(database: Database, table: str) -> None:
    await a_claimed_job(database)
    with pytest.raises(DanglingReference, match="ForeignKeyViolationError"):
        await database.execute(f"DELETE FROM {table}")  # noqa: S608 - the test's own
    other = "gen_random_uuid()" if table == "appointments" else "'other'"
    with pytest.raises(DanglingReference, match="ForeignKeyViolationError"):
        await database.execute(f"UPDATE {table} SET id = {other}")  # noqa: S608 - the test's own


async def test_what_nobody_refers_to_may_go(database: Database) -> None:
    await an_appointment(database)
    for table in ("appointments", "doctors", "clients"):
        assert await database.execute(f"DELETE FROM {table}") == "DELETE 1"  # noqa: S608 - the test's own


async def test_a_change_of_an_appointment_holds_up_no_claim_of_its_jobs(database: Database) -> None:
    ticket = await a_job(database)
    async with asyncio.timeout(60), database.transaction() as moving:
        await moving.execute("UPDATE appointments SET reason = 'moved', version = version + 1")
        [claim] = await job_store.claim(database, [a_claim_request(ticket)], owner="worker", lease=30)
    assert claim.verdict == "claimed"
    assert len(await database.fetch("SELECT FROM in_app_notifications")) == 1


async def test_a_claim_holds_up_no_change_of_what_it_refers_to(database: Database) -> None:
    ticket = await a_job(database)
    async with asyncio.timeout(60), database.transaction() as claiming:
        [claim] = await job_store.claim(claiming, [a_claim_request(ticket)], owner="worker", lease=30)
        for table in ("appointments", "clients", "doctors"):
            assert await database.execute(f"UPDATE {table} SET updated_at = now()") == "UPDATE 1"  # noqa: S608
    assert claim.verdict == "claimed"
