"""Handing mails over: kept connections, pipelining, and what each refusal means."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from deploy.local.mailbox.faults import Fault, Stage
from deploy.local.mailbox.mailbox import Mailbox
from deploy.local.mailbox.server import running
from notifier_service.channels.email.smtp.errors import MailError
from notifier_service.channels.email.smtp.mailer import Mailer, SmtpConfig
from notifier_service.channels.email.smtp.timeouts import Timeouts
from tests.support.waiting import eventually, one_turn

pytestmark = pytest.mark.usefixtures("library_internals")

TO = "client@patients.example"
PATIENT = Timeouts.of(60.0, end_of_data=60.0)
MESSAGE = b"Subject: x\r\n\r\n.a line that begins with a dot\r\n..two\r\n.\r\nend\r\n"


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with running() as one:
        yield one


def a_mailer(mailbox: Mailbox, *, connections: int = 4, timeouts: Timeouts = PATIENT) -> Mailer:
    return Mailer(
        SmtpConfig(
            host=mailbox.host,
            port=mailbox.smtp_port,
            sender="clinic@punctual.example",
            security="none",
            connections=connections,
            timeouts=timeouts,
            ehlo_name="punctual.example",
        )
    )


async def test_the_message_arrives_as_it_was(mailbox: Mailbox) -> None:
    async with a_mailer(mailbox) as mailer:
        assert (await mailer.send(TO, MESSAGE)).code == 250
    [message] = mailbox.messages.newest_first()
    assert message.raw == MESSAGE
    assert (message.sender, message.recipients) == ("clinic@punctual.example", (TO,))


async def test_connections_are_kept_and_bounded(mailbox: Mailbox) -> None:
    seen = 0

    async def watch() -> None:
        nonlocal seen
        while True:
            seen = max(seen, len(mailbox.connections))
            await one_turn()

    watching = asyncio.create_task(watch())
    async with a_mailer(mailbox, connections=3) as mailer:
        await asyncio.gather(*(mailer.send(TO, MESSAGE) for _ in range(100)))
        assert len(mailbox.messages) == 100
        assert 1 <= len(mailbox.connections) <= 3
    watching.cancel()
    assert seen <= 3


@pytest.mark.parametrize(
    ("fault", "code", "scope", "permanent"),
    [
        (Fault(code=451), 451, "server", False),
        (Fault(code=450, stage=Stage.RCPT), 450, "recipient", False),
        (Fault(code=452, stage=Stage.RCPT), 452, "server", False),
        (Fault(refuse=TO), 550, "recipient", True),
        (Fault(code=552), 552, "recipient", False),
        (Fault(code=553), 553, "message", True),
        (Fault(code=554), 554, "server", False),
        (Fault(code=554, stage=Stage.CONNECT), 554, "server", False),
        (Fault(code=550, stage=Stage.MAIL), 550, "server", False),
        (Fault(code=421, stage=Stage.RCPT), 421, "server", False),
        (Fault(drop=Stage.DATA), None, "server", False),
        (Fault(down=True), None, "server", False),
    ],
)
async def test_what_a_refusal_means_is_told_by_its_status_and_code(
    mailbox: Mailbox, fault: Fault, code: int | None, scope: str, permanent: bool
) -> None:
    mailbox.fail(fault)
    async with a_mailer(mailbox) as mailer:
        with pytest.raises(MailError) as caught:
            await mailer.send(TO, MESSAGE)
    error = caught.value
    assert (error.code, error.scope, error.permanent) == (code, scope, permanent)
    assert TO not in str(error)


async def test_after_a_refusal_the_same_connection_goes_on(mailbox: Mailbox) -> None:
    async with a_mailer(mailbox, connections=1) as mailer:
        for stage in (Stage.RCPT, Stage.END_OF_DATA):
            mailbox.fail(Fault(code=451, stage=stage, count=1))
            with pytest.raises(MailError):
                await mailer.send(TO, MESSAGE)
            await mailer.send(TO, MESSAGE)
            assert len(mailbox.connections) == 1
    assert [message.raw for message in mailbox.messages.newest_first()] == [MESSAGE] * 2


async def test_a_kept_connection_that_takes_no_more_mails_is_replaced_at_once(mailbox: Mailbox) -> None:
    async with a_mailer(mailbox, connections=1) as mailer:
        await mailer.send(TO, MESSAGE)
        mailbox.fail(Fault(code=451, stage=Stage.MAIL, count=1))
        assert (await mailer.send(TO, MESSAGE)).code == 250
    assert len(mailbox.messages) == 2


async def test_a_silent_server_times_out_and_whether_it_may_have_the_mail_is_known(mailbox: Mailbox) -> None:
    async with a_mailer(mailbox, timeouts=replace(PATIENT, recipient=0.5)) as mailer:
        mailbox.fail(Fault(hang=Stage.RCPT, count=1))
        with pytest.raises(MailError) as before:
            await mailer.send(TO, MESSAGE)
    async with a_mailer(mailbox, timeouts=replace(PATIENT, end_of_data=1.0)) as mailer:
        mailbox.fail(Fault(hang=Stage.AFTER_ACCEPT, count=1))
        with pytest.raises(MailError) as after:
            await mailer.send(TO, MESSAGE)
    assert (before.value.data_begun, after.value.data_begun) == (False, True)
    assert len(mailbox.messages) == 1


async def test_a_connection_that_the_server_closed_meanwhile_is_replaced(mailbox: Mailbox) -> None:
    async with a_mailer(mailbox) as mailer:
        await mailer.send(TO, MESSAGE)
        mailbox.close()
        await mailbox.listen()
        assert (await mailer.send(TO, MESSAGE)).code == 250


async def test_a_cancelled_send_does_not_mix_up_the_next_ones_replies(mailbox: Mailbox) -> None:
    async with a_mailer(mailbox, connections=1) as mailer:
        mailbox.fail(Fault(delay=30, count=1))
        sending = asyncio.create_task(mailer.send(TO, MESSAGE))
        await eventually(lambda: not list(mailbox.faults))  # the fault has struck
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        mailbox.fail(Fault(code=550, count=1))
        with pytest.raises(MailError):
            await mailer.send(TO, MESSAGE)
        assert (await mailer.send(TO, MESSAGE)).code == 250


async def test_the_probe_sends_nothing(mailbox: Mailbox) -> None:
    async with a_mailer(mailbox) as mailer:
        assert await mailer.probe()
        mailbox.fail(Fault(down=True))
        assert not await mailer.probe()
    assert len(mailbox.messages) == 0
