"""What people and appointments do to jobs: cancel, requeue; and what retention removes."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.database import Database
from shared.ids import new_id
from shared.jobs import store as job_store
from shared.jobs.model import CLAIMABLE, FINAL, Kind, State
from shared.jobs.store import Finish, NewJob, Outcome
from tests.support.factories import a_claim_request, a_claimed_job, a_job, an_appointment, the_row, the_state
from tests.support.rows import let_leases_lapse


async def test_a_job_whose_moment_has_passed_is_skipped_from_the_start(database: Database) -> None:
    ticket = await a_job(database, Kind.REMINDER, due_in=timedelta(seconds=-1))

    row = await the_row(database, ticket.job_id)
    assert row["state"] == "skipped"
    assert "passed" in row["reason"]


@pytest.mark.parametrize("state", [state for state in State if state is not State.FAILED])
async def test_only_failed_jobs_are_requeued(database: Database, state: State) -> None:
    ticket = await a_job(database, state=state)

    assert await job_store.requeue(database, [ticket.job_id, new_id()]) == set()
    assert await the_state(database, ticket.job_id) == state


async def test_a_requeued_job_keeps_its_attempt_number_and_starts_its_retries_again(
    database: Database,
) -> None:
    ticket = await a_job(database, state="failed", attempt=6, retries=5, lost=2)

    assert await job_store.requeue(database, [ticket.job_id]) == {ticket.job_id}

    row = await the_row(database, ticket.job_id)
    assert (row["state"], row["attempt"], row["retries"], row["lost"]) == ("scheduled", 6, 0, 0)
    [taken] = await job_store.take_due(database, limit=10, lease=600)
    assert (taken.job_id, taken.attempt) == (ticket.job_id, 6)
    [old] = await job_store.claim(database, [a_claim_request(ticket, attempt=5)], owner="w", lease=30)
    assert old.verdict == "stale"


async def test_a_bulk_requeue_is_spread_over_its_time(database: Database) -> None:
    jobs = [(await a_job(database, state="failed")).job_id for _ in range(4)]

    await job_store.requeue(database, jobs, over=100)

    due = sorted([(await the_row(database, job))["due_at"] for job in jobs])
    assert [round((moment - due[0]).total_seconds()) for moment in due] == [0, 25, 50, 75]


@pytest.mark.parametrize("state", [*sorted(CLAIMABLE), State.FAILED])
async def test_unsent_jobs_of_the_named_kinds_are_cancelled_with_their_appointment(
    database: Database, state: State
) -> None:
    appointment_id = await an_appointment(database)
    reminder = await a_job(database, Kind.REMINDER, appointment_id=appointment_id, state=state)
    notice = await a_job(database, Kind.CANCELLED, appointment_id=appointment_id, state=state)
    elsewhere = await a_job(database, Kind.REMINDER, state=state)

    moved = await job_store.cancel_of_appointment(
        database, appointment_id, [Kind.REMINDER], reason="appointment cancelled"
    )

    assert moved == [(reminder.job_id, State.CANCELLED)]
    assert (await the_row(database, reminder.job_id))["reason"] == "appointment cancelled"
    assert await the_state(database, notice.job_id) == state
    assert await the_state(database, elsewhere.job_id) == state


@pytest.mark.parametrize("state", sorted(FINAL - {State.FAILED}))
async def test_what_has_ended_is_not_cancelled(database: Database, state: State) -> None:
    ticket = await a_job(database, state=state)

    assert await job_store.cancel(database, [ticket.job_id], reason="by hand") == []
    assert await the_state(database, ticket.job_id) == state


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.SUCCEEDED])
async def test_whatever_but_success_comes_of_a_mail_that_was_cancelled_it_says_so(
    database: Database, outcome: Outcome
) -> None:
    ticket = await a_claimed_job(database)
    assert await job_store.cancel(database, [ticket.job_id], reason="by hand") == [(ticket.job_id, State.PROCESSING)]

    end = Finish(ticket.job_id, 1, outcome, delay=0.0, error="451 later")
    await job_store.finish(database, [end], owner="worker")

    row = await the_row(database, ticket.job_id)
    assert (row["state"], row["reason"]) == ("cancelled", "cancelled while an attempt was under way")


async def test_a_cancelled_job_whose_worker_vanished_says_why_it_is_not_tried_again(database: Database) -> None:
    ticket = await a_claimed_job(database)
    await job_store.cancel(database, [ticket.job_id], reason="by hand")
    await let_leases_lapse(database)

    assert await job_store.recover_expired_leases(database, limit=10) == [(ticket.job_id, State.CANCELLED)]
    assert (await the_row(database, ticket.job_id))["reason"] == "cancelled while an attempt was under way"


async def test_retention_removes_what_ended_long_ago_and_nothing_else(database: Database) -> None:
    old = datetime.now(UTC) - timedelta(days=10)
    past = await an_appointment(database, starts_in=timedelta(days=-9))
    gone = await a_job(database, state="succeeded", finished_at=old, appointment_id=past)
    kept = [
        await a_job(database, state="failed", finished_at=old, appointment_id=past),
        await a_job(database, state="succeeded", finished_at=datetime.now(UTC)),
        await a_job(database),
    ]

    assert (await job_store.prune(database, finished=7 * 86400, failed=90 * 86400, limit=100)).removed == 1
    left = {row["id"] for row in await database.fetch("SELECT id FROM jobs")}
    assert left == {ticket.job_id for ticket in kept}
    assert gone.job_id not in left


@pytest.mark.parametrize(("state", "days"), [(state, 90 if state is State.FAILED else 7) for state in sorted(FINAL)])
async def test_no_job_is_removed_before_its_appointments_end_is_as_long_past(
    database: Database, state: State, days: int
) -> None:
    old = datetime.now(UTC) - timedelta(days=400)
    kept, gone = [
        await a_job(
            database,
            appointment_id=await an_appointment(database, starts_in=timedelta(days=-days, hours=hours)),
            state=state,
            finished_at=old,
        )
        for hours in (1, -1)
    ]

    assert (await job_store.prune(database, finished=7 * 86400, failed=90 * 86400, limit=100)).removed == 1

    assert [row["id"] for row in await database.fetch("SELECT id FROM jobs")] == [kept.job_id]
    assert gone.job_id != kept.job_id


async def test_jobs_that_are_kept_as_proof_do_not_stand_before_those_that_go(database: Database) -> None:
    now = datetime.now(UTC)
    to_come, past = await an_appointment(database), await an_appointment(database, starts_in=timedelta(days=-20))
    for number in range(5):
        await a_job(database, appointment_id=to_come, state="succeeded", finished_at=now - timedelta(days=30 + number))
        await a_job(database, appointment_id=past, state="succeeded", finished_at=now - timedelta(days=10 + number))

    place, removed = None, 0
    while True:
        done = await job_store.prune(database, finished=7 * 86400, failed=90 * 86400, limit=3, after=place)
        place, removed = done.after, removed + done.removed
        if place is None:
            break

    assert removed == 5
    assert {row["appointment_id"] for row in await database.fetch("SELECT appointment_id FROM jobs")} == {to_come}


async def test_jobs_made_in_a_transaction_that_fails_do_not_exist(database: Database) -> None:
    appointment_id = await an_appointment(database)
    with pytest.raises(RuntimeError):
        async with database.transaction() as session:
            await job_store.create(
                session, [NewJob(new_id(), Kind.CREATED, None)], appointment_id=appointment_id, client_id="c"
            )
            raise RuntimeError

    assert await database.fetch("SELECT FROM jobs") == []
