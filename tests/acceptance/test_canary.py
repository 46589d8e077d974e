"""No personal data and no secret in logs, metrics or messages: a canary is booked, everything goes wrong with it that
can, and it is searched for. The mailbox echoes recipients in its refusals, as mail servers do."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

import aiohttp
import pytest
from aiohttp import web

from deploy.local.mailbox.faults import Fault, Stage
from deploy.local.rabbitmq import RabbitMQ
from tests.drills.proxy import Proxy, proxy
from tests.support.client import Client, a_wish
from tests.support.raw_http import raw_connection
from tests.support.services import Service
from tests.support.tap import Tap, tapped
from tests.support.tokens import SECRET, a_token
from tests.support.waiting import eventually
from tests.support.world import World

WORD: Final = "kanarienvogel"
ADDRESS: Final = f"{WORD}@patients.example"
NAME: Final = f"Zacharias {WORD.title()}"
REASON: Final = f"the {WORD} has a cough"
CREATED: Final = "appointment_created_email"
PLACES: Final = {"publish.notifications", "publish.notifications.retry", "deliver.notifications.dead"}
"""Of the broker's messages that the tap must have seen."""


@asynccontextmanager
async def a_collector() -> AsyncIterator[tuple[str, list[bytes]]]:
    """Where traces would be sent: the URL, and whatever has come."""
    received: list[bytes] = []

    async def take(request: web.Request) -> web.Response:
        received.append(await request.read())
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", received
    finally:
        await runner.cleanup()


def the_canary(world: World, api: Service) -> Client:
    return Client(api.url, a_token("client-1", "client", email=ADDRESS, name=NAME, lifetime=600))


async def states(world: World, **wanted: int) -> bool:
    found = await world.states()
    return all(found.get(state, 0) >= count for state, count in wanted.items())


async def mails_go_wrong(world: World, client: Client, operator: Client) -> None:
    """Every kind of refusal, and what follows from it."""
    await client.book(reason=REASON)
    await eventually(lambda: states(world, succeeded=1))
    for fault in (
        Fault(code=451, count=2),
        Fault(code=452, stage=Stage.RCPT, count=1),
        Fault(code=421, stage=Stage.MAIL, count=1),
        Fault(drop=Stage.DATA, count=1),
    ):
        world.mailbox.fail(fault)
    appointment = await client.book(reason=REASON)
    await eventually(lambda: states(world, succeeded=2))
    for fault in (Fault(refuse=ADDRESS, count=1), Fault(code=553, count=1), Fault(code=553, stage=Stage.RCPT, count=1)):
        world.mailbox.fail(fault)
        await client.book(reason=REASON)
    await eventually(lambda: states(world, failed=3))
    await client("PATCH", f"/api/client/appointments/{appointment['id']}", {"reason": REASON + " again"})
    await client("DELETE", f"/api/client/appointments/{appointment['id']}")
    await operator("POST", "/api/ops/jobs/requeue", {"error": WORD})
    await eventually(lambda: states(world, failed=0, succeeded=6))


async def addresses_cannot_be_used(world: World, client: Client) -> None:
    """What no mail can be made for."""
    for number, address in enumerate((f"{WORD} with spaces@x", f"{WORD}@x..example", ""), 1):
        await world.database.execute("UPDATE clients SET email = $1, email_source = 'ops'", address or None)
        await client.book(reason=REASON)
        await eventually(partial(states, world, failed=number))
    await world.database.execute("UPDATE clients SET email = $1", ADDRESS)


async def requests_are_wrong(api: Service, client: Client, operator: Client) -> None:
    for body in (
        {"doctorId": WORD},
        {"doctorId": "1", "appointmentDate": WORD, "appointmentTime": ADDRESS, "reason": [REASON]},
        f'{{"reason": "{REASON}'.encode(),
    ):
        assert (await client("POST", "/api/client/appointments", body)).status in (400, 422)
    odd = {"X-Request-Id": f"<{ADDRESS}>", "traceparent": WORD, "If-Match": WORD}
    await client("GET", f"/{ADDRESS}", headers=odd)
    await client("GET", "/api/client/appointments", query={"cursor": WORD, "from": ADDRESS}, headers=odd)
    await client("PUT", "/api/client/profile", {"name": NAME, "timezone": WORD})
    await operator("GET", f"/api/ops/clients/{ADDRESS}")
    await operator("PUT", f"/api/ops/clients/{quote(ADDRESS)}", {"email": WORD})
    await operator("GET", "/api/ops/jobs", query={"error": ADDRESS, "clientId": NAME, "state": WORD})
    async with raw_connection(api.url) as connection:
        await connection.send(f"GET /{WORD} HTTP/1.1\r\nX Y: {WORD}\r\n\r\n".encode())
        assert (await connection.answer()).status == 400


async def messages_are_wrong(world: World) -> None:
    """Messages of somebody else's: the broker carries their words, our logs do not."""
    await world.publish("high", f'{{"{WORD}": "{ADDRESS}"'.encode(), message_id=ADDRESS, type=WORD)
    await world.publish("high", f'{{"version": 1, "kind": "{WORD}", "jobId": "{ADDRESS}"}}'.encode(), message_id=WORD)

    async def kept() -> bool:
        return len(await world.database.fetch("SELECT FROM dead_letters")) == 2

    await eventually(kept)


