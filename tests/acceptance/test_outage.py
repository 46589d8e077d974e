"""An outage is not a failure."""

from deploy.local.mailbox.faults import Fault, Stage
from deploy.local.mailbox.server import running
from tests.support.client import job_of
from tests.support.waiting import eventually
from tests.support.world import World

CREATED = "appointment_created_email"


async def test_with_the_mail_server_down_mails_are_parked_uncounted_and_go_out_later(world: World) -> None:
    async with world.api() as api, world.notifier() as notifier:
        client = world.client(api)
        world.mailbox.fail(Fault(down=True))
        booked = [await client.book() for _ in range(20)]

        async def open_and_told() -> bool:
            told = (await client("GET", "/api/client/notifications/unread-count")).body["unread"]
            return told == 20 and await notifier.metric("punctual_smtp_circuit_open") == 1

        await eventually(open_and_told)
        await world.mailbox.recover()
        await eventually(lambda: len(world.mails()) == 20, within=120)  # a parked mail may come back after a minute

        async def succeeded() -> bool:
            return await world.states() == {"succeeded": 20, "scheduled": 20}

        await eventually(succeeded)
        await notifier.shows("punctual_smtp_circuit_open", 0)
        operator = world.operator(api)
        retries = [(await operator.job(job_of(each, CREATED)))["retries"] for each in booked]
        # three find out, and at most as many as there are connections are under way beside them
        assert sum(retries) <= 11


async def test_one_refused_recipient_does_not_open_the_circuit(world: World) -> None:
    async with world.api() as api, world.notifier() as notifier:
        world.mailbox.fail(Fault(refuse="client-1@patients.example"))
        for _ in range(6):
            await world.client(api).book()
        await world.client(api, "client-2").book()

        await eventually(lambda: len(world.mails()) == 1)

        async def all_failed() -> bool:
            return (await world.states()).get("failed") == 6

        await eventually(all_failed)
        await notifier.shows("punctual_smtp_circuit_open", 0)


async def test_a_server_that_refuses_everybody_costs_no_retries_and_is_tried_by_one_mail(world: World) -> None:
    async with world.api() as api, world.notifier() as notifier:
        world.mailbox.fail(Fault(code=451))
        for number in range(25):
            await world.client(api, f"client-{number}").book()

        async def open_for_its_cause() -> bool:
            return await notifier.metric('punctual_smtp_circuit_cause{cause="system",server="main"}') == 1

        await eventually(open_for_its_cause)
        assert world.mails() == []
        await world.mailbox.recover()
        await eventually(lambda: len(world.mails()) == 25, within=120)

        async def succeeded() -> bool:
            return await world.states() == {"succeeded": 25, "scheduled": 25}

        await eventually(succeeded)
        await notifier.shows("punctual_smtp_circuit_open", 0)
        row = await world.database.fetchrow(
            "SELECT sum(retries)::int AS retries, count(parked_since) AS left FROM jobs"
        )
        assert row is not None
        # three find out, and at most as many as there are connections are under way beside them
        assert (row["retries"] <= 11, row["left"]) == (True, 0)


async def test_what_a_stop_breaks_off_after_its_last_line_is_possibly_sent(world: World) -> None:
    world.mailbox.fail(Fault(hang=Stage.AFTER_ACCEPT, count=1))
    async with world.api() as api:
        async with world.notifier(STOP_DEADLINE="500ms") as notifier:
            appointment = await world.client(api).book()
            await eventually(world.mails)
            await notifier.stop()
        job = await world.operator(api).job(job_of(appointment, CREATED))
        assert (job["state"], job["retries"]) == ("retrying", 1)
        assert "possibly sent" in job["error"]


async def test_a_second_mail_server_takes_over_while_the_first_is_away(world: World) -> None:
    async with running() as second:
        world.settings |= {
            "SMTP_FALLBACK_HOST": second.host,
            "SMTP_FALLBACK_PORT": str(second.smtp_port),
            "SMTP_FALLBACK_SECURITY": "none",
        }
        async with world.api() as api, world.notifier() as notifier:
            world.mailbox.fail(Fault(down=True))
            for number in range(10):
                await world.client(api, f"client-{number}").book()
            await eventually(lambda: len(second.messages) == 10)
            await notifier.shows("punctual_smtp_circuit_open", 1)

            async def committed() -> bool:
                return await world.states() == {"succeeded": 10, "scheduled": 10}

            await eventually(committed)


async def test_under_the_policy_hold_what_was_possibly_sent_waits_for_a_person(world: World) -> None:
    world.mailbox.fail(Fault(hang=Stage.AFTER_ACCEPT, count=1))
    async with world.api() as api:
        async with world.notifier(CRASH_POLICY="hold") as doomed:
            appointment = await world.client(api).book()
            await eventually(world.mails)
            doomed.kill()
        await world.leases_end()
        async with world.notifier(CRASH_POLICY="hold"):

            async def held() -> bool:
                job = await world.operator(api).job(job_of(appointment, CREATED))
                return job["state"] == "failed" and "possibly sent" in job["error"]

            await eventually(held)
    assert len(world.mails()) == 1
