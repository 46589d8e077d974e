"""Every address that the API accepts, from a token or from an operator, reaches the wire and gets its mail."""

from typing import Any

from tests.support.client import Client, job_of
from tests.support.tokens import a_token
from tests.support.waiting import eventually
from tests.support.world import World
from tests.unit.shared.people.test_addresses import ACCEPTED

CREATED = "appointment_created_email"
WIRE = sorted(wire for wire, _ in ACCEPTED.values())


async def test_every_accepted_address_of_a_token_gets_its_mail(world: World) -> None:
    async with world.api() as api, world.notifier():
        for number, address in enumerate(ACCEPTED):
            token = a_token(f"c-{number}", "client", email=address)
            await Client(api.url, token).book()

        await eventually(lambda: len(world.mails()) == len(ACCEPTED))
        assert sorted(recipient for mail in world.mails() for recipient in mail["to"]) == WIRE


async def test_every_accepted_address_of_an_operator_gets_its_mail(world: World) -> None:
    async with world.api() as api, world.notifier():
        operator = world.operator(api)
        for number, address in enumerate(ACCEPTED):
            stored = await operator("PUT", f"/api/ops/clients/c-{number}", {"email": address})
            assert (stored.status, stored.body["email"]) == (200, address)
            await world.client(api, f"c-{number}").book()

        await eventually(lambda: len(world.mails()) == len(ACCEPTED))
        assert sorted(recipient for mail in world.mails() for recipient in mail["to"]) == WIRE


async def test_a_server_without_smtputf8_gets_what_is_ascii_and_the_others_fail_with_the_reason(world: World) -> None:
    world.mailbox.smtputf8 = False
    async with world.api() as api, world.notifier():
        operator = world.operator(api)
        jobs = {}
        for number, address in enumerate(("jan@bücher.example", "jörg@example.com")):
            token = a_token(f"c-{number}", "client", email=address)
            jobs[address] = job_of(await Client(api.url, token).book(), CREATED)

        async def ended() -> list[dict[str, Any]]:
            found = [await operator.job(job) for job in jobs.values()]
            return found if all(job["state"] in ("succeeded", "failed") for job in found) else []

        sent, failed = await eventually(ended)
        assert (sent["state"], failed["state"]) == ("succeeded", "failed")
        assert "internationalized" in failed["error"]
        assert [mail["to"] for mail in world.mails()] == [["jan@xn--bcher-kva.example"]]
