"""What PostgreSQL refuses of a batch fails alone, visibly, and its neighbours go on."""

import asyncio
from contextlib import suppress
from typing import Any, cast

import pytest

from notifier_service.channels.adapter import ChannelAdapter
from notifier_service.channels.email.wording import MailWording
from notifier_service.channels.notice import Notice
from notifier_service.channels.outcomes import Outcome as Delivered
from notifier_service.consuming.admission import Admission, Candidate
from notifier_service.consuming.outcome_writer import UNSTORABLE, OutcomeWriter
from shared.broker import Delivery
from shared.database import Database
from shared.jobs.model import Channel
from shared.jobs.store import Finish, Outcome, Verdict
from tests.support.client import a_wish, job_of
from tests.support.factories import a_claimed_job, a_job
from tests.support.refusals import refusing
from tests.support.waiting import eventually
from tests.support.world import World

CREATED = "appointment_created_email"


async def test_of_outcomes_that_are_committed_together_one_that_is_refused_loses_its_words_and_no_other_is_lost(
    database: Database, database_url: str
) -> None:
    jobs = [(await a_claimed_job(database)).job_id for _ in range(8)]
    ledger = OutcomeWriter(database, owner="worker", refused_pause=0.01)
    running = asyncio.create_task(ledger.run())
    ends = [Finish(job, 1, Outcome.FAILED, error="poison" if place == 3 else "fine") for place, job in enumerate(jobs)]
    async with (
        refusing(database_url, "22021", table="recorded_attempts", when="\"row\".error = 'poison'"),
        asyncio.timeout(60),
    ):
        finished = await asyncio.gather(*(ledger.finish(end) for end in ends))
    assert all(finished)
    rows = await database.fetch("SELECT job_id, error FROM job_attempts")
    told = {row["job_id"]: row["error"] for row in rows}
    assert [told[job] for job in jobs] == [UNSTORABLE if end.error == "poison" else "fine" for end in ends]
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_an_outcome_that_is_refused_altogether_waits_until_it_is_taken(
    database: Database, database_url: str
) -> None:
    job = (await a_claimed_job(database)).job_id
    ledger = OutcomeWriter(database, owner="worker", refused_pause=0.01)
    running = asyncio.create_task(ledger.run())
    async with refusing(database_url, "23514", events="UPDATE"):
        waiting = asyncio.create_task(ledger.finish(Finish(job, 1, Outcome.SUCCEEDED, reply_code=250)))
        done, _ = await asyncio.wait([waiting], timeout=0.3)
        assert not done
    async with asyncio.timeout(60):
        assert await waiting is not None
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_of_bookings_that_are_committed_together_only_the_refused_one_is_answered_409(world: World) -> None:
    async with world.api() as api:
        client = world.client(api)

        async def book(reason: str) -> int:
            return (await client("POST", "/api/client/appointments", a_wish() | {"reason": reason})).status

        async with refusing(world.database_url, "22P05", table="appointments", when="\"row\".reason = 'poison'"):
            answers = await asyncio.gather(*(book("poison" if each == 7 else "fine") for each in range(20)))
        assert answers == [409 if each == 7 else 200 for each in range(20)]
        await api.shows('punctual_items_refused_total{where="http"}', 1)
        await api.shows('punctual_internal_errors_total{where="http"}', 0)


async def test_a_notification_that_is_refused_fails_its_own_job_with_the_error(world: World) -> None:
    async with world.api() as api, world.notifier() as notifier:
        operator = world.operator(api)
        await operator("POST", "/api/ops/queues/high/pause")
        await eventually(lambda: paused(world, notifier.metric))
        wanted = "\"row\".client_id = 'poison'"
        async with refusing(world.database_url, "22021", table="in_app_notifications", when=wanted):
            bad = await world.client(api, "poison").book()
            for each in range(6):
                await world.client(api, f"client-{each}").book()
            await operator("POST", "/api/ops/queues/high/resume")
            await eventually(lambda: len(world.mails()) == 6)

            async def failed() -> Any:
                job = await operator.job(job_of(bad, CREATED))
                return job["state"] == "failed" and "22021" in job["error"]

            await eventually(failed)
        assert notifier.process.alive
        await notifier.shows('punctual_items_refused_total{where="admission"}', 1)


async def paused(world: World, metric: Any) -> bool:
    return bool(await metric('punctual_queue_paused{priority="high"}') == 1)


class Deaf(ChannelAdapter):
    """Nothing is delivered here."""

    async def deliver(self, notice: Notice, attempt: int) -> Delivered:
        raise AssertionError


async def test_what_cannot_be_worded_is_claimed_and_fails_where_its_mail_is_worded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    tickets = [await a_job(database) for _ in range(3)]
    in_app = MailWording.in_app

    def broken(wording: MailWording, notice: Notice) -> tuple[str, str]:
        if notice.job_id == tickets[1].job_id:
            raise KeyError(notice.timezone)
        return in_app(wording, notice)

    monkeypatch.setattr(MailWording, "in_app", broken)
    admission = Admission(
        database,
        {Channel.EMAIL: Deaf()},
        owner="worker",
        lease=30,
        max_lateness=None,
        told=lambda client: None,
    )
    delivery = cast("Delivery", None)
    answers, _ = await admission.admit([Candidate(delivery, ticket) for ticket in tickets])
    assert [answer.claim.verdict for answer in answers] == [Verdict.CLAIMED] * 3
    rows = await database.fetch("SELECT job_id FROM in_app_notifications")
    assert {row["job_id"] for row in rows} == {tickets[0].job_id, tickets[2].job_id}
