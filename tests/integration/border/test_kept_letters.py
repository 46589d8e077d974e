"""A dead letter that comes again is kept once; two that differ in anything are two, whatever the broker says of them.

RabbitMQ 4 calls a message redelivered in the dead-letter queue, since it counts the deliveries in the queue before.
"""

from datetime import UTC, datetime
from typing import Any, Final

import pytest
from pamqp.commands import Basic

from notifier_service.consuming.dead_letters import DeadLetterRecorder
from shared.broker import Delivery
from shared.database import Database

_PROPERTIES: Final[dict[str, Any]] = {
    "content_type": "text/plain",
    "content_encoding": "gzip",
    "headers": {"n": 1},
    "delivery_mode": 2,
    "priority": 1,
    "correlation_id": "c",
    "reply_to": "r",
    "expiration": "1",
    "message_id": "m",
    "timestamp": datetime(2027, 1, 5, 14, tzinfo=UTC),
    "message_type": "t",
    "user_id": "u",
    "app_id": "a",
}
_PLACE: Final[dict[str, Any]] = {"body": b"x", "exchange": "notifications.dlx", "routing_key": "dead.high"}


def _a_letter(*, redelivered: bool = True, **changes: Any) -> Delivery:
    place = {name: changes.pop(name, value) for name, value in _PLACE.items()}
    properties = Basic.Properties(**{**_PROPERTIES, **changes})
    return Delivery(tag=1, redelivered=redelivered, properties=properties, **place)


@pytest.mark.parametrize("name", [*_PROPERTIES, *_PLACE])
async def test_letters_that_differ_in_one_thing_are_both_kept(database: Database, name: str) -> None:
    other: Any = b"other" if name == "body" else "other" if name in _PLACE else None
    recorder = DeadLetterRecorder(database)
    assert await recorder.record(_a_letter())
    assert await recorder.record(_a_letter(**{name: other}))
    assert len(await database.fetch("SELECT FROM dead_letters")) == 2


@pytest.mark.parametrize("first", [False, True])
async def test_a_letter_that_comes_again_is_kept_once(database: Database, first: bool) -> None:
    recorder = DeadLetterRecorder(database)
    for redelivered in (first, True, True):
        assert await recorder.record(_a_letter(redelivered=redelivered))
    assert len(await database.fetch("SELECT FROM dead_letters")) == 1
