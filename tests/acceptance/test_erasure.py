"""An erased person is found nowhere: in no table, message, log or trace of a running system."""

from collections.abc import Sequence
from typing import Any

from deploy.local.mailbox.faults import Fault
from deploy.local.rabbitmq import RabbitMQ
from tests.support.client import Client, a_wish, job_of
from tests.support.collector import Seen, collecting
from tests.support.personal_data import CLIENT, EMAIL, MARKERS, found_in, where
from tests.support.services import Service
from tests.support.tap import tapped
from tests.support.tokens import a_token
from tests.support.waiting import eventually
from tests.support.world import World

AT_ONCE = {"OTEL_BSP_SCHEDULE_DELAY": "100"}


async def live(world: World, api: Service) -> None:
    """The person books, is told, has a mail that comes back, and is spoken of."""
    person = Client(api.url, a_token(CLIENT, "client", email=EMAIL, name=MARKERS["name"]))
    desk, operator = Client(api.url, a_token("desk", "staff")), world.operator(api)
    await person.book(reason=MARKERS["reason"])
    await person("PUT", "/api/client/profile", {"name": MARKERS["name"], "locale": "de"})
    client = {"id": CLIENT, "phone": MARKERS["phone"]}
    wish = a_wish() | {"client": client, "message": MARKERS["message"]}
    told = (await desk("POST", "/api/staff/appointments", wish)).body
    mails = await eventually(lambda: world.mails() if len(world.mails()) == 2 else [])
    assert MARKERS["message"] in str(mails)
    world.mailbox.faults.add(Fault(refuse=EMAIL))
    refused = await person.book(reason=MARKERS["second_reason"])
    await eventually(lambda: _is(operator, refused, "failed"))
    await eventually(lambda: _is(operator, told, "succeeded"))  # its mail has come; only a sent one comes back
    report = {"jobId": job_of(told, "appointment_created_email"), "event": "returned", "status": "5.1.1"}
    said = report | {"detail": f"{MARKERS['detail']} <{EMAIL}>"}
    assert (await operator("POST", "/api/ops/deliveries", said)).status in (200, 202)
    assert (await operator("PUT", f"/api/ops/suppressions/{EMAIL}", {"reason": MARKERS["remark"]})).status == 201


async def _is(operator: Client, appointment: dict[str, Any], state: str) -> bool:
    return bool((await operator.job(job_of(appointment, "appointment_created_email")))["state"] == state)


def spoken(spans: Sequence[Seen]) -> list[str]:
    return [f"{span.name} {span.attributes}" for span in spans]


async def test_an_erased_person_is_found_nowhere(world: World, rabbitmq: RabbitMQ) -> None:
    world.settings.update(AT_ONCE)
    async with (
        collecting() as collector,
        tapped(rabbitmq, world.amqp_url) as tap,
        world.api(TRACING_ENDPOINT=collector.url) as api,
        world.notifier(TRACING_ENDPOINT=collector.url) as notifier,
    ):
        await live(world, api)
        assert await where(world.database)  # else the search proves nothing
        operator = world.operator(api)
        assert (await operator("GET", f"/api/ops/clients/{CLIENT}/export")).status == 200

        erased = await operator("DELETE", f"/api/ops/clients/{CLIENT}")

        assert erased.status == 200, erased.body
        suppressed = (await operator("GET", "/api/ops/suppressions", query={"address": EMAIL})).body["items"]
        assert len(suppressed) == 1
        await eventually(lambda: any("send mail" in span.name for span in collector.spans))
    assert await where(world.database) == {}
    assert tap.seen
    only_ids = {name: marker for name, marker in MARKERS.items() if name != "id"}
    assert found_in([f"{where} {message}" for where, message in tap.seen], only_ids) == set()
    assert found_in(spoken(collector.spans)) == set()
    for service in (api, notifier):
        assert found_in([service.log.read_text("utf-8")]) == set()
