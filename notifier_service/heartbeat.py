"""Says in this notifier's heartbeats how it does: what it takes, what it works on, what it does not reach."""

from collections.abc import Sequence

from notifier_service.channels.email.smtp.circuit import Circuit
from notifier_service.consuming.consumers import Consumers
from shared.jobs.process_heartbeats import EmailRate, Vitals


def vitals(
    consumers: Consumers,
    circuits: Sequence[Circuit],
    *,
    broker: str | None,
    email_rate: EmailRate | None = None,
) -> Vitals:
    """`circuits`, one for each mail server: mail goes out while one of them is closed. `broker`: why RabbitMQ is not
    reached, None while it is. `email_rate`: None without a limit."""
    away = [circuit.why for circuit in circuits if circuit.is_open]
    return Vitals(
        slots=consumers.slots,
        in_flight=consumers.in_flight,
        consumes=consumers.consuming,
        broker=broker,
        mail_server=away[0] if circuits and len(away) == len(circuits) else None,
        email_rate=email_rate,
    )
