"""Mails that wait for a mail server: since when, which one is tried first, and which server may have one."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from notifier_service.channels.outcomes import Fail, Outcome, Park, Retry, Wait
from notifier_service.consuming.attempt import end_of_attempt
from shared.database import Database
from shared.jobs import counts as job_counts
from shared.jobs import store as job_store
from shared.jobs.model import Ticket
from shared.jobs.store import Claimed
from tests.support.factories import a_claim_request, a_job
from tests.support.rows import let_leases_lapse

STEPS = (5.0, 30.0)


async def ended(database: Database, ticket: Ticket, outcome: Outcome, *, retries: int = 0) -> Any:
    """The row after an attempt that ended so."""
    [claim] = await job_store.claim(database, [a_claim_request(ticket)], owner="worker", lease=30)
    assert isinstance(claim, Claimed)
    claim = replace(claim, retries=retries)
    await job_store.finish(database, [end_of_attempt(claim, outcome, STEPS)], owner="worker")
    return await database.fetchrow("SELECT * FROM jobs WHERE id = $1", ticket.job_id)


async def parked_again(database: Database, ticket: Ticket) -> Any:
    return await ended(
        database, Ticket(ticket.job_id, 1, ticket.kind, ticket.appointment_id, ticket.due_at), Park(5, "x")
    )


async def test_what_waits_for_the_server_says_since_when_and_nothing_else_does(database: Database) -> None:
    away, by_us, turn = [await a_job(database) for _ in range(3)]
    first = await ended(database, away, Park(5.0, "the mail server is away: x"))
    assert datetime.now(UTC) - first["parked_since"] < timedelta(seconds=20)
    assert (await parked_again(database, away))["parked_since"] == first["parked_since"]
    assert (await ended(database, by_us, Park(0.0, "stopped", by_us=True)))["parked_since"] is None
    assert (await ended(database, turn, Wait(60.0, "later")))["parked_since"] is None


async def test_what_is_parked_too_long_is_counted(database: Database) -> None:
    for _ in range(3):
        await ended(database, await a_job(database), Park(5.0, "x"))
    await database.execute(
        "UPDATE jobs SET parked_since = now() - interval '1 hour' WHERE id = (SELECT id FROM jobs LIMIT 1)"
    )
    parked = await job_counts.parked(database, limit=900)
    assert (parked.jobs, parked.too_long) == (3, 1)
    assert (await job_counts.parked(database, limit=7200)).too_long == 0


async def test_the_oldest_due_is_tried_first_by_one_alone_and_by_its_own_server(database: Database) -> None:
    tickets = [await a_job(database, due_in=timedelta(seconds=-number)) for number in range(4)]
    await database.execute("UPDATE jobs SET state = 'scheduled', reason = NULL, finished_at = NULL")
    for ticket in tickets:
        await ended(database, ticket, Park(300.0, "x"))
    await database.execute("UPDATE jobs SET bound_to = 'fallback' WHERE id = $1", tickets[3].job_id)
    await database.execute("UPDATE jobs SET lost = 1 WHERE id = $1", tickets[2].job_id)

    async def take(server: str, *but_of: str) -> Any:
        taken = await job_store.take_parked(database, but_of=but_of, server=server, lease=30)
        return None if taken is None else taken.job_id

    assert await take("main", "c") is None
    assert await take("main") == tickets[1].job_id
    assert await take("fallback") == tickets[3].job_id
    both = await asyncio.gather(take("main"), take("main"))
    assert set(both) <= {tickets[0].job_id, tickets[1].job_id, None}
    row = await database.fetchrow("SELECT publish_after - now() AS left FROM jobs WHERE id = $1", tickets[1].job_id)
    assert row is not None
    assert timedelta(seconds=15) < row["left"] <= timedelta(seconds=30)


async def test_another_one_is_of_another_domain_where_there_is_one_and_of_another_client_in_any_case(
    database: Database,
) -> None:
    addresses = ["a@Big.example", "b@big.example", "c@small.example", None]
    for number, address in enumerate(addresses):
        ticket = await a_job(database, due_in=timedelta(seconds=number - 60))
        await database.execute(
            "INSERT INTO clients (id, email, email_source) VALUES ($1, $2, 'ops')", f"client-{number}", address
        )
        await database.execute(
            "UPDATE jobs SET client_id = $1, state = 'scheduled', reason = NULL, finished_at = NULL WHERE id = $2",
            f"client-{number}",
            ticket.job_id,
        )
        await ended(database, ticket, Park(300.0, "x"))

    async def take(but_of: list[str], but_at: list[str]) -> str | None:
        taken = await job_store.take_parked(database, but_of=but_of, but_at=but_at, server="main", lease=30)
        if taken is None:
            return None
        row = await database.fetchrow("SELECT client_id FROM jobs WHERE id = $1", taken.job_id)
        return None if row is None else str(row["client_id"])

    assert await take([], []) == "client-0"
    assert await take(["client-0"], []) == "client-1"
    assert await take(["client-0"], ["big.example"]) == "client-2"
    assert await take(["client-0", "client-2"], ["big.example", "small.example", ""]) == "client-1"
    assert await take([f"client-{number}" for number in range(4)], ["big.example"]) is None


async def test_an_end_without_an_answer_uses_up_a_retry_and_binds_the_mail_to_its_server(database: Database) -> None:
    ticket = await a_job(database)
    row = await ended(database, ticket, Retry("possibly sent: timed out", None, "server", bound_to="main"))
    assert (row["state"], row["retries"], row["bound_to"], row["parked_since"]) == ("retrying", 1, "main", None)
    assert "possibly sent" in row["error"]


async def test_doubt_parks_where_no_retry_is_left_and_only_there(database: Database) -> None:
    doubt = Retry("550 5.7.1 no", 550, "server", in_doubt=300.0)
    with_one, without, sure = [await a_job(database) for _ in range(3)]
    assert (await ended(database, with_one, doubt, retries=1))["state"] == "retrying"
    row = await ended(database, without, doubt, retries=2)
    assert (row["state"], row["parked_since"] is None) == ("scheduled", False)
    assert (await ended(database, sure, Retry("451", 451), retries=2))["state"] == "failed"


async def test_a_failed_mail_keeps_its_server(database: Database) -> None:
    row = await ended(database, await a_job(database), Fail("possibly sent: x", None, "server", bound_to="fallback"))
    assert (row["state"], row["bound_to"]) == ("failed", "fallback")


async def test_a_hand_over_to_another_server_is_noted_before_it_begins(database: Database) -> None:
    ticket = await a_job(database)
    await job_store.claim(database, [a_claim_request(ticket)], owner="worker", lease=30)
    assert await job_store.mark_sending(database, ticket.job_id, 1, owner="worker", hold=False, bound_to="fallback")
    await let_leases_lapse(database)
    await job_store.recover_expired_leases(database, limit=10)
    row = await database.fetchrow("SELECT state, bound_to FROM jobs WHERE id = $1", ticket.job_id)
    assert row is not None
    assert tuple(row) == ("scheduled", "fallback")
