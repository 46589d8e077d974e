"""What operators do to jobs through the API, and the record of it."""

from typing import Any

import pytest

from shared.database import Database
from shared.jobs.model import Kind
from tests.integration.api.ops.failed_jobs import a_failed_job, one_of_each, states
from tests.support.client import Client
from tests.support.factories import a_claimed_job, a_job

JOBS = "/api/ops/jobs"
BULK = f"{JOBS}/requeue"


async def record(asker: Client, /, **query: str) -> list[dict[str, Any]]:
    return list((await asker("GET", "/api/ops/actions", query=query)).body["items"])


async def test_a_requeue_is_recorded_with_its_reason_and_a_refused_one_is_not(
    operator: Client, database: Database
) -> None:
    job = await a_failed_job(database)

    answer = await operator("POST", f"{JOBS}/{job}/requeue", {"reason": "the address was mended"})

    assert (answer.status, answer.body["state"]) == (202, "scheduled")
    assert (await operator("POST", f"{JOBS}/{job}/requeue")).status == 409
    [action] = await record(operator)
    assert (action["action"], action["target"], action["reason"]) == (
        "requeue",
        {"jobId": job},
        "the address was mended",
    )
    assert (action["operator"], action["matched"], action["changed"]) == ("operator", 1, 1)


async def test_cancelling_a_job_under_way_marks_it_and_answers_so(operator: Client, database: Database) -> None:
    waiting, under_way = await a_job(database), await a_claimed_job(database)

    cancelled = await operator("POST", f"{JOBS}/{waiting.job_id}/cancel")
    marked = await operator("POST", f"{JOBS}/{under_way.job_id}/cancel", {"reason": "wrong clinic"})

    assert (cancelled.status, cancelled.body["state"]) == (202, "cancelled")
    assert cancelled.body["reason"] == "cancelled by an operator"
    assert (marked.status, marked.body["state"], marked.body["cancelRequested"]) == (202, "processing", True)
    again = await operator("POST", f"{JOBS}/{waiting.job_id}/cancel")
    assert (again.status, again.body["state"]) == (409, "cancelled")
    assert [each["target"]["state"] for each in await record(operator, action="cancel")] == ["processing", "cancelled"]


async def test_a_record_and_its_action_are_there_together_or_not_at_all(operator: Client, database: Database) -> None:
    job = await a_failed_job(database)
    await database.execute("ALTER TABLE operator_actions ADD CHECK (operator <> 'operator')")

    alone, many = await operator("POST", f"{JOBS}/{job}/requeue"), await operator("POST", BULK, {"state": "failed"})
    assert (alone.status, many.status) == (409, 409)
    assert alone.body["type"] == many.body["type"] == "urn:punctual:problem:refused"
    assert "operator_actions" not in f"{alone.body}{many.body}"
    assert await states(database) == {job: "failed"}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"state": "failed"}, {"one", "two", "reminder"}),
        ({"all": True}, {"one", "two", "reminder"}),
        ({"kind": "appointment_reminder"}, {"reminder"}),
        ({"error": "USER unknown"}, {"two"}),
        ({"error": "_ser"}, set()),
        ({"clientId": "c", "kind": "appointment_created_email"}, {"one", "two"}),
        ({"clientId": "nobody"}, set()),
    ],
)
async def test_many_are_requeued_by_an_explicit_filter(
    operator: Client, database: Database, wanted: dict[str, Any], expected: set[str]
) -> None:
    jobs = {
        "one": await a_failed_job(database, error="451 later"),
        "two": await a_failed_job(database, error="550 user unknown"),
        "reminder": await a_failed_job(database, Kind.REMINDER, error="451 later"),
    }
    other = str((await a_job(database, state="retrying", error="451 later")).job_id)

    dry = await operator("POST", BULK, wanted | {"dryRun": True})
    assert (dry.body["matched"], dry.body["requeued"]) == (len(expected), 0)
    assert set((await states(database)).values()) == {"failed", "retrying"}

    answer = await operator("POST", BULK, wanted | {"reason": "mended"})

    assert answer.status == 202
    assert (answer.body["matched"], answer.body["requeued"]) == (len(expected), len(expected))
    after = await states(database)
    assert {name for name, job in jobs.items() if after[job] == "scheduled"} == expected
    assert after[other] == "retrying"
    [action] = await record(operator, action="requeue_many")
    assert (action["matched"], action["changed"], action["reason"]) == (len(expected), len(expected), "mended")
    assert action["target"]["filter"] == {name: value for name, value in wanted.items() if name != "all"}


