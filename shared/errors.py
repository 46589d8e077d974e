"""The one tree of Punctual's own errors; drivers' errors are translated into it where the driver is."""


class PunctualError(Exception):
    """Anything that Punctual raises on purpose."""


class ConfigurationError(PunctualError):
    """The environment does not describe a service that can start; the message names the variables."""


class DatabaseUnavailable(PunctualError):
    """PostgreSQL cannot be reached or is refusing work just now. Trying again later is right."""


class BrokerUnavailable(PunctualError):
    """RabbitMQ cannot be reached or has closed on us. Trying again later is right."""


class PublishRefused(PunctualError):
    """The broker nacked or returned a message, or closed before it answered: it counts as not published."""


class EnvelopeError(PunctualError):
    """A message that is not one of ours, or of a version we do not know."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
