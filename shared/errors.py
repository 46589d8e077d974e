"""The one tree of Punctual's errors. Drivers' errors are translated into it where the driver is.

There are four reactions to an error from outside (docs/decisions/0016). `Unavailable`: wait and try again.
`Contention`: try again at once. `ItemRefused`: this item fails, all others go on. Any other exception is our bug: its
operation fails, it is counted and logged once with its traceback, and the process goes on.
"""


class PunctualError(Exception):
    """Any error that Punctual raises on purpose."""


class ConfigurationError(PunctualError):
    """The settings do not describe a service that can start. The message names the variables."""


class Unavailable(PunctualError):
    """A server that we need is away. Trying again later is right."""


class DatabaseUnavailable(Unavailable):
    """PostgreSQL cannot be reached, takes no writes, or refuses work for now."""


class BrokerUnavailable(Unavailable):
    """RabbitMQ cannot be reached, or has closed the connection."""


class Contention(PunctualError):
    """The server gave up our operation in favour of others, and nothing of it was done. It is tried again at once."""


class ItemRefused(PunctualError):
    """The server will always refuse this one item. It fails alone and visibly; all others go on."""


class BrokerConflict(BrokerUnavailable):
    """One queue, exchange or message conflicts with the broker; all others are fine. Trying again helps once somebody
    has looked at it."""


class PublishRefused(PunctualError):
    """The broker nacked or returned a message, or closed before it answered. The message counts as not published."""


class EnvelopeError(PunctualError):
    """A message that is not ours, or has a version that we do not know."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
