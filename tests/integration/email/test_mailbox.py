"""The development mailbox keeps what it receives, and fails as it was told."""

from collections.abc import AsyncIterator
from email.message import EmailMessage
from typing import Any

import aiohttp
import aiosmtplib
import pytest

from deploy.local.mailbox.mailbox import Mailbox
from deploy.local.mailbox.server import running
from tests.support.waiting import eventually

TO = "client@patients.example"


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with running() as one:
        yield one


def a_message(subject: str = "Grüße") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Clinic <clinic@punctual.example>", TO, subject
    message.set_content("plain ✓")
    message.add_alternative("<b>rich ✓</b>", subtype="html")
    message.add_attachment(b"BEGIN:VCALENDAR", maintype="text", subtype="calendar", filename="visit.ics")
    return message


async def send(mailbox: Mailbox, subject: str = "Grüße", timeout: float = 5) -> tuple[Any, str]:
    return await aiosmtplib.send(
        a_message(subject), hostname=mailbox.host, port=mailbox.smtp_port, timeout=timeout, start_tls=False
    )


async def call(mailbox: Mailbox, method: str, path: str, body: Any = None) -> Any:
    async with aiohttp.ClientSession() as http, http.request(method, mailbox.url + path, json=body) as answer:
        return await answer.json() if "json" in answer.content_type else await answer.text()


async def test_messages_are_shown_as_json_newest_first(mailbox: Mailbox) -> None:
    await send(mailbox, "first")
    await send(mailbox, "second")

    newest, oldest = await call(mailbox, "GET", "/api/messages")

    assert (newest["subject"], oldest["subject"]) == ("second", "first")
    assert set(newest) == {
        *("id", "receivedAt", "from", "to", "subject", "headers", "text", "html", "attachments"),
    }
    assert (newest["from"], newest["to"]) == ("clinic@punctual.example", [TO])
    assert "plain ✓" in newest["text"]
    assert "rich ✓" in newest["html"]
    assert newest["attachments"][0]["filename"] == "visit.ics"
    assert [each["subject"] for each in await call(mailbox, "GET", "/api/messages?subject=fir")] == ["first"]


async def test_the_pages_show_messages_escaped(mailbox: Mailbox) -> None:
    await send(mailbox, "<script>alert(1)</script>")
    page = await call(mailbox, "GET", "/")
    assert "&lt;script&gt;" in page
    assert "<script>" not in page
    assert "plain ✓" in await call(mailbox, "GET", "/messages/1")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"code": 451, "count": 2}, 451),
        ({"code": 552, "count": 2}, 552),
        ({"refuse": TO, "count": 2}, 550),
        ({"code": 421, "stage": "connect", "count": 2}, 421),
        ({"code": 451, "stage": "mail", "count": 2}, 451),
        ({"code": 452, "stage": "data", "count": 2}, 452),
    ],
)
async def test_a_fault_strikes_as_often_as_it_says(mailbox: Mailbox, fault: dict[str, Any], code: int) -> None:
    await call(mailbox, "POST", "/api/faults", fault)
    for _ in range(2):
        with pytest.raises(aiosmtplib.SMTPException) as error:
            await send(mailbox)
        assert str(code) in str(error.value)
    await send(mailbox)
    assert len(mailbox.messages) == 1


async def test_replies_echo_the_recipient(mailbox: Mailbox) -> None:
    await call(mailbox, "POST", "/api/faults", {"code": 451})
    with pytest.raises(aiosmtplib.SMTPException, match=TO):
        await send(mailbox)


async def test_a_dropped_connection_and_a_lost_250(mailbox: Mailbox) -> None:
    await call(mailbox, "POST", "/api/faults", {"drop": "data", "count": 1})
    with pytest.raises(aiosmtplib.SMTPServerDisconnected):
        await send(mailbox)
    await call(mailbox, "POST", "/api/faults", {"hang": "after-accept", "count": 1})
    with pytest.raises(aiosmtplib.SMTPTimeoutError):
        await send(mailbox, timeout=0.3)
    assert len(mailbox.messages) == 1


async def test_down_refuses_connections_until_the_faults_are_cleared(mailbox: Mailbox) -> None:
    await call(mailbox, "POST", "/api/faults", {"down": True})
    with pytest.raises(aiosmtplib.SMTPConnectError):
        await send(mailbox)
    await call(mailbox, "DELETE", "/api/faults")

    async def works() -> bool:
        await send(mailbox)
        return True

    assert await eventually(works)


async def test_a_fault_that_does_nothing_is_refused(mailbox: Mailbox) -> None:
    assert "errors" in await call(mailbox, "POST", "/api/faults", {"count": 3})
    assert "errors" in await call(mailbox, "POST", "/api/faults", {"code": 200})
