"""Failed jobs by cause, and their requeue after a count was shown."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from api_service.ops.dashboard.pages import confirmations
from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import Kind
from shared.jobs.store import Finish, Outcome
from tests.support.factories import a_claimed_job, a_job, an_appointment, the_row, the_state
from tests.support.tokens import a_token
from tests.support.visitor import Seen, Visitor

NOW = datetime.now(UTC)
FULL = "552 5.2.2 <c@patients.example>: Mailbox full"


@pytest.fixture
async def visitor(api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url, a_token("operator", "ops")) as one:
        yield one


async def a_failed_job(database: Database, error: str = FULL, **options: Any) -> UUID:
    columns: dict[str, Any] = {"error": error, "finished_at": NOW - timedelta(minutes=1), "state": "failed"} | options
    return (await a_job(database, **columns)).job_id


GROUPS: list[tuple[str | None, str]] = [
    ("550 5.1.1 <a.b@c.example>: no such user John", "SMTP 550 5.1.1"),
    ("451-4.3.0 try later", "SMTP 451 4.3.0"),
    ("550 go away a@b.example", "SMTP 550"),
    ("550", "SMTP 550"),
    ("550 5.1.1234 odd", "SMTP 550"),
    ("5501 is no code", "… is no code"),
    ("TimeoutError at data", "TimeoutError at data"),
    ("KeyError: 'client-17'", "KeyError: …"),
    ("ValueError: 17 of 01a20fa3-68f8-70a1-9348-4063619d6977", "ValueError: … of …"),
    ("no mail to ada@patients.example today\nTraceback", "no mail to … today"),
    ("x" * 300, "x" * 160),
    ("", "no error was recorded"),
    (None, "no error was recorded"),
]


async def test_errors_of_one_cause_have_one_group_without_anything_personal(database: Database) -> None:
    for error, group in GROUPS:
        row = await database.fetchrow("SELECT job_error_group($1) AS group", error)
        assert row is not None
        assert row["group"] == group


async def test_a_job_that_fails_has_its_cause_and_one_that_does_not_has_none(database: Database) -> None:
    failing, retrying = await a_claimed_job(database), await a_claimed_job(database)
    ends = [
        Finish(failing.job_id, 1, Outcome.FAILED, reply_code=552, error=FULL),
        Finish(retrying.job_id, 1, Outcome.RETRYING, delay=5, reply_code=451, error="451 later"),
    ]
    await job_store.finish(database, ends, owner="worker")

    assert (await the_row(database, failing.job_id))["error_group"] == "SMTP 552 5.2.2"
    assert (await the_row(database, retrying.job_id))["error_group"] is None


async def test_groups_have_counts_kinds_and_what_was_done(visitor: Visitor, database: Database) -> None:
    for _ in range(3):
        await a_failed_job(database)
    await a_failed_job(database, kind=Kind.REMINDER)
    await a_failed_job(database, "KeyError: 'x'")

    page = await visitor.get("/ops/failed")
    assert page.keys == ["SMTP 552 5.2.2", "KeyError: …"]
    assert "The mailbox is full" in page.text
    assert "Confirmation 3" in page.text
    assert "4 in the last 24 hours" in page.html
    by_kind = await visitor.get("/ops/failed?by=kind")
    assert by_kind.keys == ["appointment_created_email", "appointment_reminder"]

    await visitor.submit("/ops/failed/note", {"group": "KeyError: …", "note": "ticket 17"})
    assert "ticket 17 operator" in (await visitor.get("/ops/failed")).text
    await visitor.submit("/ops/failed/note", {"group": "KeyError: …", "note": ""})
    assert "ticket 17" not in (await visitor.get("/ops/failed")).text
    assert (await visitor.get("/ops/log")).text.count("KeyError") == 2


async def confirmed(visitor: Visitor, asked: Seen, **fields: str) -> Seen:
    return await visitor.submit(asked.path, fields)


async def test_a_requeue_of_many_is_counted_then_done_to_that_set_once(visitor: Visitor, database: Database) -> None:
    first = [await a_failed_job(database) for _ in range(2)]
    other = await a_failed_job(database, "KeyError: 'x'")
    asked = await visitor.submit("/ops/confirmations", {"action": "requeue", "group": "SMTP 552 5.2.2"})
    assert "Requeue 2 failed jobs?" in asked.text
    assert "2 will be queued: 2 high, 0 normal" in asked.text
    later = await a_failed_job(database, finished_at=datetime.now(UTC))

    done = await confirmed(visitor, asked, reason="quota raised", pace="1")

    assert "2 jobs requeued" in done.text
    rows = [await the_row(database, job) for job in first]
    assert {row["state"] for row in rows} == {"scheduled"}
    assert sorted(round((row["due_at"] - rows[0]["due_at"]).total_seconds()) for row in rows) in ([0, 1], [-1, 0])
    assert [await the_state(database, job) for job in (other, later)] == ["failed", "failed"]
    again = await confirmed(visitor, asked)
    assert "2 jobs requeued" in again.text
    log = (await visitor.get("/ops/log")).text
    assert log.count("requeue many") == 1
    assert "2 /2 quota raised" in log
    assert "requeued" in (await visitor.get("/ops/failed")).text


async def test_all_that_match_is_a_choice_of_its_own_beside_the_ticked(visitor: Visitor, database: Database) -> None:
    for _ in range(2):
        await a_failed_job(database)
    await a_failed_job(database, "KeyError: 'x'")
    listed = await visitor.get("/ops/jobs?state=failed&group=SMTP+552+5.2.2")
    assert "Requeue all…" in listed.text
    assert '<input type="hidden" name="group" value="SMTP 552 5.2.2">' in listed.html
    chosen = {"action": "requeue", "group": "SMTP 552 5.2.2", "kind": ""}
    assert "Requeue 2 failed jobs?" in (await visitor.submit("/ops/confirmations", chosen)).text
    for query in ("state=failed", "state=succeeded&kind=appointment_reminder", "group=SMTP+552+5.2.2&queue=high"):
        assert "Requeue all…" not in (await visitor.get(f"/ops/jobs?{query}")).text


async def test_what_cannot_or_need_not_arrive_stays_failed(visitor: Visitor, database: Database) -> None:
    begun = await an_appointment(database, starts_in=timedelta(hours=-1))
    past = await a_failed_job(database, appointment_id=begun)
    maybe = await a_failed_job(database, "TimeoutError at end of data")
    sure = await a_failed_job(database, "TimeoutError at data")
    ticked = [("id", str(job)) for job in (past, maybe, sure)]

    asked = await visitor.submit("/ops/confirmations", [("action", "requeue"), *ticked])
    assert "1 will be queued" in asked.text
    assert "1 stay failed: 1 of appointments that have begun" in asked.text
    assert "1 may have arrived already" in asked.text
    await confirmed(visitor, asked)
    assert [await the_state(database, job) for job in (past, maybe, sure)] == ["failed", "failed", "scheduled"]

    asked = await visitor.submit("/ops/confirmations", [("action", "requeue"), *ticked])
    await confirmed(visitor, asked, unsure="1")
    assert [await the_state(database, job) for job in (past, maybe)] == ["failed", "scheduled"]


async def test_jobs_to_suppressed_addresses_stay_failed(visitor: Visitor, database: Database) -> None:
    job = await a_failed_job(database)
    await visitor.submit("/ops/suppressions", {"address": "c@Patients.example", "reason": "bounced"})

    asked = await visitor.submit("/ops/confirmations", [("action", "requeue"), ("id", str(job))])

    assert "1 to suppressed addresses" in asked.text
    assert "Nothing can be done" in asked.text
    await confirmed(visitor, asked)
    assert await the_state(database, job) == "failed"


async def test_above_a_number_it_is_typed(
    visitor: Visitor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(confirmations, "TYPED_FROM", 1)
    jobs = [await a_failed_job(database) for _ in range(2)]
    asked = await visitor.submit("/ops/confirmations", {"action": "requeue", "group": "SMTP 552 5.2.2"})

    refused = await confirmed(visitor, asked, typed="3")
    assert (refused.status, "Nothing was changed." in refused.text) == (422, True)
    assert {await the_state(database, job) for job in jobs} == {"failed"}
    await confirmed(visitor, asked, typed="2")
    assert {await the_state(database, job) for job in jobs} == {"scheduled"}


async def test_a_confirmation_is_nobody_elses(api_url: str, visitor: Visitor, database: Database) -> None:
    job = await a_failed_job(database)
    asked = await visitor.submit("/ops/confirmations", [("action", "requeue"), ("id", str(job))])
    async with Visitor.at(api_url, a_token("other", "ops")) as other:
        assert (await other.get(asked.path)).status == 404
        assert (await other.submit(asked.path)).status == 404
    assert await the_state(database, job) == "failed"


async def test_ticked_jobs_are_cancelled_after_a_count(visitor: Visitor, database: Database) -> None:
    waiting = await a_job(database)
    running = await a_claimed_job(database)
    ended = await a_job(database, state="succeeded")
    ticked = [("id", str(each.job_id)) for each in (waiting, running, ended)]

    asked = await visitor.submit("/ops/confirmations", [("action", "cancel"), *ticked])
    assert "1 wait and will be cancelled" in asked.text
    assert "1 are being sent just now" in asked.text
    assert "1 have ended already" in asked.text
    done = await confirmed(visitor, asked)

    assert "2 jobs cancelled" in done.text
    states = [await the_state(database, each.job_id) for each in (waiting, running, ended)]
    assert states == ["cancelled", "processing", "succeeded"]


@pytest.mark.parametrize(
    "fields",
    [
        [("action", "delete"), ("id", "0" * 32)],
        [("action", "cancel")],
        [("action", "requeue"), ("id", "x")],
        [("action", "requeue"), ("kind", "x")],
        [("action", "requeue"), *[("id", "0" * 32)] * 201],
    ],
    ids=["action", "nothing", "id", "kind", "too many"],
)
async def test_a_choice_that_means_nothing_is_refused(visitor: Visitor, fields: list[tuple[str, str]]) -> None:
    seen = await visitor.submit("/ops/confirmations", fields)
    assert (seen.status, "Nothing was changed." in seen.text) == (422, True)


async def test_a_notice_is_true_after_a_reload(visitor: Visitor, database: Database) -> None:
    job = await a_failed_job(database)
    done = await visitor.submit(f"/ops/jobs/{job}/requeue")
    assert "Requeued. It waits for its turn." in done.text
    await database.execute(
        "UPDATE jobs SET state = 'skipped', reason = 'address suppressed', finished_at = now() WHERE id = $1", job
    )

    again = await visitor.get(done.path)

    assert "Requeued, but not sent. Address suppressed." in again.text
    assert "tried again" not in again.text


async def test_a_question_about_no_job_is_no_dead_end(visitor: Visitor) -> None:
    asked = await visitor.submit("/ops/confirmations", {"action": "requeue", "group": "SMTP 552 5.2.2"})

    assert "Nothing to requeue" in asked.text
    assert "Requeue 0" not in asked.text
    assert 'href="/ops/failed">The jobs that are failed now' in asked.html


async def test_a_pace_that_takes_no_time_is_not_told_in_milliseconds(visitor: Visitor, database: Database) -> None:
    await a_failed_job(database)
    asked = await visitor.submit("/ops/confirmations", {"action": "requeue", "group": "SMTP 552 5.2.2"})
    assert "At 50 a second it takes less than a second." in asked.text
