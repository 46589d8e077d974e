"""Cancelling many jobs by an explicit filter."""

import pytest

from api_service.ops.core import cancelling
from shared.database import Database
from shared.jobs.model import Kind
from tests.integration.api.ops.failed_jobs import a_failed_job, states
from tests.support.client import Client
from tests.support.factories import a_claimed_job, a_job

BULK = "/api/ops/jobs/cancel"


async def test_jobs_are_counted_first_and_then_cancelled(operator: Client, database: Database) -> None:
    waiting = [str((await a_job(database, Kind.REMINDER, state=state)).job_id) for state in ("scheduled", "enqueued")]
    failed = await a_failed_job(database, Kind.REMINDER)
    under_way = str((await a_claimed_job(database, kind=Kind.REMINDER)).job_id)
    others = [
        str((await a_job(database)).job_id),
        str((await a_job(database, Kind.REMINDER, state="succeeded")).job_id),
    ]
    before = await states(database)

    dry = await operator("POST", BULK, {"kind": Kind.REMINDER, "dryRun": True})

    assert (dry.status, dry.body["matched"], dry.body["cancelled"]) == (202, 4, 0)
    assert await states(database) == before
    await a_job(database, Kind.REMINDER)  # made later: it is not touched
    asked = {"kind": Kind.REMINDER, "madeBefore": dry.body["madeBefore"], "reason": "the clinic is closed"}
    answer = await operator("POST", BULK, asked)

    assert (answer.body["matched"], answer.body["cancelled"], answer.body["marked"]) == (4, 3, 1)
    after = await states(database)
    assert {after[job] for job in [*waiting, failed]} == {"cancelled"}
    assert after[under_way] == "processing"
    assert [after[job] for job in others] == ["scheduled", "succeeded"]
    [action] = (await operator("GET", "/api/ops/actions")).body["items"]
    assert (action["action"], action["matched"], action["changed"]) == ("cancel_many", 4, 4)
    assert (action["reason"], action["target"]["filter"]) == ("the clinic is closed", {"kind": Kind.REMINDER})


async def test_many_are_cancelled_in_batches(
    operator: Client, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cancelling, "BATCH", 2)
    for _ in range(5):
        await a_job(database)

    answer = await operator("POST", BULK, {"state": "scheduled", "perSecond": 10_000})

    assert answer.body["cancelled"] == 5
    assert set((await states(database)).values()) == {"cancelled"}


async def test_a_cancelling_that_does_not_say_which_is_refused(operator: Client, database: Database) -> None:
    await a_job(database)
    for body in ({}, {"state": "succeeded"}, {"state": "scheduled", "perSecond": 0}):
        assert (await operator("POST", BULK, body)).status == 422
    assert set((await states(database)).values()) == {"scheduled"}
