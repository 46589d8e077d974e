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
        await send(mailbox, timeout=1.0)
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


async def press(mailbox: Mailbox, path: str, fields: dict[str, str], origin: str | None = None) -> tuple[int, str]:
    """Sends a form of the page, as a browser would."""
    headers = {"Origin": mailbox.url if origin is None else origin}
    async with aiohttp.ClientSession() as http, http.post(mailbox.url + path, data=fields, headers=headers) as answer:
        return answer.status, await answer.text()


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ("later", "answers a mail with 451, once"),
        ("never", "answers a mail with 550, once"),
        ("hang", "does not answer a mail, once"),
        ("hang-up", "hangs up at a mail, once"),
        ("down", "is switched off"),
    ],
)
async def test_each_button_makes_its_fault_and_one_clears_them(mailbox: Mailbox, button: str, words: str) -> None:
    status, page = await press(mailbox, "/faults", {"fault": button, "times": "once"})
    assert status == 200
    assert words in page
    with pytest.raises((aiosmtplib.SMTPException, OSError)):
        await send(mailbox, timeout=0.5)

    status, page = await press(mailbox, "/faults/clear", {})

    assert status == 200
    assert words not in page
    assert (await send(mailbox))[1].startswith("OK")


async def test_a_fault_lasts_until_it_is_cleared_where_that_is_asked_for(mailbox: Mailbox) -> None:
    await press(mailbox, "/faults", {"fault": "never", "times": "always"})
    for _ in range(2):
        with pytest.raises(aiosmtplib.SMTPDataError):
            await send(mailbox)


async def test_another_sites_page_presses_no_button(mailbox: Mailbox) -> None:
    for origin in ("https://elsewhere.example", "null", ""):
        assert (await press(mailbox, "/faults", {"fault": "down"}, origin))[0] == 403
        assert (await press(mailbox, "/faults/clear", {}, origin))[0] == 403
    assert list(mailbox.faults) == []
    assert (await press(mailbox, "/faults", {"fault": "odd"}))[0] == 422


async def test_a_search_finds_recipients_and_subjects(mailbox: Mailbox) -> None:
    await send(mailbox, "Grüße aus Köln")
    await send(mailbox, "Your appointment")
    for words, found in (("KÖLN", 1), ("client@", 2), ("appointment", 1), ("nobody", 0), ("<b>", 0), ("", 2)):
        async with aiohttp.ClientSession() as http, http.get(mailbox.url, params={"q": words}) as answer:
            page = await answer.text()
        assert page.count('href="/messages/') == found, words
        assert "<b>" not in page
