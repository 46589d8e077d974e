"""The record of an appointment: what was said, when, and what came of it."""

from uuid import UUID

from api_service.ops.core import records
from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.store import Finish, Outcome
from tests.support.client import Client
from tests.support.factories import a_claimed_job, an_appointment


async def test_a_record_tells_what_was_said_and_what_came_of_it(reader: Client, database: Database) -> None:
    appointment = await an_appointment(database)
    job = await a_claimed_job(database, appointment_id=appointment)
    await job_store.finish(database, [Finish(job.job_id, 1, Outcome.SUCCEEDED, reply_code=250)], owner="worker")
    await database.execute("UPDATE in_app_notifications SET read_at = now()")
    await database.execute(
        "INSERT INTO delivery_reports (id, job_id, appointment_id, client_id, event, is_permanent, status, source)"
        " VALUES ($1, $2, $3, 'c', 'returned', true, '5.1.1', 'api')",
        *(UUID(int=1), job.job_id, appointment),
    )

    record = (await reader("GET", f"/api/ops/appointments/{appointment}/record")).body["record"]

    [told] = record["told"]
    assert (told["jobId"], told["state"], told["attempts"][0]["replyCode"]) == (str(job.job_id), "succeeded", 250)
    assert [(each["event"], each["status"]) for each in told["reports"]] == [("returned", "5.1.1")]
    assert record["inApp"][0]["readAt"] is not None
    assert record["appointment"]["id"] == str(appointment)
    assert "@" not in str(record)


async def test_there_is_no_record_of_what_never_was(reader: Client, database: Database) -> None:
    assert (await reader("GET", f"/api/ops/appointments/{UUID(int=3)}/record")).status == 404
    assert await records.record(database, UUID(int=3)) is None
