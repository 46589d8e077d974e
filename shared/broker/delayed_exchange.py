"""Asks a broker whether it has the delayed-message exchange."""

from enum import StrEnum

import aio_pika
import aiormq

from shared.broker.connection import close
from shared.broker.declaring import declare_exchange
from shared.broker.errors import BrokerErrorKind, is_unknown_exchange_type, meaning, translated
from shared.broker.topology import DELAYED_EXCHANGE


class DelayedExchange(StrEnum):
    """The answer of a broker to the declaration of our delayed exchange."""

    AVAILABLE = "available"
    ABSENT = "absent"  # the broker does not know the type: no plugin
    CONFLICT = "conflict"  # an exchange of that name exists with another type or other arguments; we must not use it


async def probe_delayed_exchange(url: str, *, name: str) -> DelayedExchange:
    """Declares the exchange and says how it went. Raises BrokerUnavailable.

    It uses a connection of its own: a broker that does not know the type closes the connection (RabbitMQ up to 3.13,
    503) or the channel (later ones, 406). Exchange types can be listed only by the management API, which may be absent.
    """
    with translated():
        connection = await aio_pika.connect(url, timeout=10, client_properties={"connection_name": name})
        try:
            channel = await connection.channel(publisher_confirms=False)
            await declare_exchange(DELAYED_EXCHANGE, await channel.get_underlay_channel())
        except aiormq.exceptions.AMQPError as error:
            if is_unknown_exchange_type(error):
                return DelayedExchange.ABSENT
            if meaning(error) is BrokerErrorKind.ITEM:
                return DelayedExchange.CONFLICT
            raise
        finally:
            await close(connection)
    return DelayedExchange.AVAILABLE
