"""How attempts end, and that only their lease holder may say so."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import Kind, Ticket
from shared.jobs.store import Finish, Outcome
from tests.support.factories import a_claim_request, a_claimed_job, the_row, the_state
from tests.support.rows import let_leases_lapse


async def finish(
    database: Database,
    ticket: Ticket,
    outcome: Outcome,
    *,
    owner: str = "worker",
    attempt: int = 1,
    delay: float | None = None,
) -> bool:
    """Whether the row took it."""
    end = Finish(ticket.job_id, attempt, outcome, error="451", reply_code=451, delay=delay)
    return ticket.job_id in await job_store.finish(database, [end], owner=owner)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Outcome.SUCCEEDED, "succeeded"),
        (Outcome.FAILED, "failed"),
        (Outcome.SKIPPED, "skipped"),
        (Outcome.RETRYING, "retrying"),
        (Outcome.PARKED, "scheduled"),
    ],
)
async def test_an_outcome_moves_the_row_and_is_recorded(database: Database, outcome: Outcome, state: str) -> None:
    ticket = await a_claimed_job(database)

    assert await finish(database, ticket, outcome, delay=5.0)

    row = await the_row(database, ticket.job_id)
    assert (row["state"], row["lease_until"]) == (state, None)
    assert row["lease_owner"] == ("worker" if state == "succeeded" else None)
    assert (row["finished_at"] is not None) == (state in {"succeeded", "failed", "skipped"})
    [attempt] = await database.fetch("SELECT * FROM job_attempts WHERE job_id = $1", ticket.job_id)
    assert (attempt["attempt"], attempt["outcome"], attempt["worker"]) == (1, outcome, "worker")
    assert attempt["reply_code"] == 451


async def test_an_attempt_that_succeeds_needs_no_row_of_its_own(database: Database) -> None:
    ticket = await a_claimed_job(database)
    await finish(database, ticket, Outcome.RETRYING, delay=0.0)
    await job_store.claim(database, [a_claim_request(ticket, attempt=1)], owner="another", lease=30)
    await finish(database, ticket, Outcome.SUCCEEDED, owner="another", attempt=2)

    assert [row["attempt"] for row in await database.fetch("SELECT attempt FROM recorded_attempts")] == [1]
    attempts = await database.fetch("SELECT * FROM job_attempts ORDER BY attempt")
    assert [(row["attempt"], row["outcome"], row["worker"], row["reply_code"]) for row in attempts] == [
        (1, "retrying", "worker", 451),
        (2, "succeeded", "another", 451),
    ]
    job = await the_row(database, ticket.job_id)
    assert (attempts[1]["started_at"], attempts[1]["finished_at"]) == (job["started_at"], job["finished_at"])


async def test_a_success_that_an_older_release_records_is_told_once(database: Database) -> None:
    ticket = await a_claimed_job(database)
    await database.execute(
        """WITH moved AS (
               UPDATE jobs SET state = 'succeeded', lease_owner = NULL, lease_until = NULL, finished_at = now()
                WHERE id = $1
               RETURNING id, attempt, started_at
           ), recorded AS (
               INSERT INTO job_attempts (job_id, attempt, started_at, finished_at, worker, outcome, reply_code, error)
               SELECT id, attempt, started_at, clock_timestamp(), 'older', 'succeeded', 250, NULL FROM moved
           )
           SELECT FROM moved""",
        ticket.job_id,
    )
    [attempt] = await database.fetch("SELECT * FROM job_attempts")
    assert (attempt["worker"], attempt["outcome"], attempt["reply_code"]) == ("older", "succeeded", 250)


async def test_only_the_owner_of_the_lease_may_finish(database: Database) -> None:
    ticket = await a_claimed_job(database)

    assert not await finish(database, ticket, Outcome.SUCCEEDED, owner="somebody else")
    assert not await finish(database, ticket, Outcome.SUCCEEDED, attempt=0)
    assert await the_state(database, ticket.job_id) == "processing"
    assert not await database.fetch("SELECT FROM job_attempts")


async def test_an_attempt_ends_once(database: Database) -> None:
    ticket = await a_claimed_job(database)

    assert await finish(database, ticket, Outcome.SUCCEEDED)
    assert not await finish(database, ticket, Outcome.FAILED)
    assert await the_state(database, ticket.job_id) == "succeeded"


async def test_a_retry_uses_up_a_step_and_is_due_after_its_delay(database: Database) -> None:
    ticket = await a_claimed_job(database)

    before = datetime.now(UTC)
    await finish(database, ticket, Outcome.RETRYING, delay=30.0)

    row = await the_row(database, ticket.job_id)
    assert (row["retries"], row["attempt"]) == (1, 1)
    assert before < row["due_at"] - timedelta(seconds=30) < datetime.now(UTC)


async def test_a_parked_mail_counts_nothing(database: Database) -> None:
    ticket = await a_claimed_job(database)

    before = datetime.now(UTC)
    await finish(database, ticket, Outcome.PARKED, delay=30.0)

    row = await the_row(database, ticket.job_id)
    assert (row["retries"], row["lost"], row["due_at"]) == (0, 0, ticket.due_at)
    assert row["publish_after"] > before + timedelta(seconds=30)


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.SUCCEEDED])
async def test_what_was_cancelled_meanwhile_and_not_sent_is_cancelled(database: Database, outcome: Outcome) -> None:
    ticket = await a_claimed_job(database)
    await job_store.cancel(database, [ticket.job_id], reason="by hand")
    assert await the_state(database, ticket.job_id) == "processing"

    assert await finish(database, ticket, outcome, delay=5.0)
    assert await the_state(database, ticket.job_id) == "cancelled"


async def test_a_renewed_lease_is_not_recovered(database: Database) -> None:
    ticket = await a_claimed_job(database)
    await let_leases_lapse(database)

    assert await job_store.renew(database, [(ticket.job_id, 1)], owner="worker", lease=30) == {ticket.job_id}
    assert await job_store.recover_expired_leases(database, limit=10) == []
    assert await job_store.renew(database, [(ticket.job_id, 1)], owner="other", lease=30) == set()


async def test_an_expired_lease_is_lost_and_the_third_time_failed(database: Database) -> None:
    ticket = await a_claimed_job(database)
    states = []
    for attempt in (1, 2, 3):
        await let_leases_lapse(database)
        states += [state for _, state in await job_store.recover_expired_leases(database, limit=10)]
        await job_store.claim(database, [a_claim_request(ticket, attempt=attempt)], owner="worker", lease=30)

    assert states == ["scheduled", "scheduled", "failed"]
    rows = await database.fetch("SELECT outcome, worker FROM job_attempts ORDER BY attempt")
    assert [tuple(row) for row in rows] == [("lost", "worker")] * 3
    assert not await finish(database, ticket, Outcome.SUCCEEDED, attempt=3)


async def test_an_outcome_after_the_lease_was_recovered_is_discarded(database: Database) -> None:
    ticket = await a_claimed_job(database)
    await let_leases_lapse(database)
    await job_store.recover_expired_leases(database, limit=10)

    assert not await finish(database, ticket, Outcome.SUCCEEDED)


async def test_a_crashing_message_is_given_back_and_the_third_time_failed(database: Database) -> None:
    ticket = await a_claimed_job(database, kind=Kind.CREATED)
    await database.execute("UPDATE jobs SET state = 'enqueued', attempt = 0")
    states = []
    for attempt in range(3):
        states += [
            state for _, state in await job_store.recover_crashed(database, [(ticket.job_id, attempt)], error="poison")
        ]

    assert states == ["scheduled", "scheduled", "failed"]