async def servers_go_away(client: Client, api: Service, notifier: Service, servers: list[Proxy]) -> None:
    for server in servers:
        server.cut()
    assert (await client("POST", "/api/client/appointments", a_wish() | {"reason": REASON})).status == 503

    def noticed() -> bool:
        for service in (api, notifier):
            log = service.log.read_text("utf-8")
            assert "broker unavailable" in log, f"{service.log.name} ends with {log[-2000:]}"
        return True

    await eventually(noticed)
    for server in servers:
        server.mend()


async def metrics_of(*services: Service) -> str:
    async with aiohttp.ClientSession() as http:
        return "\n".join([await (await http.get(f"{service.url}/metrics")).text() for service in services])


def assert_absent(where: str, text: str, words: dict[str, str]) -> None:
    for what, word in words.items():
        for line in text.splitlines():
            assert word.lower() not in line.lower(), f"{what} in {where}: {line}"


@pytest.mark.timeout(600)  # it waits for a dozen things, one after the other
async def test_nothing_personal_or_secret_is_told_to_whom_it_does_not_concern(world: World, rabbitmq: RabbitMQ) -> None:
    async with (
        proxy(urlsplit(world.database_url).port or 0) as database,
        proxy(rabbitmq.ports["amqp"]) as broker,
        proxy(world.mailbox.smtp_port) as smtp,
        a_collector() as (collector, traces),
        tapped(rabbitmq, world.amqp_url) as tap,
    ):
        secrets = {
            "the key of tokens": SECRET,
            "the database's password": urlsplit(world.database_url).password or "",
            "the broker's password": urlsplit(world.amqp_url).password or "",
        }
        world.settings |= {
            "DATABASE_URL": world.database_url.replace(str(urlsplit(world.database_url).port), str(database.port)),
            "AMQP_URL": world.amqp_url.replace(str(rabbitmq.ports["amqp"]), str(broker.port)),
            "SMTP_PORT": str(smtp.port),
            "LOG_LEVEL": "debug",
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector,
            "OTEL_TRACES_SAMPLER": "always_on",
        }
        async with world.api() as api, world.notifier() as notifier:
            client, operator = the_canary(world, api), world.operator(api)
            await mails_go_wrong(world, client, operator)
            await addresses_cannot_be_used(world, client)
            await requests_are_wrong(api, client, operator)
            await eventually(lambda: tap.places() >= PLACES)  # the tap is told a moment later
            ours = list(tap.seen)
            await messages_are_wrong(world)
            await servers_go_away(client, api, notifier, [database, broker, smtp])
            await eventually(api.ready)
            await eventually(notifier.ready)
            metrics = await metrics_of(api, notifier)
        everything_was_tried(ours, tap, api.log, notifier.log)
        personal = {"something personal": WORD, "a token": "eyJ"}
        for service in (api, notifier):
            assert_absent(service.log.name, service.log.read_text("utf-8", "replace"), personal | secrets)
        assert_absent("metrics", metrics, personal | secrets)
        assert_absent("messages", "\n".join(text for _, text in ours), personal | secrets)
        assert_absent("messages", "\n".join(text for _, text in tap.seen), secrets)
        assert_absent("traces", b"\n".join(traces).decode("utf-8", "replace"), personal | secrets)


def everything_was_tried(ours: list[tuple[str, str]], tap: Tap, api: Path, notifier: Path) -> None:
    """What was searched is what happened: nothing is absent because nothing was there."""
    assert {where for where, _ in ours} >= PLACES
    assert any(WORD in text for _, text in tap.seen), "the tap sees bodies"
    told: dict[Path, tuple[str, ...]] = {
        api: ("email job enqueued", "database unavailable", "broker unavailable"),
        notifier: (
            *("appointment creation email failed", "processed successfully"),
            *("message cannot be read", "dead letter recorded", "broker unavailable"),
        ),
    }
    for log, events in told.items():
        text = log.read_text("utf-8", "replace")
        missing = [event for event in events if event not in text]
        assert not missing, (log.name, missing)


async def test_a_refused_sign_in_at_the_mail_server_tells_no_password(world: World) -> None:
    password = "a password of the mail server"
    settings: dict[str, Any] = {"SMTP_USERNAME": "clinic", "SMTP_PASSWORD": password, "LOG_LEVEL": "debug"}
    async with world.api() as api, world.notifier(**settings) as notifier:
        await world.client(api).book()

        async def parked() -> bool:
            rows = await world.database.fetch("SELECT FROM job_attempts WHERE outcome IN ('parked', 'retrying')")
            return bool(rows)

        await eventually(parked)
        metrics = await metrics_of(notifier)
    assert_absent("log", notifier.log.read_text("utf-8"), {"the password": password})
    assert_absent("metrics", metrics, {"the password": password})
    errors = await world.database.fetch("SELECT error FROM job_attempts")
    assert not [row for row in errors if password in (row["error"] or "")]


async def test_probes_tell_no_version_of_what_serves_them(world: World) -> None:
    async with world.notifier() as notifier, world.api(command="relay") as relay, aiohttp.ClientSession() as http:
        for service in (notifier, relay):
            async with http.get(f"{service.url}/livez") as answer:
                assert answer.headers["Server"] == "punctual"
                assert answer.headers["X-Content-Type-Options"] == "nosniff"
