"""Sending again what a job said, and giving a failed job up."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import DOCTOR_KINDS, Kind, State, Ticket
from tests.integration.api.ops.failed_jobs import a_failed_job, one_of_each
from tests.support.client import Client
from tests.support.factories import a_claim_request, a_job, an_appointment, the_row, the_state

JOBS = "/api/ops/jobs"
ENDED = (State.SUCCEEDED, State.SKIPPED, State.FAILED)


async def actions(operator: Client) -> list[dict[str, Any]]:
    return list((await operator("GET", "/api/ops/actions")).body["items"])


@pytest.mark.parametrize("state", ENDED)
async def test_a_job_that_has_ended_is_sent_again_as_a_new_job_that_says_whose_it_is(
    operator: Client, database: Database, state: State
) -> None:
    source = await a_job(database, Kind.REMINDER, state=state)

    answer = await operator("POST", f"{JOBS}/{source.job_id}/resend", {"reason": "asked by phone"})

    assert answer.status == 202
    new = answer.body
    assert answer.headers["Location"] == f"{JOBS}/{new['id']}"
    assert (new["resendOf"], new["kind"], new["state"]) == (str(source.job_id), Kind.REMINDER, "scheduled")
    assert new["id"] != str(source.job_id)
    row = await the_row(database, UUID(new["id"]))
    [[starts_at]] = await database.fetch("SELECT starts_at FROM appointments")
    assert (row["event_id"], row["expires_at"]) == (source.job_id, starts_at)
    [action] = await actions(operator)
    assert (action["action"], action["reason"]) == ("resend", "asked by phone")
    assert action["target"] == {"jobId": str(source.job_id), "newJobId": new["id"]}


async def test_a_failed_job_is_given_up_for_the_one_that_sends_it_again(operator: Client, database: Database) -> None:
    failed = await a_failed_job(database)

    new = (await operator("POST", f"{JOBS}/{failed}/resend")).body["id"]

    row = await the_row(database, UUID(failed))
    assert (row["state"], row["reason"]) == ("cancelled", f"sent again as job {new}")
    assert (await operator("POST", f"{JOBS}/{failed}/requeue")).status == 409
    assert (await operator("POST", f"{JOBS}/{failed}/resend")).body["state"] == "cancelled"


@pytest.mark.parametrize("state", [state for state in State if state not in ENDED])
async def test_a_job_that_has_not_ended_or_was_cancelled_is_not_sent_again(
    operator: Client, database: Database, state: State
) -> None:
    source = await a_job(database, state=state)

    answer = await operator("POST", f"{JOBS}/{source.job_id}/resend")

    assert (answer.status, answer.body["type"]) == (409, "urn:punctual:problem:wrong-state")
    assert len(await database.fetch("SELECT FROM jobs")) == 1


async def test_what_is_no_longer_so_is_not_sent_again(operator: Client, database: Database) -> None:
    jobs = await one_of_each(database)
    await database.execute("UPDATE jobs SET state = 'succeeded', error = NULL")
    for why in ("cancelled", "moved", "begun", "suppressed"):
        answer = await operator("POST", f"{JOBS}/{jobs[why]}/resend")

        assert (answer.status, answer.body["type"]) == (409, "urn:punctual:problem:not-resent"), why
        assert answer.body["excluded"] == why
    reminder = await a_job(database, Kind.REMINDER, state="succeeded")
    await database.execute("UPDATE clients SET email_reminders = false")
    assert (await operator("POST", f"{JOBS}/{reminder.job_id}/resend")).body["excluded"] == "optedOut"
    assert (await operator("POST", f"{JOBS}/{jobs['']}/resend")).status == 202
    assert len(await actions(operator)) == 1


@pytest.mark.parametrize("kind", sorted(DOCTOR_KINDS))
@pytest.mark.parametrize("state", ["succeeded", "failed", "skipped"])
async def test_a_mail_to_a_doctor_is_told_once(operator: Client, database: Database, kind: Kind, state: str) -> None:
    """The appointment is to come, so that it is no reason."""
    source = await a_job(database, kind, state=state)

    answer = await operator("POST", f"{JOBS}/{source.job_id}/resend")

    assert (answer.status, answer.body["excluded"]) == (409, "toldOnce")
    assert "begun" not in answer.body["detail"]
    assert await the_state(database, source.job_id) == state


async def test_of_many_who_send_a_job_again_at_once_one_does(operator: Client, database: Database) -> None:
    source = await a_job(database, state="succeeded")

    answers = await asyncio.gather(*(operator("POST", f"{JOBS}/{source.job_id}/resend") for _ in range(6)))

    assert sorted(each.status for each in answers) == [202, 409, 409, 409, 409, 409]
    refused = next(each for each in answers if each.status == 409)
    assert refused.body["type"] == "urn:punctual:problem:resent-already"
    assert len(await database.fetch("SELECT FROM jobs")) == 2


async def test_of_a_requeue_and_a_resend_at_once_one_is_done(operator: Client, database: Database) -> None:
    for _ in range(10):
        failed = await a_failed_job(database)
        asked = [operator("POST", f"{JOBS}/{failed}/{act}") for act in ("requeue", "resend")]

        statuses = [answer.status for answer in await asyncio.gather(*asked)]

        assert sorted(statuses) == [202, 409]
        live = "SELECT FROM jobs WHERE state <> 'cancelled' AND (id = $1 OR resend_of = $1)"
        assert len(await database.fetch(live, UUID(failed))) == 1


async def test_the_inbox_is_told_once_of_what_is_sent_again(operator: Client, database: Database) -> None:
    source = await a_job(database)
    [claim] = await job_store.claim(database, [a_claim_request(source)], owner="w", lease=30)
    assert claim.told
    await database.execute("UPDATE jobs SET state = 'succeeded'")

    new = UUID((await operator("POST", f"{JOBS}/{source.job_id}/resend")).body["id"])
    ticket = Ticket.from_row(await the_row(database, new))
    [again] = await job_store.claim(database, [a_claim_request(ticket)], owner="w", lease=30)

    assert (again.verdict, again.told) == ("claimed", False)
    assert len(await database.fetch("SELECT FROM in_app_notifications")) == 1


async def test_a_failed_job_is_given_up_with_a_reason(operator: Client, database: Database) -> None:
    failed = await a_failed_job(database)

    assert (await operator("POST", f"{JOBS}/{failed}/discard", {})).status == 422
    answer = await operator("POST", f"{JOBS}/{failed}/discard", {"reason": "told by phone"})

    assert (answer.status, answer.body["state"]) == (202, "cancelled")
    assert answer.body["reason"] == "given up by an operator: told by phone"
    [action] = await actions(operator)
    assert (action["action"], action["target"]) == ("discard_job", {"jobId": failed})
    again = await operator("POST", f"{JOBS}/{failed}/discard", {"reason": "twice"})
    assert (again.status, again.body["state"]) == (409, "cancelled")


@pytest.mark.parametrize("state", [state for state in State if state is not State.FAILED])
async def test_only_a_failed_job_is_given_up(operator: Client, database: Database, state: State) -> None:
    job = await a_job(database, state=state)

    assert (await operator("POST", f"{JOBS}/{job.job_id}/discard", {"reason": "no"})).status == 409
    assert await the_state(database, job.job_id) == state


async def test_what_does_not_exist_is_not_found(operator: Client, database: Database) -> None:
    for act, body in (("resend", None), ("discard", {"reason": "no"})):
        assert (await operator("POST", f"{JOBS}/{UUID(int=5)}/{act}", body)).status == 404


async def test_a_preview_says_what_would_be_told_to_whom_and_what_was_heard_since(
    operator: Client, reader: Client, database: Database
) -> None:
    appointment = await an_appointment(database)
    source = await a_job(database, Kind.REMINDER, appointment_id=appointment, state="failed")
    later = await a_job(database, appointment_id=appointment, state="succeeded", finished_at=datetime.now(UTC))
    await database.execute("UPDATE clients SET locale = 'de', email = 'carla@patients.example'")

    shown = (await reader("GET", f"{JOBS}/{source.job_id}/preview")).body

    assert "Ada" in shown["subject"]
    assert "Erinnerung" in shown["subject"]
    assert (shown["recipient"], shown["excluded"]) == ("c•••a@patients.example", None)
    assert [each["kind"] for each in shown["heardSince"]] == [later.kind]
    await database.execute("UPDATE appointments SET status = 'cancelled'")
    assert (await reader("GET", f"{JOBS}/{source.job_id}/preview")).body["excluded"] == "cancelled"
    assert (await reader("GET", f"{JOBS}/{UUID(int=9)}/preview")).status == 404
