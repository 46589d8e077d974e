"""Changes of many jobs on the dashboard: their confirmations, and the mails that these show."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from api_service.ops.core import cancelling
from shared.database import Database
from shared.jobs.model import Kind
from tests.support.factories import a_claimed_job, a_job, the_state
from tests.support.tokens import a_token
from tests.support.visitor import Visitor

AN_HOUR = timedelta(hours=1)
NOW = datetime.now(UTC)


@pytest.fixture
async def visitor(api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url, a_token("operator", "ops")) as one:
        yield one


async def test_all_that_match_are_cancelled_after_their_mails_were_shown(
    visitor: Visitor, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cancelling, "BATCH", 3)
    reminders = [await a_job(database, Kind.REMINDER, due_in=AN_HOUR) for _ in range(7)]
    other = await a_job(database, due_in=AN_HOUR)
    listed = await visitor.get("/ops/jobs?state=scheduled&kind=appointment_reminder")
    assert "Cancel all…" in listed.text

    asked = await visitor.submit(
        "/ops/confirmations", {"action": "cancel", "state": "scheduled", "kind": "appointment_reminder"}
    )
    later = await a_job(database, Kind.REMINDER, due_in=AN_HOUR)

    assert "Cancel 7 jobs?" in asked.text
    assert "All jobs that match: state scheduled , kind Reminder , made before" in asked.text
    assert asked.text.count("Dr. Ada") == 5
    assert "c•••@patients.example" in asked.text
    assert "and 2 more" in asked.text
    done = await visitor.submit(asked.path, {"reason": "the doctor is ill"})
    assert "7 jobs cancelled" in done.text
    assert "cancelled 7" in done.text
    assert {await the_state(database, job.job_id) for job in reminders} == {"cancelled"}
    assert [await the_state(database, job.job_id) for job in (other, later)] == ["scheduled", "scheduled"]
    assert "the doctor is ill" in (await visitor.get("/ops/log")).text


async def test_a_confirmation_is_carried_out_once(visitor: Visitor, database: Database) -> None:
    job = await a_job(database, Kind.REMINDER, due_in=AN_HOUR)
    asked = await visitor.submit("/ops/confirmations", {"action": "cancel", "client": "c"})
    await visitor.submit(asked.path)
    await database.execute("UPDATE jobs SET state = 'scheduled' WHERE id = $1", job.job_id)

    assert "1 job cancelled" in (await visitor.submit(asked.path)).text

    assert await the_state(database, job.job_id) == "scheduled"


async def test_all_failed_jobs_of_a_cause_are_given_up_and_no_others(visitor: Visitor, database: Database) -> None:
    full = await a_job(database, error="552 5.2.2 full", finished_at=NOW, state="failed")
    gone = await a_job(database, error="550 5.1.1 gone", finished_at=NOW, state="failed")

    asked = await visitor.submit(
        "/ops/confirmations", {"action": "cancel", "state": "failed", "group": "SMTP 552 5.2.2"}
    )
    assert "cause SMTP 552 5.2.2 (the mailbox is full)" in asked.text
    await visitor.submit(asked.path)

    assert [await the_state(database, job.job_id) for job in (full, gone)] == ["cancelled", "failed"]


async def test_a_row_is_cancelled_after_its_mail_was_shown_whatever_else_is_ticked(
    visitor: Visitor, database: Database
) -> None:
    job, ticked = await a_job(database, due_in=AN_HOUR), await a_job(database, due_in=AN_HOUR)
    assert f'value="cancel {job.job_id}"' in (await visitor.get("/ops/jobs?state=scheduled")).html

    asked = await visitor.submit("/ops/confirmations", [("id", str(ticked.job_id)), ("row", f"cancel {job.job_id}")])
    assert "Cancel 1 job?" in asked.text
    assert "Dr. Ada" in asked.text
    await visitor.submit(asked.path)

    assert [await the_state(database, each.job_id) for each in (job, ticked)] == ["cancelled", "scheduled"]


async def test_only_mails_that_would_change_are_shown(visitor: Visitor, database: Database) -> None:
    sent = await a_job(database, state="succeeded", finished_at=NOW)
    waiting = await a_job(database, Kind.REMINDER, due_in=AN_HOUR)
    running = await a_claimed_job(database)
    ticked = [("id", str(job.job_id)) for job in (sent, waiting, running)]

    asked = await visitor.submit("/ops/confirmations", [("action", "cancel"), *ticked])

    assert "1 have ended already" in asked.text
    assert f"/ops/jobs/{waiting.job_id}" in asked.html
    assert f"/ops/jobs/{running.job_id}" in asked.html
    assert f"/ops/jobs/{sent.job_id}" not in asked.html


async def test_a_requeue_of_nothing_but_uncertain_jobs_asks_for_them(visitor: Visitor, database: Database) -> None:
    job = await a_job(database, state="failed", finished_at=NOW, error="TimeoutError at end of data")

    asked = await visitor.submit("/ops/confirmations", [("action", "requeue"), ("id", str(job.job_id))])

    assert "Requeue 1 job" in asked.text
    assert "0 job" not in asked.text
    refused = await visitor.submit(asked.path)
    assert (refused.status, "tick the box" in refused.text) == (422, True)
    assert "1 job requeued" in (await visitor.submit(asked.path, {"unsure": "1"})).text


NOT_CHOSEN: list[dict[str, str]] = [
    {"action": "cancel"},
    {"action": "cancel", "state": "scheduled"},
    {"action": "requeue"},
    {"action": "cancel", "kind": "x"},
    {"action": "cancel", "kind": "appointment_reminder", "queue": "normal"},
    {"action": "delete", "client": "c"},
    {"row": "cancel x"},
    {"row": "delete 00000000-0000-0000-0000-000000000000"},
]


async def test_what_names_no_set_changes_nothing(visitor: Visitor, database: Database) -> None:
    job = await a_job(database, Kind.REMINDER, due_in=AN_HOUR)
    for form in NOT_CHOSEN:
        seen = await visitor.submit("/ops/confirmations", form)
        assert (seen.status, "Nothing was changed." in seen.text) == (422, True), form
    assert await the_state(database, job.job_id) == "scheduled"


@pytest.mark.parametrize("by_filter", [False, True], ids=["ticked", "by filter"])
async def test_a_question_of_a_session_that_has_ended_is_asked_again(
    api_url: str, database: Database, by_filter: bool
) -> None:
    """By whoever signs in, with the reason that was typed; nothing is done before it is confirmed there."""
    job, other = await a_job(database, Kind.REMINDER, due_in=AN_HOUR), await a_job(database, due_in=AN_HOUR)
    chosen = [("kind", "appointment_reminder"), ("state", "scheduled")] if by_filter else [("id", str(job.job_id))]
    async with Visitor.at(api_url, a_token("operator", "ops")) as former:
        asked = await former.submit("/ops/confirmations", [("action", "cancel"), *chosen])
        await former.submit("/ops/sign-out")
    form = asked.html[asked.html.index(f'action="{asked.path}"') :]
    sent = [pair for pair in re.findall(r'name="(\w+)" value="([^"]*)"', form) if pair[0] != "csrf"]
    async with Visitor.at(api_url, a_token("second", "ops")) as visitor:
        again = await visitor.submit(asked.path, [*sent, ("reason", "the doctor is ill")])

        assert (again.status, await the_state(database, job.job_id)) == (200, "scheduled")
        assert "Cancel 1 job?" in again.text
        assert "in a session that has ended" in again.text
        assert 'value="the doctor is ill"' in again.html
        [action] = re.findall(r'action="(/ops/confirmations/[^"]+)"', again.html)
        assert action != asked.path
        assert "1 job cancelled" in (await visitor.submit(action)).text
    assert [await the_state(database, each.job_id) for each in (job, other)] == ["cancelled", "scheduled"]
