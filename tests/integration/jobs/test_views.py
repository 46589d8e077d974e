"""The views that answer an inspector's questions."""

import re
from datetime import timedelta

import pytest

from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import Kind
from shared.jobs.store import Finish, Outcome
from tests.support.factories import a_claimed_job, a_job
from tests.support.repository import DOCS

DAY = timedelta(days=1)


async def test_recent_email_jobs_tell_where_each_stands_and_how_long_it_took(database: Database) -> None:
    sent = await a_claimed_job(database)
    await job_store.finish(database, [Finish(sent.job_id, 1, Outcome.SUCCEEDED, reply_code=250)], owner="worker")
    waiting = await a_job(database, Kind.REMINDER, due_in=DAY)

    rows = await database.fetch("SELECT * FROM recent_email_jobs")

    assert [row["job_id"] for row in rows] == [waiting.job_id, sent.job_id], "the newest first"
    assert [(row["state"], row["queue"]) for row in rows] == [
        ("scheduled", "notifications.normal"),
        ("succeeded", "notifications.high"),
    ]
    assert rows[0]["seconds_to_sent"] is None
    assert 0 <= rows[1]["seconds_to_sent"] < 60
    assert rows[1]["attempts"] == 1


async def test_what_is_recent_is_told_by_the_id(database: Database) -> None:
    ticket = await a_job(database)
    await database.execute(
        "UPDATE jobs SET id = ('0190' || substr(id::text, 5))::uuid WHERE id = $1",  # of July 2024
        ticket.job_id,
    )
    assert not await database.fetch("SELECT FROM recent_email_jobs")


async def test_what_is_recent_is_found_by_the_primary_key(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute("SET LOCAL enable_seqscan = off")
        plan = await session.fetch("EXPLAIN SELECT * FROM recent_email_jobs LIMIT 50")
    text = "\n".join(row[0] for row in plan)
    assert "jobs_pkey" in text
    assert "Index Cond: (id >=" in text


@pytest.mark.parametrize(("starts_in", "begun"), [(DAY, False), (-DAY, True)])
async def test_failed_jobs_tell_why_and_whether_it_is_too_late(
    database: Database, starts_in: timedelta, begun: bool
) -> None:
    ticket = await a_claimed_job(database)
    end = Finish(ticket.job_id, 1, Outcome.FAILED, reply_code=550, error="550 no such user")
    await job_store.finish(database, [end], owner="worker")
    await database.execute(
        "UPDATE appointments SET starts_at = now() + $1, ends_at = now() + $1 + interval '1 s'", starts_in
    )
    await a_job(database, appointment_id=ticket.appointment_id)

    [row] = await database.fetch("SELECT * FROM failed_jobs")

    assert (row["job_id"], row["reply_code"], row["worker"], row["error"]) == (
        ticket.job_id,
        550,
        "worker",
        "550 no such user",
    )
    assert row["appointment_has_begun"] is begun


@pytest.mark.parametrize("page", ["operations.md", "runbook.md"])
async def test_what_the_pages_tell_to_ask_can_be_asked(database: Database, page: str) -> None:
    text = (DOCS / page).read_text("utf-8")
    blocks = re.findall(r"```sql\n(.*?)```", text, re.DOTALL) + re.findall(r"`(SELECT [^`]*)`", text)
    statements = [each.strip() for block in blocks for each in block.split(";") if "SELECT" in each]
    assert statements
    for statement in statements:
        await database.fetch(statement)
