"""`api-service reconcile` publishes again what the broker should hold, and tells its numbers by kind."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import orjson
import pytest

from api_service.relay import told_before
from api_service.relay.reconcile import BATCH, lines, reconcile
from shared.database import Database
from shared.ids import new_id
from shared.jobs import store as job_store
from shared.jobs.model import Kind
from tests.support.factories import a_claimed_job, a_job, the_state
from tests.support.rows import let_leases_lapse


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


def a_log(folder: Path, *lines: bytes) -> Path:
    path = folder / "notifier.log"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return path


def told_line(job_id: UUID, appointment_id: UUID, event: str = "appointment reminder email") -> bytes:
    said = {"event": f"{event} processed successfully", "job_id": str(job_id), "appointment_id": str(appointment_id)}
    return orjson.dumps(said)


async def test_what_the_logs_say_was_told_is_not_told_again(database: Database, tmp_path: Path) -> None:
    told = [await a_job(database, state=state) for state in ("scheduled", "enqueued", "retrying")]
    held, lapsed = await a_claimed_job(database), await a_claimed_job(database)
    await let_leases_lapse(database, lapsed.job_id)
    done = await a_job(database, state="succeeded")
    untold = await a_job(database, state="enqueued")
    gone = new_id()
    known = (*told, held, lapsed, done)
    log = a_log(
        tmp_path,
        b"\xff not JSON",
        b'{"event":"processing appointment reminder email","job_id":"%s"}' % str(untold.job_id).encode(),
        b'{"event":" processed successfully","job_id":"x","appointment_id":"y"}',
        b'[" processed successfully"]',
        *(told_line(ticket.job_id, ticket.appointment_id) for ticket in known),
        told_line(gone, gone, "appointment cancellation email"),
    )

    settled = await told_before.settle(database, told_before.read([log]))

    assert list(settled.lines()) == [
        "4 jobs were told before the restore, and are not told again",
        "  appointment_created_email: 4",
        "1 tellings are of jobs that are not here: look at their appointments",
        f"  appointment cancellation email, appointment {gone}",
    ]
    states = {ticket: await the_state(database, ticket.job_id) for ticket in (*known, untold)}
    assert [states[each] for each in (*told, lapsed)] == ["skipped"] * 4
    assert [states[each] for each in (held, done, untold)] == ["processing", "succeeded", "enqueued"]


@pytest.mark.parametrize("content", [b"", b"appointment reminder email processed successfully\n", b"\x00" * 10_000])
def test_a_file_that_is_no_log_of_a_notifier_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(told_before.UnreadableLog):
        told_before.read([a_log(tmp_path, content)])
    with pytest.raises(told_before.UnreadableLog):
        told_before.read([tmp_path / "none.log"])
