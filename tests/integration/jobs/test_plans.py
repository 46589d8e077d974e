"""What runs for every booking is planned once a connection, and finds held rows by their ids whatever else there is."""

import re
from collections.abc import AsyncIterator

import pytest

from notifier_service.channels import notice
from notifier_service.channels.email.channel import rules
from notifier_service.channels.email.recipient_limit import RecipientLimit
from shared.database import Database
from shared.database.sql_file import statements
from shared.jobs import store as job_store
from shared.jobs.store import Finish, Outcome
from tests.support.factories import a_claim_request, a_job

_LONE = 12


@pytest.fixture
async def one(database_url: str) -> AsyncIterator[Database]:
    """A pool of one connection, whose prepared statements can be looked at."""
    pool = await Database.connect(database_url, size=1, name="tests")
    yield pool
    await pool.close()


async def one_by_one(database: Database, per_hour: int | None) -> None:
    """Lone jobs, from their commit to the end of their mail."""
    ours = rules(RecipientLimit(database, per_hour))
    for _ in range(_LONE):
        ticket = await a_job(database)
        await job_store.mark_enqueued(database, [ticket])
        await notice.load(database, [ticket.job_id])
        await job_store.claim(database, [a_claim_request(ticket)], owner="w", lease=30, rules=ours)
        await job_store.finish(database, [Finish(ticket.job_id, 1, Outcome.SUCCEEDED)], owner="w")


@pytest.mark.parametrize("per_hour", [100, None])
async def test_lone_jobs_are_not_planned_one_by_one(one: Database, per_hour: int | None) -> None:
    """Whatever the settings: a parameter that is null lets a plan of its own look cheaper."""
    [[version]] = await one.fetch("SELECT current_setting('server_version_num')::int")
    if version < 140000:
        pytest.skip("this server does not count plans")
    await one_by_one(one, per_hour)
    rows = await one.fetch(
        "SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements"
        " WHERE statement LIKE '%unnest((SELECT $1::uuid[])%' AND statement NOT LIKE '%pg_prepared_statements%'"
    )
    plans = {row["statement"]: (row["generic_plans"], row["custom_plans"]) for row in rows}
    assert len(plans) == 4
    assert set(plans.values()) == {(_LONE - 5, 5)}, plans


HOT = {"mark_enqueued": "publishing.sql", "claim": "claiming.sql", "finish": "finishing.sql"}


@pytest.mark.parametrize("name", HOT)
@pytest.mark.parametrize("jobs", [0, 300])
async def test_the_rows_of_a_batch_are_found_by_their_ids(one: Database, name: str, jobs: int) -> None:
    """A plan is kept, and was perhaps made when the table was new, or when no job was under way: then a scan of it, or
    of a partial index by state, looks cheap."""
    if jobs:
        for _ in range(jobs):
            await a_job(one, state="succeeded")
        await one.execute("ANALYZE")
    statement = statements("shared.jobs.sql", HOT[name])[name]
    if name == "claim":
        statement = job_store.claim_statement(rules(RecipientLimit(one, 100)).fragment)
    plan = await _generic_plan(one, statement)
    assert set(re.findall(r"Scan(?: using (\w+))? on jobs(?! older)", plan)) == {"jobs_pkey"}, plan
    # of changed appointments only: is an older mail on its way?
    others = re.findall(r"Scan(?: using (\w+))? on (?:jobs older|appointments)", plan)
    assert others == (["appointments_pkey", "jobs_of_appointment"] if name == "claim" else []), plan


@pytest.mark.parametrize("name", ["list", "unread", "read_all"])
async def test_the_notifications_of_a_client_are_found_by_their_one_index(one: Database, name: str) -> None:
    plan = await _generic_plan(one, statements("api_service.inbox.sql", "inbox.sql")[name])
    assert "in_app_notifications_in_commit_order" in plan, plan


async def test_a_dead_letter_is_looked_for_by_its_body(one: Database) -> None:
    """RabbitMQ 4 says of nearly every one that it came before."""
    plan = await _generic_plan(one, statements("notifier_service.consuming.sql", "dead_letters.sql")["keep"])
    assert "dead_letters_by_body" in plan, plan


async def _generic_plan(database: Database, statement: str) -> str:
    await database.execute("SET plan_cache_mode = force_generic_plan")
    await database.execute(f"PREPARE hot AS {statement}")
    count = max(map(int, re.findall(r"\$(\d+)", statement)))
    rows = await database.fetch(f"EXPLAIN EXECUTE hot ({', '.join(['NULL'] * count)})")
    return "\n".join(row[0] for row in rows)
