"""What may be claimed, once, and what the claim writes."""

import asyncio
from datetime import timedelta

import pytest

from notifier_service.channels.email.channel import rules
from notifier_service.channels.email.recipient_limit import RecipientLimit
from shared.database import Database
from shared.ids import new_id
from shared.jobs import store as job_store
from shared.jobs.model import Kind
from shared.jobs.store import ClaimRequest, Finish, Outcome, Verdict
from tests.support.databases import blocked
from tests.support.factories import a_claim_request, a_job, an_appointment, the_row
from tests.support.rows import a_suppression


async def claim(database: Database, *requests: ClaimRequest, owner: str = "worker") -> list[Verdict]:
    ours = rules(RecipientLimit(database, None))
    claims = await job_store.claim(database, requests, owner=owner, lease=30, rules=ours)
    return [answer.verdict for answer in claims]


async def notifications(database: Database) -> int:
    return len(await database.fetch("SELECT FROM in_app_notifications"))


@pytest.mark.parametrize("state", ["scheduled", "enqueued", "retrying"])
async def test_a_waiting_job_is_claimed_with_its_notification(database: Database, state: str) -> None:
    ticket = await a_job(database, state=state)

    assert await claim(database, a_claim_request(ticket)) == ["claimed"]

    row = await the_row(database, ticket.job_id)
    assert (row["state"], row["attempt"], row["lease_owner"]) == ("processing", 1, "worker")
    assert await notifications(database) == 1


@pytest.mark.parametrize("state", ["processing", "succeeded", "failed"])
async def test_a_job_that_has_moved_on_is_stale(database: Database, state: str) -> None:
    ticket = await a_job(database, state=state)

    assert await claim(database, a_claim_request(ticket)) == ["stale"]
    assert await notifications(database) == 0


@pytest.mark.parametrize("state", ["cancelled", "skipped"])
async def test_a_cancelled_job_is_left_alone(database: Database, state: str) -> None:
    ticket = await a_job(database, state=state)

    assert await claim(database, a_claim_request(ticket)) == ["cancelled"]


async def test_a_ticket_of_another_attempt_is_stale(database: Database) -> None:
    ticket = await a_job(database, attempt=3)

    assert await claim(database, a_claim_request(ticket, attempt=2)) == ["stale"]
    assert await claim(database, a_claim_request(ticket, attempt=4)) == ["stale"]
    assert await claim(database, a_claim_request(ticket, attempt=3)) == ["claimed"]


async def test_an_unknown_job_is_said_to_be_unknown(database: Database) -> None:
    assert await claim(database, ClaimRequest(new_id(), 0, new_id(), "", "")) == ["unknown"]


async def test_a_job_is_not_claimed_more_than_a_second_before_its_time(database: Database) -> None:
    ticket = await a_job(database, Kind.REMINDER, due_in=timedelta(seconds=30))

    assert await claim(database, a_claim_request(ticket)) == ["early"]
    assert (await the_row(database, ticket.job_id))["state"] == "scheduled"


async def test_a_reminder_whose_appointment_has_begun_is_skipped_and_tells_nobody(database: Database) -> None:
    ticket = await a_job(database, Kind.REMINDER, expires_in=timedelta(seconds=-1))

    assert await claim(database, a_claim_request(ticket)) == ["too_late"]

    row = await the_row(database, ticket.job_id)
    assert row["state"] == "skipped"
    assert "begun" in row["reason"]
    assert await notifications(database) == 0


async def test_who_opted_out_of_reminders_is_told_in_the_app_only(database: Database) -> None:
    reminder = await a_job(database, Kind.REMINDER)
    confirmation = await a_job(database)
    await database.execute("UPDATE clients SET email_reminders = false")

    verdicts = await claim(database, a_claim_request(reminder), a_claim_request(confirmation))

    assert verdicts == ["opted_out", "claimed"]
    assert (await the_row(database, reminder.job_id))["state"] == "skipped"
    assert await notifications(database) == 2


async def test_who_has_a_suppressed_address_is_told_in_the_app_only(database: Database) -> None:
    await a_suppression(database, "c@patients.example")
    suppressed, other, nobody = [await a_job(database) for _ in range(3)]

    verdicts = await claim(
        database,
        a_claim_request(suppressed, address="c@patients.example"),
        a_claim_request(other, address="d@patients.example"),
        a_claim_request(nobody),
    )

    assert verdicts == ["suppressed", "claimed", "claimed"]
    row = await the_row(database, suppressed.job_id)
    assert (row["state"], row["reason"], row["lease_owner"]) == ("skipped", "address suppressed", None)
    assert await notifications(database) == 3


async def test_the_same_ticket_twice_in_a_batch_is_claimed_once(database: Database) -> None:
    ticket = await a_job(database)

    verdicts = await claim(database, a_claim_request(ticket), a_claim_request(ticket))

    assert verdicts == ["claimed", "stale"]


async def test_of_two_tickets_of_one_job_the_newer_is_tried(database: Database) -> None:
    ticket = await a_job(database, attempt=2)

    verdicts = await claim(database, a_claim_request(ticket, attempt=1), a_claim_request(ticket, attempt=2))

    assert verdicts == ["stale", "claimed"]


async def test_of_many_claims_at_once_one_wins(database: Database) -> None:
    tickets = [await a_job(database) for _ in range(5)]

    batches = await asyncio.gather(
        *(
            claim(database, *(a_claim_request(t) for t in order), owner=f"worker-{number}")
            for number, order in enumerate([tickets, tickets[::-1]] * 5)
        )
    )

    assert sum(verdict == "claimed" for batch in batches for verdict in batch) == len(tickets)
    assert await notifications(database) == len(tickets)


async def test_a_notification_is_written_once_however_many_attempts(database: Database) -> None:
    ticket = await a_job(database)
    await claim(database, a_claim_request(ticket))
    await job_store.finish(database, [Finish(ticket.job_id, 1, Outcome.RETRYING, delay=0.0)], owner="worker")

    assert await claim(database, a_claim_request(ticket, attempt=1)) == ["claimed"]
    assert await notifications(database) == 1


async def test_a_claim_waits_for_a_transaction_that_cancels(database: Database) -> None:
    appointment_id = await an_appointment(database)
    ticket = await a_job(database, Kind.REMINDER, appointment_id=appointment_id)
    async with database.transaction() as session:
        await job_store.cancel_of_appointment(session, appointment_id, [Kind.REMINDER], reason="moved")
        racing = asyncio.create_task(claim(database, a_claim_request(ticket)))
        await blocked(database)

    assert await racing == ["cancelled"]


async def test_a_reminder_later_than_its_policy_allows_is_skipped_and_tells_nobody(database: Database) -> None:
    late = await a_job(database, Kind.REMINDER, due_in=timedelta(hours=1), expires_in=timedelta(hours=2))
    await database.execute("UPDATE jobs SET due_at = now() - interval '10 min' WHERE id = $1", late.job_id)

    [claim] = await job_store.claim(database, [a_claim_request(late)], owner="worker", lease=30, max_lateness=300)

    assert claim.verdict is Verdict.TOO_LATE
    assert "longer ago" in (await the_row(database, late.job_id))["reason"]
    assert await notifications(database) == 0


async def test_a_late_confirmation_goes_out_whatever_the_policy_for_reminders_says(database: Database) -> None:
    late = await a_job(database)
    await database.execute("UPDATE jobs SET due_at = now() - interval '10 min' WHERE id = $1", late.job_id)
    [claim] = await job_store.claim(database, [a_claim_request(late)], owner="worker", lease=30, max_lateness=300)
    assert claim.verdict is Verdict.CLAIMED
