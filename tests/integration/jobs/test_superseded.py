"""After a client was told of a change, nothing older is claimed, whatever became of it and whoever asks."""

from uuid import UUID

import pytest

from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.model import SUPERSEDED, Kind, State
from shared.jobs.store import Finish, Outcome, Verdict
from tests.support.factories import a_claim_request, a_job, an_appointment, the_row, the_state
from tests.support.rows import let_leases_lapse

KINDS = {"moved": Kind.RESCHEDULED, "cancelled": Kind.CANCELLED}


async def change(database: Database, appointment_id: UUID, how: str) -> None:
    """As the client's PATCH or DELETE does, but for what it does to jobs."""
    if how == "cancelled":
        await database.execute("UPDATE appointments SET status = 'cancelled' WHERE id = $1", appointment_id)
    else:
        await database.execute("UPDATE appointments SET local_date = local_date + 1 WHERE id = $1", appointment_id)


async def claim(database: Database, job_id: UUID) -> Verdict:
    ticket = await a_ticket(database, job_id)
    [claim] = await job_store.claim(database, [ticket], owner="worker", lease=30)
    return claim.verdict


async def a_ticket(database: Database, job_id: UUID) -> job_store.ClaimRequest:
    row = await the_row(database, job_id)
    return job_store.ClaimRequest(job_id, row["attempt"], UUID(int=row["id"].int ^ 1), "Title", "Body")


@pytest.mark.parametrize("kind", sorted(SUPERSEDED))
@pytest.mark.parametrize("state", ["scheduled", "enqueued", "retrying"])
@pytest.mark.parametrize("how", sorted(KINDS))
async def test_a_job_older_than_the_change_is_cancelled_by_its_claim_and_tells_nobody(
    database: Database, kind: Kind, state: str, how: str
) -> None:
    """However it came to wait: the change itself would have taken it back."""
    appointment_id = await an_appointment(database)
    older = await a_job(database, kind, appointment_id=appointment_id, state=state)
    await change(database, appointment_id, how)

    assert await claim(database, older.job_id) is Verdict.SUPERSEDED

    row = await the_row(database, older.job_id)
    assert (row["state"], row["reason"]) == ("cancelled", f"the appointment was {how}")
    assert (row["attempt"], row["lease_owner"]) == (0, None)
    assert not await database.fetch("SELECT FROM in_app_notifications")
    assert await claim(database, older.job_id) is Verdict.CANCELLED


@pytest.mark.parametrize("how", sorted(KINDS))
async def test_what_tells_of_the_change_is_claimed(database: Database, how: str) -> None:
    appointment_id = await an_appointment(database)
    await change(database, appointment_id, how)
    news = await a_job(database, KINDS[how], appointment_id=appointment_id)

    assert await claim(database, news.job_id) is Verdict.CLAIMED


async def test_a_change_that_the_client_is_not_told_of_makes_no_mail_untrue(database: Database) -> None:
    appointment_id = await an_appointment(database)
    waiting = await a_job(database, appointment_id=appointment_id)
    await database.execute(
        "UPDATE appointments SET reason = 'Other', starts_at = starts_at + interval '1 hour',"
        " ends_at = ends_at + interval '1 hour', version = version + 1"
    )

    assert await claim(database, waiting.job_id) is Verdict.CLAIMED


async def test_a_job_of_the_time_before_revisions_is_judged_by_whether_its_appointment_takes_place(
    database: Database,
) -> None:
    moved, cancelled = [await an_appointment(database) for _ in range(2)]
    jobs = [await a_job(database, appointment_id=each, revision=None) for each in (moved, cancelled)]
    await change(database, moved, "moved")
    await change(database, cancelled, "cancelled")

    verdicts = [await claim(database, each.job_id) for each in jobs]

    assert verdicts == [Verdict.CLAIMED, Verdict.SUPERSEDED]


@pytest.mark.parametrize("outcome", sorted(Outcome))
async def test_the_news_waits_while_an_older_mail_is_on_its_way(database: Database, outcome: Outcome) -> None:
    """Else the older one could arrive after it."""
    appointment_id = await an_appointment(database)
    older = await a_job(database, appointment_id=appointment_id)
    assert await claim(database, older.job_id) is Verdict.CLAIMED
    await change(database, appointment_id, "moved")
    await job_store.cancel_of_appointment(database, appointment_id, SUPERSEDED, reason="moved")
    news = await a_job(database, Kind.RESCHEDULED, appointment_id=appointment_id)
    elsewhere = await a_job(database)

    assert await claim(database, news.job_id) is Verdict.WAITING
    assert await claim(database, elsewhere.job_id) is Verdict.CLAIMED
    assert await job_store.mark_enqueued(database, [news]) == 0  # a relay that comes late marks nothing
    row = await the_row(database, news.job_id)
    assert (row["state"], row["attempt"], row["lease_owner"]) == ("scheduled", 1, None)
    assert row["publish_after"] > row["created_at"]

    await job_store.finish(database, [Finish(older.job_id, 1, outcome, delay=0.0)], owner="worker")
    assert await claim(database, news.job_id) is Verdict.CLAIMED
    expected = State.SUCCEEDED if outcome is Outcome.SUCCEEDED else State.CANCELLED
    assert await the_state(database, older.job_id) == expected


@pytest.mark.parametrize("begun", [False, True])
async def test_a_lost_worker_leaves_no_older_mail_behind(database: Database, begun: bool) -> None:
    """Also where it may have been sent (CRASH_POLICY=hold): nobody is to send it again."""
    appointment_id = await an_appointment(database)
    older = await a_job(database, appointment_id=appointment_id)
    await claim(database, older.job_id)
    if begun:
        assert await job_store.mark_sending(database, older.job_id, 1, owner="worker")
    await job_store.cancel_of_appointment(database, appointment_id, SUPERSEDED, reason="moved")
    assert not await job_store.mark_sending(database, older.job_id, 1, owner="worker")
    await let_leases_lapse(database)

    assert await job_store.recover_expired_leases(database, limit=10) == [(older.job_id, State.CANCELLED)]


@pytest.mark.parametrize("how", sorted(KINDS))
async def test_what_failed_before_a_change_is_not_requeued_whatever_left_it_behind(
    database: Database, how: str
) -> None:
    appointment_id = await an_appointment(database)
    older = await a_job(database, appointment_id=appointment_id, state="failed")
    await change(database, appointment_id, how)
    news = await a_job(database, KINDS[how], appointment_id=appointment_id, state="failed")
    marked = await a_job(database, state="failed", cancel_requested=True)

    requeued = await job_store.requeue(database, [older.job_id, news.job_id, marked.job_id])

    assert requeued == {news.job_id}


async def test_two_claims_of_one_batch_keep_their_order(database: Database) -> None:
    """The older is cancelled in the same statement that claims the news."""
    appointment_id = await an_appointment(database)
    older = await a_job(database, appointment_id=appointment_id)
    await change(database, appointment_id, "moved")
    news = await a_job(database, Kind.RESCHEDULED, appointment_id=appointment_id)

    claims = await job_store.claim(database, [a_claim_request(news), a_claim_request(older)], owner="worker", lease=30)

    assert [each.verdict for each in claims] == [Verdict.CLAIMED, Verdict.SUPERSEDED]
