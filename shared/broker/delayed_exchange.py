"""Asks a broker whether it has the delayed-message exchange."""

from enum import StrEnum

import aio_pika
import aiormq

from shared.broker.connection import close
from shared.broker.declaring import declare_exchange
from shared.broker.errors import Meaning, is_unknown_exchange_type, meaning, translated
from shared.broker.topology import DELAYED_EXCHANGE


class DelayedExchange(StrEnum):
    """What a broker makes of the declaration of our delayed exchange."""

    AVAILABLE = "available"
    ABSENT = "absent"  # it does not know the type: no plugin
    CONFLICT = "conflict"  # one of that name exists with another type or other arguments, and is not ours to use


async def probe_delayed_exchange(url: str, *, name: str) -> DelayedExchange:
    """Declares the exchange, and says what came of it. Raises BrokerUnavailable.

    On a connection of its own: a broker that does not know the type closes it (RabbitMQ up to 3.13, 503), or the
    channel (later ones, 406). Exchange types can be listed only through the management API, which may not be there.
    """
    with translated():
        connection = await aio_pika.connect(url, timeout=10, client_properties={"connection_name": name})
        try:
            channel = await connection.channel(publisher_confirms=False)
            await declare_exchange(DELAYED_EXCHANGE, await channel.get_underlay_channel())
        except aiormq.exceptions.AMQPError as error:
            if is_unknown_exchange_type(error):
                return DelayedExchange.ABSENT
            if meaning(error) is Meaning.ITEM:
                return DelayedExchange.CONFLICT
            raise
        finally:
            await close(connection)
    return DelayedExchange.AVAILABLE
