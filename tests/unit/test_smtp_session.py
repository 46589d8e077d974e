"""A session's replies, on a transport that writes nowhere."""

import asyncio
from typing import cast

import pytest

from notifier_service.email.dialogue import Extensions
from notifier_service.email.session import SmtpSession
from notifier_service.email.smtp_errors import MailError
from tests.support.waiting import eventually


class Wire:
    """What a session writes, and whether it was cut."""

    def __init__(self) -> None:
        self.written = b""
        self.cut = False

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        self.cut = True

    def is_closing(self) -> bool:
        return self.cut


def a_session(wire: Wire, *, timeout: float = 60.0) -> SmtpSession:
    offered = Extensions(pipelining=True, smtputf8=False, size=None)
    return SmtpSession(cast("asyncio.WriteTransport", wire), offered, timeout=timeout)


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
    session = a_session(wire, timeout=0.05)
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
