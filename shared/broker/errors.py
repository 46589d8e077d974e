"""Decides the meaning of each error of RabbitMQ and its drivers, and translates it into our own errors. Only here.

It decides by AMQP's reply code (https://www.rabbitmq.com/docs/channels#error-handling,
https://www.rabbitmq.com/amqp-0-9-1-reference #constants) where there is one, else by the exception's type. A channel or
a connection that the broker has closed is opened again, whatever the reason was.
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


class BrokerErrorKind(StrEnum):
    """The meaning of an error, and so the right reaction to it."""

    AWAY = "away"  # wait, and try again on a new channel or connection
    ITEM = "item"  # this message, queue or exchange alone is at fault; all others go on
    CONTENTION = "contention"  # another client did the same at the same moment: again at once
    BUG = "bug"  # our bug: raised unchanged; a loop counts and logs it


BY_REPLY_CODE: Final[Mapping[int, BrokerErrorKind]] = {
    311: BrokerErrorKind.ITEM,  # content too large
    312: BrokerErrorKind.ITEM,  # no route: a message was returned
    313: BrokerErrorKind.ITEM,  # no consumers: as 312
    320: BrokerErrorKind.AWAY,  # connection forced: a stop, an operator, or a virtual host was deleted
    402: BrokerErrorKind.AWAY,  # invalid path: no such virtual host
    403: BrokerErrorKind.AWAY,  # access refused: permissions or the password were changed; they may be changed back
    404: BrokerErrorKind.CONTENTION,  # not found: deleted since we declared it; declaring it again helps
    405: BrokerErrorKind.AWAY,  # resource locked: another connection's exclusive queue, until that connection ends
    406: BrokerErrorKind.ITEM,  # precondition failed: other arguments than ours; _precondition has the other cases
    501: BrokerErrorKind.AWAY,  # frame error: a peer or a proxy that garbles bytes, or a connection out of step
    502: BrokerErrorKind.BUG,  # syntax error
    503: BrokerErrorKind.BUG,  # command invalid
    504: BrokerErrorKind.AWAY,  # channel error: a frame crossed with the end of the channel
    505: BrokerErrorKind.AWAY,  # unexpected frame: as 504
    506: BrokerErrorKind.AWAY,  # resource error: a limit on memory, or on this user
    530: BrokerErrorKind.AWAY,  # not allowed: no such virtual host, or too many connections or channels
    540: BrokerErrorKind.BUG,  # not implemented: this broker does not know the request
    541: BrokerErrorKind.AWAY,  # internal error of the broker
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
"""aiormq keeps the text of these errors, and drops the code."""
_BUGS: Final = (driver.DuplicateConsumerTag, driver.MethodNotImplemented)
_AWAY: Final = (
    driver.AMQPError,
    driver.ChannelInvalidStateError,  # used after its end
    OSError,  # with ConnectionError, TimeoutError and TLS's
    SSLError,
    StopAsyncIteration,  # aiormq: the connection was reset during its handshake
)

_ENDED: Final = ("> closed", "Connection was not opened", "Can't initialize closed channel", "Connection is not ready")


def reply_code(error: BaseException) -> int | None:
    """The reply code with which the broker closed the channel or the connection; None if the error is about something
    else."""
    if isinstance(error, driver.ChannelClosed | driver.ConnectionClosed):
        known = _CODES.get(type(error))
        first = error.args[0] if error.args else None
        return known or (first if isinstance(first, int) else None)
    return None


def meaning(error: BaseException) -> BrokerErrorKind:
    """The meaning of a driver's error; BUG for any other exception."""
    if isinstance(error, driver.DeliveryError):
        return BrokerErrorKind.ITEM
    if isinstance(error, _BUGS):
        return BrokerErrorKind.BUG
    code = reply_code(error)
    if code == 406:
        return _precondition(str(error))
    if code is not None:
        return BY_REPLY_CODE.get(code, BrokerErrorKind.AWAY)
    away = isinstance(error, _AWAY) or _is_nameless(error) or _is_of_an_end(error)
    return BrokerErrorKind.AWAY if away else BrokerErrorKind.BUG


def _precondition(text: str) -> BrokerErrorKind:
    """406 has many causes, and only its text tells them apart."""
    if "unknown delivery tag" in text:
        return BrokerErrorKind.BUG  # acked twice, or on another channel
    if "timed out" in text or "timeout" in text:
        return BrokerErrorKind.AWAY  # consumer_timeout: the message is back in its queue
    return BrokerErrorKind.ITEM


def is_unknown_exchange_type(error: BaseException) -> bool:
    """Whether the broker does not know the type of an exchange that was declared. RabbitMQ up to 3.13 closes the
    connection then (503), later versions only the channel (406). "Invalid" means a plugin that was there when the
    broker started, and was removed since.

    An exchange of that name with other arguments answers 406 too; for that the answer is False.
    """
    text = str(error)
    return reply_code(error) in (503, 406) and ("unknown exchange type" in text or "invalid exchange type" in text)


def _is_nameless(error: BaseException) -> bool:
    """aiormq ends the waiting calls of a connection with a bare Exception when it knows no reason."""
    return type(error) is Exception and not error.args


def _is_of_an_end(error: BaseException) -> bool:
    """aiormq and aio-pika also raise a bare RuntimeError when a connection or a channel has ended. Any other
    RuntimeError is our bug."""
    return type(error) is RuntimeError and str(error).endswith(_ENDED)


@contextmanager
def translated() -> Iterator[None]:
    """Translates the drivers' errors.

    Raises BrokerUnavailable when the broker is away; BrokerConflict (a kind of it) when one queue or exchange alone is
    at fault; PublishRefused for a message that was nacked or returned; our bugs unchanged.

    A CancelledError that nobody asked for means that the broker is away, too: aiormq cancels the waiting calls of a
    connection that ends. Without the translation the waiting task would end with it, unnoticed.
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
            case BrokerErrorKind.AWAY | BrokerErrorKind.CONTENTION:
                raise BrokerUnavailable(_told(error)) from error
            case BrokerErrorKind.ITEM:
                raise BrokerConflict(_told(error)) from error
            case BrokerErrorKind.BUG:
                raise


def _told(error: BaseException) -> str:
    if isinstance(error, driver.InvalidFrameError) and "Connection.Close" in str(error):  # aiormq drops its text
        return (
            "RabbitMQ closed the connection as it was opened: there is no such virtual host, the user may not use it, "
            "or a limit of connections is reached; RabbitMQ's log says which"
        )
    if isinstance(error, TimeoutError):
        return "no answer in time"
    return f"{type(error).__name__}: {error}"
