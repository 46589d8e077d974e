"""A session's replies, on a transport that writes nowhere."""

import asyncio
from dataclasses import replace
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier_service.channels.email.smtp.dialogue import Extensions
from notifier_service.channels.email.smtp.errors import MailError
from notifier_service.channels.email.smtp.replies import Reply
from notifier_service.channels.email.smtp.session import SmtpSession
from notifier_service.channels.email.smtp.timeouts import Timeouts
from tests.support.waiting import all_wait, eventually


class Wire:
    """What a session writes, and whether it was cut."""

    def __init__(self) -> None:
        self.written = b""
        self.cut = False
        self.unsent = 0  # octets that the server has not taken yet

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        self.cut = True

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def is_closing(self) -> bool:
        return self.cut


class SlowWire(Wire):
    """Takes one octet more each time that somebody looks."""

    def get_write_buffer_size(self) -> int:
        self.unsent = max(self.unsent - 1, 0)
        return self.unsent


def a_session(wire: Wire, *, timeouts: Timeouts | None = None) -> SmtpSession:
    offered = Extensions(pipelining=True, smtputf8=False, size=None)
    return SmtpSession(cast("asyncio.WriteTransport", wire), offered, timeouts=timeouts or Timeouts.of(60.0))


def sending(session: SmtpSession) -> asyncio.Task[object]:
    return asyncio.create_task(session.send("a@b.example", "c@d.example", b"hello\r\n"))


async def test_replies_may_come_in_any_pieces() -> None:
    wire = Wire()
    session = a_session(wire)
    task = sending(session)
    await eventually(lambda: wire.written.endswith(b"DATA\r\n"))
    for byte in b"250 ok\r\n250-one\r\n250 two\n354 go on\r\n":
        session.data_received(bytes([byte]))
    assert wire.written.endswith(b"hello\r\n.\r\n")
    session.data_received(b"250-kept\r\n250 as 7\r\n")
    assert str(await task) == "Reply(code=250, text='kept\\nas 7')"
    assert session.usable


async def test_a_connection_on_which_a_reply_came_unasked_is_used_no_more() -> None:
    wire = Wire()
    session = a_session(wire)
    session.data_received(b"421 4.4.2 idle for too long\r\n")
    assert wire.cut
    assert not session.usable
    with pytest.raises(MailError) as caught:
        await session.send("a@b.example", "c@d.example", b"hello\r\n")
    assert not caught.value.data_begun
    assert wire.written == b""


async def test_a_reply_that_does_not_come_in_time_ends_the_connection() -> None:
    wire = Wire()
    session = a_session(wire, timeouts=Timeouts.of(0.05))
    task = sending(session)
    await eventually(lambda: wire.cut)
    with pytest.raises(MailError) as caught:
        await task
    assert (caught.value.scope, caught.value.data_begun) == ("server", False)


async def test_a_mail_that_was_on_its_way_when_the_connection_ended_may_have_arrived() -> None:
    wire = Wire()
    session = a_session(wire)
    task = sending(session)
    await eventually(lambda: bool(wire.written))
    session.data_received(b"250 ok\r\n250 ok\r\n354 go on\r\n")
    session.connection_lost(None)
    with pytest.raises(MailError) as caught:
        await task
    assert caught.value.data_begun


async def until_the_message(wire: Wire, session: SmtpSession) -> asyncio.Task[object]:
    """A mail of which the message has just been written."""
    task = sending(session)
    await eventually(lambda: bool(wire.written))
    session.data_received(b"250 ok\r\n250 ok\r\n354 go on\r\n")
    assert wire.written.endswith(b"hello\r\n.\r\n")
    return task


async def test_each_step_has_a_time_out_of_its_own() -> None:
    wire = Wire()
    session = a_session(wire, timeouts=Timeouts.of(60.0, end_of_data=0.05))
    task = await until_the_message(wire, session)
    with pytest.raises(MailError) as caught:
        await task
    assert (str(caught.value), caught.value.data_begun) == ("timed out at end of data", True)


async def test_a_message_whose_end_has_not_left_was_certainly_not_taken() -> None:
    wire = Wire()
    wire.unsent = 10
    session = a_session(wire, timeouts=replace(Timeouts.of(60.0), block=0.05))
    task = await until_the_message(wire, session)
    with pytest.raises(MailError) as caught:
        await task
    assert (str(caught.value), caught.value.data_begun) == ("timed out at end of data", False)


async def test_a_server_that_takes_the_message_slowly_is_waited_for() -> None:
    """By the octet, one each time that the session looks; what is left never makes the pause longer than `block`."""
    wire = SlowWire()
    wire.unsent = 1_000_000
    session = a_session(wire, timeouts=replace(Timeouts.of(60.0), block=0.02))
    task = await until_the_message(wire, session)
    await eventually(lambda: wire.unsent <= 1_000_000 - 8)
    assert not task.done()
    wire.unsent = 0
    session.data_received(b"250 kept\r\n")
    await task


@pytest.mark.parametrize(("reply", "code"), [(b"552 5.3.4 too large\r\n", 552), (b"250 kept\r\n", None)])
async def test_an_answer_before_the_message_has_left_is_a_refusal_or_none(reply: bytes, code: int | None) -> None:
    wire = Wire()
    wire.unsent = 10
    session = a_session(wire)
    task = await until_the_message(wire, session)
    session.data_received(reply)
    with pytest.raises(MailError) as caught:
        await task
    assert (caught.value.code, caught.value.data_begun, session.usable) == (code, False, False)


async def test_an_answer_before_its_question_ends_the_session_before_the_message() -> None:
    wire = Wire()
    session = a_session(wire)
    task = sending(session)
    await eventually(lambda: bool(wire.written))
    session.data_received(b"250 ok\r\n250 ok\r\n354 go on\r\n250 kept\r\n")
    with pytest.raises(MailError) as caught:
        await task
    assert b"hello" not in wire.written
    assert (caught.value.data_begun, wire.cut) == (False, True)


@pytest.mark.parametrize("begun", [False, True])
async def test_what_is_stopped_in_the_middle_is_told_by_how_far_it_was(begun: bool) -> None:
    wire = Wire()
    session = a_session(wire)
    task = await until_the_message(wire, session) if begun else sending(session)
    await eventually(lambda: bool(wire.written))
    session.stop()
    with pytest.raises(MailError) as caught:
        await task
    assert (caught.value.cause, caught.value.data_begun) == ("stopping", begun)


@given(st.lists(st.binary(max_size=40) | st.sampled_from([b"250 ok\r\n", b"354 go\r\n", b"550-x\r\n", b"\r\n"])))
async def test_no_bytes_break_it(pieces: list[bytes]) -> None:
    wire = Wire()
    session = a_session(wire)
    task = sending(session)
    await all_wait(task)
    for piece in pieces:
        if not session.usable:
            break
        session.data_received(piece)
    session.connection_lost(None)
    answer = (await asyncio.gather(task, return_exceptions=True))[0]
    assert isinstance(answer, Reply | MailError)
    if isinstance(answer, Reply):
        assert b"hello" in wire.written
        assert answer.code // 100 == 2
