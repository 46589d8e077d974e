"""What each error of the broker's drivers means."""

import asyncio
from inspect import getmembers, isclass
from typing import Any

import aiormq
import pytest
from aiormq import channel, connection, exceptions
from pamqp.commands import Basic, Channel, Connection

from shared.broker.errors import (
    BY_REPLY_CODE,
    BrokerErrorKind,
    is_unknown_exchange_type,
    meaning,
    reply_code,
    translated,
)
from shared.errors import BrokerConflict, BrokerUnavailable, PublishRefused

AWAY, ITEM, CONTENTION, BUG = (
    BrokerErrorKind.AWAY,
    BrokerErrorKind.ITEM,
    BrokerErrorKind.CONTENTION,
    BrokerErrorKind.BUG,
)
BY_CLASS: dict[type[BaseException], BrokerErrorKind] = {
    exceptions.AMQPError: AWAY,
    exceptions.AMQPConnectionError: AWAY,
    exceptions.IncompatibleProtocolError: AWAY,
    exceptions.AuthenticationError: AWAY,
    exceptions.ProbableAuthenticationError: AWAY,
    exceptions.ConnectionClosed: AWAY,
    exceptions.ConnectionFrameError: AWAY,
    exceptions.ConnectionSyntaxError: BUG,
    exceptions.ConnectionCommandInvalid: BUG,
    exceptions.ConnectionChannelError: AWAY,
    exceptions.ConnectionUnexpectedFrame: AWAY,
    exceptions.ConnectionResourceError: AWAY,
    exceptions.ConnectionNotAllowed: AWAY,
    exceptions.ConnectionNotImplemented: BUG,
    exceptions.ConnectionInternalError: AWAY,
    exceptions.AMQPChannelError: AWAY,
    exceptions.ChannelClosed: AWAY,
    exceptions.ChannelAccessRefused: AWAY,
    exceptions.ChannelNotFoundEntity: CONTENTION,
    exceptions.ChannelLockedResource: AWAY,
    exceptions.ChannelPreconditionFailed: ITEM,
    exceptions.DuplicateConsumerTag: BUG,
    exceptions.ProtocolSyntaxError: AWAY,
    exceptions.InvalidFrameError: AWAY,
    exceptions.MethodNotImplemented: BUG,
    exceptions.DeliveryError: ITEM,
    exceptions.PublishError: ITEM,
    exceptions.ChannelInvalidStateError: AWAY,
}
OF_THE_DRIVER = {each for _, each in getmembers(exceptions, isclass) if issubclass(each, Exception)}
UNKNOWN_TYPE = "PRECONDITION_FAILED - unknown exchange type 'x-delayed-message'"
OTHER_ARGUMENTS = "PRECONDITION_FAILED - inequivalent arg 'type' for exchange 'notifications.delayed' in vhost '/'"


def an(error: type[BaseException]) -> BaseException:
    if issubclass(error, exceptions.PublishError):
        returned: Any = type("Returned", (), {"delivery": Basic.Return(312, "NO_ROUTE", "e", "k")})()
        return error(returned, returned.delivery)
    if issubclass(error, exceptions.DeliveryError):
        return error(None, Basic.Nack(1))
    return error("words")


def test_the_table_names_every_error_of_the_driver() -> None:
    assert BY_CLASS.keys() == OF_THE_DRIVER


@pytest.mark.parametrize(("error", "expected"), BY_CLASS.items(), ids=lambda each: getattr(each, "__name__", str(each)))
def test_what_an_error_of_the_driver_means(error: type[BaseException], expected: BrokerErrorKind) -> None:
    assert meaning(an(error)) is expected


@pytest.mark.parametrize("code", BY_REPLY_CODE)
def test_a_reply_code_means_the_same_however_the_driver_wraps_it(code: int) -> None:
    raised = [
        channel.exception_by_code(Channel.Close(code, "words", 0, 0)),
        connection.exception_by_code(Connection.Close(code, "words", 0, 0)),
    ]
    assert {reply_code(each) for each in raised} == {code}
    assert {meaning(each) for each in raised} == {BY_REPLY_CODE[code]}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ConnectionRefusedError("refused"), AWAY),
        (TimeoutError(), AWAY),
        (OSError(113, "no route to host"), AWAY),
        (StopAsyncIteration(), AWAY),
        (Exception(), AWAY),  # aiormq's, for a connection that ended without a reason
        (exceptions.ChannelPreconditionFailed("delivery acknowledgement on channel 1 timed out"), AWAY),
        (exceptions.ChannelPreconditionFailed("unknown delivery tag 7"), BUG),
        (exceptions.ChannelPreconditionFailed(OTHER_ARGUMENTS), ITEM),
        (exceptions.ChannelClosed(None, None), AWAY),
        (RuntimeError('<Connection: "amqp://…" at 0x7f> closed'), AWAY),
        (RuntimeError("Connection was not opened"), AWAY),
        (RuntimeError("of ours"), BUG),
        (NotImplementedError(), BUG),
        (RecursionError(), BUG),
        (Exception("of ours"), BUG),
        (ValueError("of ours"), BUG),
        (KeyError("of ours"), BUG),
        (AttributeError("of ours"), BUG),
        (asyncio.InvalidStateError(), BUG),
    ],
    ids=repr,
)
def test_what_any_other_error_means(error: BaseException, expected: BrokerErrorKind) -> None:
    assert meaning(error) is expected


@pytest.mark.parametrize(
    ("error", "unknown"),
    [
        (aiormq.exceptions.ConnectionCommandInvalid("COMMAND_INVALID - unknown exchange type 'x'"), True),
        (aiormq.exceptions.ConnectionCommandInvalid("COMMAND_INVALID - invalid exchange type 'x'"), True),
        (aiormq.exceptions.ConnectionCommandInvalid("COMMAND_INVALID - second 'channel.open' seen"), False),
        (aiormq.exceptions.ChannelPreconditionFailed(UNKNOWN_TYPE), True),
        (aiormq.exceptions.ChannelPreconditionFailed(OTHER_ARGUMENTS), False),
        (aiormq.exceptions.ChannelAccessRefused("unknown exchange type"), False),
    ],
)
def test_an_unknown_type_is_told_from_other_arguments(error: BaseException, unknown: bool) -> None:
    assert is_unknown_exchange_type(error) is unknown


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        (exceptions.ChannelAccessRefused("no"), BrokerUnavailable),
        (exceptions.ChannelPreconditionFailed(OTHER_ARGUMENTS), BrokerConflict),
        (exceptions.DeliveryError(None, Basic.Nack(1)), PublishRefused),
        (RuntimeError("of ours"), RuntimeError),
        (exceptions.DuplicateConsumerTag(1), exceptions.DuplicateConsumerTag),
    ],
    ids=repr,
)
def test_what_is_raised_instead(error: Exception, raised: type[Exception]) -> None:
    with pytest.raises(Exception) as caught, translated():
        raise error
    assert type(caught.value) is raised
    assert caught.value is error or caught.value.__cause__ is error


def test_a_broker_that_does_not_answer_is_told_in_words() -> None:
    with pytest.raises(BrokerUnavailable, match=r"^no answer in time$"), translated():
        raise TimeoutError