async def test_one_job_that_is_left_out_answers_why(operator: Client, database: Database) -> None:
    jobs = await one_of_each(database)
    for why in ("cancelled", "moved", "begun", "suppressed"):
        answer = await operator("POST", f"{JOBS}/{jobs[why]}/requeue")

        assert (answer.status, answer.body["type"]) == (409, "urn:punctual:problem:not-requeued"), why
        assert (answer.body["excluded"], answer.body["detail"].startswith("It stays failed: ")) == (why, True)
    # who looks at one job decides about a mail that may have gone out
    assert (await operator("POST", f"{JOBS}/{jobs['possiblySent']}/requeue")).status == 202
    assert [each["action"] for each in await record(operator)] == ["requeue"]


async def test_a_failed_job_may_be_given_up(operator: Client, database: Database) -> None:
    job = await a_failed_job(database)

    answer = await operator("POST", f"{JOBS}/{job}/cancel", {"reason": "told by phone"})

    assert (answer.status, answer.body["state"]) == (202, "cancelled")
    assert (await operator("POST", f"{JOBS}/{job}/requeue")).status == 409


async def test_a_dry_run_names_the_cutoff_that_freezes_what_it_counted(operator: Client, database: Database) -> None:
    await a_failed_job(database)
    dry = await operator("POST", BULK, {"state": "failed", "dryRun": True})
    await a_failed_job(database, ago=-1)

    answer = await operator("POST", BULK, {"state": "failed", "failedBefore": dry.body["failedBefore"]})

    assert answer.body["requeued"] == dry.body["matched"] == 1


WRONG: list[tuple[dict[str, Any], str]] = [
    ({}, ""),
    ({"dryRun": True}, ""),
    ({"state": "succeeded"}, "/state"),
    ({"kind": "letter"}, "/kind"),
    ({"appointmentId": "1"}, "/appointmentId"),
    ({"all": "yes"}, "/all"),
    ({"state": "failed", "failedBefore": "yesterday"}, "/failedBefore"),
    ({"state": "failed", "failedBefore": "2027-01-05T10:00:00"}, "/failedBefore"),
    ({"state": "failed", "perSecond": 0}, "/perSecond"),
    ({"state": "failed", "reason": "two\nlines"}, "/reason"),
    ({"error": "x" * 501}, "/error"),
]


async def test_a_bulk_requeue_that_does_not_say_which_is_refused(operator: Client, database: Database) -> None:
    job = await a_failed_job(database)
    for body, pointer in WRONG:
        answer = await operator("POST", BULK, body)

        assert answer.status == 422, body
        assert pointer in [each["pointer"] for each in answer.body["errors"]]
    assert await states(database) == {job: "failed"}


async def test_the_record_is_paged_and_narrowed(operator: Client, reader: Client, database: Database) -> None:
    for _ in range(3):
        await operator("POST", f"{JOBS}/{await a_failed_job(database)}/requeue")
    await operator("POST", "/api/ops/queues/high/pause")

    first = (await reader("GET", "/api/ops/actions", query={"limit": "2"})).body
    rest = (await reader("GET", "/api/ops/actions", query={"cursor": first["nextCursor"]})).body
    assert [each["action"] for each in first["items"] + rest["items"]] == ["pause", *["requeue"] * 3]
    assert len(await record(reader, operator="operator")) == 4
    assert await record(reader, operator="somebody") == []
    assert len(await record(reader, action="requeue")) == 3
    assert await record(reader, to=first["items"][0]["at"]) == first["items"][1:] + rest["items"]
