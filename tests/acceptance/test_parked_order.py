"""After an outage of the mail server, the nearest visit is told first, and an operator can slow the mails down."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from deploy.local.mailbox.faults import Fault
from tests.support.client import Client, job_of
from tests.support.waiting import eventually
from tests.support.world import World

CREATED = "appointment_created_email"
DAYS = (9, 3, 7, 1, 5, 2, 8, 4, 6)
"""Until the visit, in the order of the bookings."""


async def booked_in_an_outage(world: World, client: Client) -> list[str]:
    """Bookings while the mail server is away: the ids of their confirmations, the nearest visit first."""
    world.mailbox.fail(Fault(down=True))
    noon = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)
    jobs = {days: job_of(await client.book(noon + timedelta(days=days)), CREATED) for days in DAYS}

    async def all_held() -> bool:
        row = await world.database.fetchrow(
            "SELECT count(*) AS held FROM jobs"
            " WHERE parked_since IS NOT NULL AND state = 'scheduled' AND published_at IS NULL"
        )
        # the one that is tried while no server answers may be on its way
        return row is not None and row["held"] >= len(DAYS) - 1

    await eventually(all_held)
    return [jobs[days] for days in sorted(jobs)]


def arrived(world: World) -> list[str]:
    """The jobs in the order in which their mails were taken."""
    return [mail["headers"]["Message-ID"].strip("<>").partition("@")[0] for mail in reversed(world.mails())]


async def the_parked(operator: Client) -> dict[str, Any]:
    return dict((await operator("GET", "/api/ops/parked")).body)


async def test_parked_mails_are_shown_in_the_promised_order_and_go_in_it(world: World) -> None:
    async with world.api() as api, world.notifier(HIGH_WORKERS="1"):
        operator = world.operator(api)
        promised = await booked_in_an_outage(world, world.client(api))

        async def all_shown() -> dict[str, Any]:
            shown = await the_parked(operator)
            assert shown["serverAnswers"] is False
            assert (shown["parked"], shown["going"], shown["skipped"]) == (len(DAYS), len(DAYS), {})
            return shown

        shown = await eventually(all_shown)
        assert [each["id"] for each in shown["first"]] == promised
        await world.mailbox.recover()

        def all_arrived() -> list[str]:
            found = arrived(world)
            assert len(found) == len(DAYS)
            return found

        order = await eventually(all_arrived)

        async def none_is_left() -> bool:
            return bool((await the_parked(operator))["parked"] == 0)

        await eventually(none_is_left)
    # the mail that was tried when the server came back may be any of them
    tried = {each for each in order if order.index(each) < promised.index(each)}
    assert len(tried) <= 1, order
    rest = [each for each in order if each not in tried]
    assert rest == [each for each in promised if each not in tried]


@pytest.mark.slow
async def test_an_operator_lets_parked_mails_go_slowly_and_then_at_once(world: World) -> None:
    async with world.api() as api, world.notifier() as notifier:
        operator = world.operator(api)
        promised = await booked_in_an_outage(world, world.client(api))
        slowly = {"perSecond": 0.2, "reason": "the provider counts"}
        assert (await operator("PUT", "/api/ops/parked/pace", slowly)).status == 200
        await world.mailbox.recover()

        async def closed_and_some_sent() -> bool:
            return await notifier.metric("punctual_smtp_circuit_open") == 0 and bool(arrived(world))

        await eventually(closed_and_some_sent)
        shown = await the_parked(operator)
        assert shown["pace"]["perSecond"] == 0.2
        assert shown["parked"] > len(DAYS) // 2  # without the pace all go within a second

        assert (await operator("PUT", "/api/ops/parked/pace", {"perSecond": None})).status == 200

        await eventually(lambda: sorted(arrived(world)) == sorted(promised))
