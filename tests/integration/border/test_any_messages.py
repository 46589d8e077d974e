"""Property: a message of any bytes is kept, or refused by the broker, and the next booking is mailed."""

import asyncio
import json
import struct
from dataclasses import dataclass
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.integration.border.test_odd_messages import TICKET, a_table, array, table, text
from tests.support.raw_amqp import RawPublisher, Refused
from tests.support.services import Service
from tests.support.waiting import eventually
from tests.support.world import World

SHORT: Final = st.binary(max_size=255) | st.text(max_size=40).map(str.encode)
NAMES: Final = (
    *("content_type", "content_encoding", "correlation_id", "reply_to", "message_id"),
    *("type", "app_id", "cluster_id"),  # the broker refuses whatever stands in user_id and expiration
)
FIXED: Final = [(b"t", 1), (b"b", 1), (b"B", 1), (b"s", 2), (b"I", 4), (b"l", 8), (b"T", 8), (b"D", 5), (b"V", 0)]
SCALARS: Final = st.sampled_from(FIXED).flatmap(
    lambda kind: st.binary(min_size=kind[1], max_size=kind[1]).map(lambda content: kind[0] + content)
)
KEYS: Final = st.sampled_from([b"x-death", b"x-delivery-count", b"traceparent", b"x-delay"]) | st.binary(max_size=50)
VALUES: Final = st.recursive(
    SCALARS | SHORT.map(text) | SHORT.map(lambda raw: b"x" + struct.pack(">I", len(raw)) + raw),
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda many: array(b"".join(many)))
        | st.tuples(KEYS, inner).map(lambda entry: table(*entry))
    ),
    max_leaves=6,
)
HEADERS: Final = st.lists(st.tuples(KEYS, VALUES), max_size=4).map(lambda entries: a_table(*entries))
JSON: Final = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
TICKETS: Final = st.dictionaries(st.sampled_from(sorted(TICKET)), JSON, min_size=1).map(
    lambda changes: json.dumps(TICKET | changes).encode()
)
BODIES: Final = TICKETS | st.binary(max_size=2_000) | JSON.map(lambda value: json.dumps(value).encode())


@dataclass(frozen=True)
class Message:
    exchange: str
    key: bytes
    body: bytes
    properties: dict[str, bytes]
    headers: bytes


def messages() -> st.SearchStrategy[Message]:
    bare = {
        "timestamp": st.binary(min_size=8, max_size=8),
        "priority": st.binary(min_size=1, max_size=1),
        "delivery_mode": st.binary(min_size=1, max_size=1),
    }
    properties = st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, SHORT) | bare)
    where = st.sampled_from([("notifications", b"high"), ("notifications", b"normal")]) | st.tuples(
        st.just("notifications.dlx"), SHORT
    )
    return st.tuples(where, BODIES, properties, HEADERS).map(lambda made: Message(made[0][0], made[0][1], *made[1:]))


@pytest.mark.parametrize("examples", [4, pytest.param(60, marks=[pytest.mark.slow, pytest.mark.timeout(1_200)])])
async def test_nothing_that_a_message_holds_stops_anybody(world: World, undisturbed: None, examples: int) -> None:
    loop = asyncio.get_running_loop()
    async with world.api() as api, world.notifier() as notifier:
        kept = [0]

        async def tried(batch: list[Message]) -> None:
            kept[0] += await published(world, batch)
            booked = await world.client(api, f"client-{kept[0]}").book()
            try:
                await eventually(lambda: told(world, booked["id"]))
                await eventually(lambda: recorded(notifier, kept[0]))
            except AssertionError as error:
                raise AssertionError(f"after {batch}") from error

        # nothing is made smaller: an example takes seconds, and minutes where it fails
        @settings(
            max_examples=examples,
            phases=[Phase.generate],
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(st.lists(messages(), min_size=10, max_size=40))
        def every_batch(batch: list[Message]) -> None:
            asyncio.run_coroutine_threadsafe(tried(batch), loop).result()

        await asyncio.to_thread(every_batch)
        assert kept[0] >= 5 * examples, "the broker has refused nearly everything"
        assert (await world.operator(api)("GET", "/api/ops/dead-letters", query={"limit": "200"})).status == 200
    for service in (notifier, api):
        lines = [json.loads(line) for line in service.log.read_text().splitlines()]
        assert {line["event"] for line in lines if line["level"] in ("error", "critical")} <= {"dead letter recorded"}


async def published(world: World, batch: list[Message]) -> int:
    """How many the broker has taken; it closes the connection on some."""
    taken, rest = 0, list(batch)
    while rest:
        async with RawPublisher.at(world.amqp_url) as raw:
            while rest:
                each = rest.pop()
                try:
                    await raw.publish(each.exchange, each.key, each.body, each.properties, table=each.headers)
                except Refused:
                    break
                taken += 1
    return taken


async def told(world: World, appointment_id: Any) -> bool:
    rows = await world.database.fetch(
        "SELECT FROM jobs WHERE appointment_id = $1 AND kind = 'appointment_created_email' AND state = 'succeeded'",
        appointment_id,
    )
    return bool(rows)


async def recorded(notifier: Service, least: int) -> bool:
    """Copies that a header has asked for (CC, BCC) come on top."""
    return await notifier.metric('punctual_dead_letters_total{outcome="recorded"}') >= least
