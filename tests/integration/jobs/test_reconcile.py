"""`api-service reconcile` publishes again what the broker should hold, and tells its numbers by kind."""

from datetime import timedelta

from api_service.relay.reconcile import BATCH, lines, reconcile
from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import Kind
from tests.support.factories import a_claimed_job, a_job


async def test_it_tells_what_it_did_by_kind_and_state(database: Database) -> None:
    ahead = timedelta(minutes=5)
    await a_job(database, state="enqueued")
    await a_job(database, state="enqueued")
    await a_job(database, Kind.REMINDER, due_in=ahead, state="enqueued")
    await a_job(database, Kind.REMINDER, due_in=ahead, state="retrying")
    await a_job(database, Kind.REMINDER, due_in=ahead)
    await a_claimed_job(database)

    before = await job_store.unfinished(database)
    told: list[int] = []
    moved = await reconcile(database, told.append)

    assert list(lines(moved, before)) == [
        "4 jobs are published again, each at its time",
        "  appointment_created_email: 2 were enqueued",
        "  appointment_reminder: 1 were enqueued",
        "  appointment_reminder: 1 waited for another attempt",
        "1 jobs are being worked on; each whose worker has vanished is tried again when its lease ends",
    ]
    assert told == [4]
    assert not (await reconcile(database)).total()


async def test_it_walks_through_more_than_a_batch_once(database: Database) -> None:
    ticket = await a_job(database, Kind.REMINDER, due_in=timedelta(hours=1))
    await database.execute(
        "INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, publish_after)"
        " SELECT gen_random_uuid(), kind, priority, 'enqueued', appointment_id, client_id, due_at, publish_after"
        " FROM jobs, generate_series(1, $2::int) WHERE id = $1",
        ticket.job_id,
        BATCH + 5,
    )
    told: list[int] = []
    assert (await reconcile(database, told.append)).total() == BATCH + 5
    assert told == [BATCH, 5]
