"""The one tree of Punctual's own errors; drivers' errors are translated into it where the driver is.

Four answers to whatever a server, a peer or a byte does to us (docs/decisions/0016): `Unavailable`: wait, try again;
`Contention`: again at once; `ItemRefused`: this item alone fails, its neighbours go on. Any other exception is our bug:
its operation fails, it is logged once with its traceback and counted, and the process goes on.
"""


class PunctualError(Exception):
    """Anything that Punctual raises on purpose."""


class ConfigurationError(PunctualError):
    """The environment does not describe a service that can start; the message names the variables."""


class Unavailable(PunctualError):
    """A server that we need is away, or serves nobody just now. Trying again later is right."""


class DatabaseUnavailable(Unavailable):
    """PostgreSQL cannot be reached, takes no writes, or is refusing work just now."""


class BrokerUnavailable(Unavailable):
    """RabbitMQ cannot be reached or has closed on us."""


class Contention(PunctualError):
    """The server gave our work up for the sake of others, and nothing of it was done: it is tried again at once."""


class ItemRefused(PunctualError):
    """The server refuses this one item, whenever it is tried. It fails alone, visibly; its neighbours go on."""


class BrokerConflict(BrokerUnavailable):
    """One queue, exchange or message is at odds with the broker; its neighbours are not. Trying again is right once
    somebody has looked at it."""


class PublishRefused(PunctualError):
    """The broker nacked or returned a message, or closed before it answered: it counts as not published."""


class EnvelopeError(PunctualError):
    """A message that is not one of ours, or of a version we do not know."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
