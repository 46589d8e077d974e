"""What is declared on the broker, held against what RabbitMQ 3.10 to 4.3 accept."""

import re

from hypothesis import given
from hypothesis import strategies as st

from shared.broker.topology import DEAD, retry_key, topology
from shared.jobs.work_queues import work_queues
from shared.process.settings import MOST_SHARDS


def test_every_queue_is_a_quorum_queue_with_arguments_that_all_brokers_take() -> None:
    allowed = {
        "x-queue-type",
        "x-delivery-limit",
        "x-overflow",
        "x-dead-letter-exchange",
        "x-dead-letter-strategy",
        "x-message-ttl",
    }
    for queue in topology((5.0, 30.0)).queues:
        assert queue.arguments["x-queue-type"] == "quorum"
        assert set(queue.arguments) <= allowed
        if queue.name != DEAD:
            # at-least-once dead-lettering needs it
            assert queue.arguments["x-overflow"] == "reject-publish"
            assert queue.arguments["x-dead-letter-strategy"] == "at-least-once"


def test_names_are_the_contract() -> None:
    declared = topology((5.0, 30.0, 120.0, 600.0, 3600.0))
    assert {queue.name for queue in declared.queues} == {
        *("notifications.high", "notifications.normal", "notifications.dead"),
        *(f"notifications.retry.{step}" for step in ("5s", "30s", "2min", "10min", "1h")),
    }
    assert {exchange.name for exchange in declared.exchanges} == {
        *("notifications", "notifications.retry", "notifications.dlx", "notifications.live"),
    }


def test_the_delayed_exchange_is_declared_only_where_the_broker_has_the_type() -> None:
    assert "notifications.delayed" not in {exchange.name for exchange in topology((5.0,)).exchanges}
    delayed = topology((5.0,), delayed=True)
    [exchange] = [each for each in delayed.exchanges if each.name == "notifications.delayed"]
    assert (exchange.type, exchange.arguments) == ("x-delayed-message", {"x-delayed-type": "direct"})
    bound = {queue.name for queue in delayed.queues for source, _ in queue.bindings if source == exchange.name}
    assert bound == {"notifications.high", "notifications.normal"}


def _goes_to(shards: int, exchange: str, key: str) -> list[str]:
    """The queues that a topic or direct exchange routes a key to."""
    bindings = [
        (queue.name, pattern)
        for queue in topology((5.0,), shards=shards, delayed=True).queues
        for source, pattern in queue.bindings
        if source == exchange
    ]
    return [name for name, pattern in bindings if re.fullmatch(_as_regex(pattern), key)]


def _as_regex(pattern: str) -> str:
    return "".join({"#": r"(?:[^.]+[.])*", "*": r"[^.]+"}.get(word, re.escape(word)) for word in _words(pattern))


def _words(pattern: str) -> list[str]:
    """Its words and dots; a dot after # belongs to it."""
    return re.findall(r"#(?=[.])|[^.]+|(?<!#)[.]", pattern)


@given(st.integers(1, MOST_SHARDS), st.data())
def test_each_key_goes_to_one_queue_and_keeps_its_shard_through_retries_and_delays(
    shards: int, data: st.DataObject
) -> None:
    queue = data.draw(st.sampled_from(work_queues(shards)))
    assert _goes_to(shards, "notifications", queue.key) == [queue.name]
    assert _goes_to(shards, "notifications.delayed", queue.key) == [queue.name]
    step = retry_key(5.0, queue)
    assert _goes_to(shards, "notifications.retry", step) == ["notifications.retry.5s"]
    assert _goes_to(shards, "notifications", step) == [queue.name]
