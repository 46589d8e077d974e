"""Every question of the dashboard and of the alerts has an answer in a Prometheus that scrapes both services."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import yaml

from api_service.identity.oidc.errors import Reason
from api_service.identity.oidc.metrics import SIGNED_IN
from deploy.grafana import FILE
from deploy.local.mailbox.faults import Fault
from deploy.local.rabbitmq import RabbitMQ
from shared.jobs.model import FINAL, Kind, Priority, State
from tests.support.client import Client
from tests.support.prometheus import Prometheus, needs_prometheus, scraping
from tests.support.services import Service
from tests.support.waiting import eventually, paced
from tests.support.world import World
from tests.unit.docs.test_runbook import RULES

SELECTOR = re.compile(r"\b(?:punctual|rabbitmq)[a-z0-9_:]*(?:\{[^}]*\})?|\bup\{[^}]*\}")
RANGES = {"$__rate_interval": "30s", "$__range": "5m"}


def panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(FILE.read_text("utf-8"))["panels"] if panel["type"] != "row"]


def questions() -> dict[str, str]:
    """Every query by where it stands: panels', and what alerts look at (an alert itself is silent when all is well)."""
    found = {}
    for panel in panels():
        for target in panel["targets"]:
            expression = target["expr"]
            for name, length in RANGES.items():
                expression = expression.replace(name, length)
            found[f"{panel['title']} {target['refId']}"] = expression
    for group in yaml.safe_load(RULES.read_text("utf-8"))["groups"]:
        for rule in group["rules"]:
            for number, selector in enumerate(SELECTOR.findall(rule["expr"])):
                found[f"{rule.get('alert', rule.get('record'))} {number}"] = selector
    return found


@asynccontextmanager
async def load(world: World, client: Client) -> AsyncIterator[None]:
    """Bookings one after the other, each with a reminder that is due in a second or two; now and then a bad request."""
    await world.database.execute(
        "INSERT INTO doctors (id, name, timezone) SELECT 'd' || n, 'Dr. ' || n, 'Europe/Berlin'"
        " FROM generate_series(0, 20000) AS n"  # for 17 minutes
    )

    async def book() -> None:
        async for number in paced(0.05):
            soon = (datetime.now(UTC) + timedelta(hours=1, seconds=2)).replace(microsecond=0)
            await client.book(soon, doctorId=f"d{number}")
            await client("GET", "/api/client/notifications")
            if number % 5 == 0:
                await client("POST", "/api/client/appointments", {"doctorId": "1"})

    task = asyncio.create_task(book())
    try:
        yield
        assert not task.done(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def trouble(world: World, api: Service, prometheus: Prometheus) -> None:
    """A 451, a 550, an unreadable message, and a mail server that is away until Prometheus has seen it."""
    world.mailbox.fail(Fault(code=451, count=3))
    world.mailbox.fail(Fault(refuse="refused@patients.example"))
    await world.client(api, "refused").book()
    await world.publish("high.1", b"not json")

    async def seen(expression: str) -> bool:
        return bool(await prometheus.ask(expression))

    await eventually(lambda: seen('punctual_job_trouble_total{outcome="failed",reason="recipient"} > 0'))
    await eventually(lambda: seen('punctual_job_trouble_total{outcome="retrying",reason="server"} > 0'))
    await eventually(lambda: seen('punctual_dead_letters_total{outcome="recorded"} > 0'))
    world.mailbox.fail(Fault(down=True))
    await eventually(lambda: seen("punctual_smtp_circuit_open == 1"))
    await eventually(lambda: seen('punctual_job_attempts_total{outcome="parked"} > 0'))
    await world.mailbox.recover()
    await eventually(lambda: seen("punctual_smtp_circuit_open == 0"))


@needs_prometheus
async def test_every_query_has_data(world: World, rabbitmq: RabbitMQ) -> None:
    async with world.api(SHARDS="2") as api, world.notifier(SHARDS="2") as notifier:
        targets = {"api": port_of(api), "notifier": port_of(notifier), "rabbitmq": rabbitmq.ports["prometheus"]}
        async with scraping(world.home, targets) as prometheus, load(world, world.client(api)):
            await trouble(world, api, prometheus)
            asked = questions()
            assert len(asked) > 100

            async def all_answered() -> bool:
                missing = [name for name, expression in asked.items() if not await prometheus.ask(expression)]
                assert not missing, missing
                return True

            await eventually(all_answered, every=0.5)

            async def all_up() -> bool:
                every = ("api", "notifier", "rabbitmq", "rabbitmq-queues")
                return await prometheus.targets() == dict.fromkeys(every, "up")

            await eventually(all_up)  # on a busy machine a scrape may be too slow, and the next is not
            assert not [rule for rule in await prometheus.rules() if rule["health"] == "err"]
        await the_labels_are_closed(api, notifier)


async def the_labels_are_closed(*services: Service) -> None:
    """After all that: no value that a client, a message or a mail server could have chosen."""
    known: dict[str, set[str]] = {
        "kind": set(Kind),
        "state": set(State) | {"busy", "idle"},
        "outcome": {
            *FINAL,
            "retrying",
            "parked",
            "lost",
            "discarded",
            "scheduled",
            "recorded",
            "known",
            "recovered",
            "published",
            "repeated",
            "unknown",
            *(SIGNED_IN, *Reason),
            *("taken", "invalid", "away"),
        },
        "priority": set(Priority),
        "path": {"direct", "sweep", "delayed", "recovered"},
    }
    for service in services:
        text = await service.text("/metrics")
        assert text is not None
        assert "@" not in text
        assert not re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-7", text), "an id"
        for name, value in re.findall(r'[{,](\w+)="([^"]*)"', text):
            assert value in known.get(name, {value}), (name, value)


def port_of(service: Service) -> int:
    port = urlsplit(service.url).port
    assert port is not None
    return port
