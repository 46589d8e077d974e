"""What is declared on the broker, held against what RabbitMQ 3.10 to 4.3 accept."""

from shared.broker.topology import DEAD, topology


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
