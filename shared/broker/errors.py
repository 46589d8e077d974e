"""Decides what an error of RabbitMQ or of its drivers means, and turns it into our own: the only place that does.

By AMQP's reply code (https://www.rabbitmq.com/docs/channels#error-handling, https://www.rabbitmq.com/amqp-0-9-1-reference
#constants) where there is one, else by the exception's type. A channel or a connection that the broker has closed is
made again whatever the reason was.
"""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from ssl import SSLError
from typing import Final

import aiormq
from aiormq import exceptions as driver

from shared.errors import BrokerConflict, BrokerUnavailable, PublishRefused
from shared.process.lifecycle import is_cancelled


class Meaning(StrEnum):
    """What an error is, and so what is right after it."""

    AWAY = "away"  # wait, and try again on a new channel or connection
    ITEM = "item"  # this message, queue or exchange alone is at fault: its neighbours go on
    CONTENTION = "contention"  # somebody else was at it in the same moment: again at once
    BUG = "bug"  # ours: it is raised as it is, for whoever counts and logs what must not happen


BY_REPLY_CODE: Final[Mapping[int, Meaning]] = {
    311: Meaning.ITEM,  # content too large
    312: Meaning.ITEM,  # no route: a message was returned
    313: Meaning.ITEM,  # no consumers: the same
    320: Meaning.AWAY,  # connection forced: a stop, an operator, a virtual host that was deleted
    402: Meaning.AWAY,  # invalid path: no such virtual host
    403: Meaning.AWAY,  # access refused: permissions or the password were changed, and may be changed back
    404: Meaning.CONTENTION,  # not found: deleted since it was declared; declared again, it is there
    405: Meaning.AWAY,  # resource locked: another connection's exclusive queue, for as long as that lives
    406: Meaning.ITEM,  # precondition failed: other arguments than ours; see _precondition for the rest
    501: Meaning.AWAY,  # frame error: a peer or a proxy that garbles, and a connection out of step
    502: Meaning.BUG,  # syntax error
    503: Meaning.BUG,  # command invalid
    504: Meaning.AWAY,  # channel error: a frame that crossed with the channel's end
    505: Meaning.AWAY,  # unexpected frame: the same
    506: Meaning.AWAY,  # resource error: a limit, of memory or of what a user may have
    530: Meaning.AWAY,  # not allowed: no such virtual host, or too many connections or channels
    540: Meaning.BUG,  # not implemented: this broker does not know what we ask for
    541: Meaning.AWAY,  # internal error: the broker's
}
_CODES: Final[Mapping[type[BaseException], int]] = {
    driver.ChannelAccessRefused: 403,
    driver.ChannelNotFoundEntity: 404,
    driver.ChannelLockedResource: 405,
    driver.ChannelPreconditionFailed: 406,
    driver.ConnectionFrameError: 501,
    driver.ConnectionSyntaxError: 502,
    driver.ConnectionCommandInvalid: 503,
    driver.ConnectionChannelError: 504,
    driver.ConnectionUnexpectedFrame: 505,
    driver.ConnectionResourceError: 506,
    driver.ConnectionNotAllowed: 530,
    driver.ConnectionNotImplemented: 540,
    driver.ConnectionInternalError: 541,
}
"""aiormq keeps the text of these, and drops the code."""
_BUGS: Final = (driver.DuplicateConsumerTag, driver.MethodNotImplemented)
_AWAY: Final = (
    driver.AMQPError,
    driver.ChannelInvalidStateError,  # used after its end
    OSError,  # with ConnectionError, TimeoutError and TLS's
    SSLError,
    StopAsyncIteration,  # aiormq: the connection was reset in the middle of its handshake
)

_ENDED: Final = ("> closed", "Connection was not opened", "Can't initialize closed channel", "Connection is not ready")


def reply_code(error: BaseException) -> int | None:
    """The code with which the broker has closed the channel or the connection, if that is what the error tells."""
    if isinstance(error, driver.ChannelClosed | driver.ConnectionClosed):
        known = _CODES.get(type(error))
        first = error.args[0] if error.args else None
        return known or (first if isinstance(first, int) else None)
    return None


def meaning(error: BaseException) -> Meaning:
    """What an error of the drivers means; BUG for whatever is none of theirs."""
    if isinstance(error, driver.DeliveryError):
        return Meaning.ITEM
    if isinstance(error, _BUGS):
        return Meaning.BUG
    code = reply_code(error)
    if code == 406:
        return _precondition(str(error))
    if code is not None:
        return BY_REPLY_CODE.get(code, Meaning.AWAY)
    away = isinstance(error, _AWAY) or _is_nameless(error) or _is_of_an_end(error)
    return Meaning.AWAY if away else Meaning.BUG


def _precondition(text: str) -> Meaning:
    """406 is many things, and only its text tells them apart."""
    if "unknown delivery tag" in text:
        return Meaning.BUG  # acked twice, or on another channel
    if "timed out" in text or "timeout" in text:
        return Meaning.AWAY  # consumer_timeout: the message is in its queue again
    return Meaning.ITEM


def is_unknown_exchange_type(error: BaseException) -> bool:
    """Whether the broker does not know the type of an exchange that was declared: RabbitMQ up to 3.13 closes the
    connection then (503), later ones only the channel (406). "Invalid": a plugin that was there since its start, and
    is no more. An exchange of that name with other arguments answers 406 too, and is no such thing."""
    text = str(error)
    return reply_code(error) in (503, 406) and ("unknown exchange type" in text or "invalid exchange type" in text)


def _is_nameless(error: BaseException) -> bool:
    """aiormq ends what waits on a connection by a bare Exception where it knows no reason."""
    return type(error) is Exception and not error.args


def _is_of_an_end(error: BaseException) -> bool:
    """aiormq and aio-pika say by a bare RuntimeError, too, that a connection or a channel has ended; any other is a
    fault of ours."""
    return type(error) is RuntimeError and str(error).endswith(_ENDED)


@contextmanager
def translated() -> Iterator[None]:
    """Raises BrokerUnavailable for what the drivers raise about a broker that is away, BrokerConflict (one of them)
    where one thing alone is at fault, PublishRefused for a message that was nacked or returned; our bugs as they are.

    A CancelledError that nobody has asked for is a broker that is away too: aiormq cancels what waits on a connection
    that ends, and the waiting task would end with it, unnoticed.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        if is_cancelled():
            raise
        raise BrokerUnavailable("the connection ended") from error
    except aiormq.exceptions.DeliveryError as error:
        raise PublishRefused(str(error)) from error
    except Exception as error:
        match meaning(error):
            case Meaning.AWAY | Meaning.CONTENTION:
                raise BrokerUnavailable(_told(error)) from error
            case Meaning.ITEM:
                raise BrokerConflict(_told(error)) from error
            case Meaning.BUG:
                raise


def _told(error: BaseException) -> str:
    if isinstance(error, driver.InvalidFrameError) and "Connection.Close" in str(error):  # aiormq drops its text
        return (
            "RabbitMQ closed the connection as it was opened: there is no such virtual host, the user may not use it, "
            "or a limit of connections is reached; RabbitMQ's log says which"
        )
    return f"{type(error).__name__}: {error}"
