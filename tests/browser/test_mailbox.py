"""The page of the development mailbox, as people use it."""

from collections.abc import AsyncIterator

import aiosmtplib
import pytest
from playwright.async_api import Browser, Page, expect

from deploy.local.mailbox.mailbox import Mailbox
from deploy.local.mailbox.server import running
from tests.browser.test_looks import faults


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with running() as one:
        yield one


@pytest.fixture
async def page(mailbox: Mailbox, chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(base_url=mailbox.url)
    yield await context.new_page()
    await context.close()


async def send(mailbox: Mailbox, subject: str) -> None:
    text = f"From: clinic@punctual.example\nTo: ada@patients.example\nSubject: {subject}\n\nSee you.\n"
    await aiosmtplib.send(
        text,
        sender="clinic@punctual.example",
        recipients=["ada@patients.example"],
        hostname=mailbox.host,
        port=mailbox.smtp_port,
        start_tls=False,
    )


async def test_a_mail_appears_by_itself_and_is_found(mailbox: Mailbox, page: Page) -> None:
    await page.goto("/")
    await expect(page.get_by_text("Nothing has arrived yet")).to_be_visible()
    await send(mailbox, "Your appointment")
    await expect(page.get_by_role("link", name="Your appointment")).to_be_visible()

    await page.get_by_role("searchbox").fill("nobody")
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_text("No message to or about “nobody”")).to_be_visible()
    await page.get_by_role("searchbox").fill("ADA@")
    await page.get_by_role("searchbox").press("Enter")
    await page.get_by_role("link", name="Your appointment").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Your appointment")


async def test_buttons_make_and_clear_faults(mailbox: Mailbox, page: Page) -> None:
    await page.goto("/")
    await page.get_by_label("until cleared").check()
    await page.get_by_role("button", name="Answer 451").click()
    await expect(page.get_by_text("answers a mail with 451")).to_be_visible()
    with pytest.raises(aiosmtplib.SMTPDataError):
        await send(mailbox, "Refused")
    await page.get_by_role("button", name="Clear all faults").click()
    await expect(page.get_by_text("answers a mail with 451")).to_have_count(0)
    await send(mailbox, "Taken")


async def test_every_page_is_for_everybody(mailbox: Mailbox, page: Page) -> None:
    await send(mailbox, "Your appointment")
    await page.goto("/")
    await page.get_by_role("button", name="Hang up").click()
    assert await faults(page) == []
    await page.get_by_role("link", name="Your appointment").click()
    assert await faults(page) == []
