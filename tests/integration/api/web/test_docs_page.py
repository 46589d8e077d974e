"""The page at /docs in a real browser."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page

from tests.support.browser import IN_TIME, a_browser
from tests.support.tokens import a_token


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with a_browser() as browser:
        opened = await browser.new_page()
        opened.set_default_timeout(IN_TIME)
        yield opened


async def test_a_booking_can_be_tried_on_the_page(api_url: str, page: Page) -> None:
    complaints, asked = [], []
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    token = a_token("client-1", "client", email="client-1@patients.example")

    await page.goto(f"{api_url}/docs")
    await page.click("button.authorize")
    await page.fill(".auth-container input[type=text]", token)
    await page.click(".auth-container button[type=submit]")
    await page.click(".btn-done")
    await page.click("#operations-appointments-book .opblock-summary-control")
    await page.click("#operations-appointments-book button.execute")
    status = page.locator("#operations-appointments-book .live-responses-table tbody .response-col_status").first
    await status.wait_for()

    assert (await status.inner_text()).startswith("200")
    assert complaints == [], "refused scripts and styles among it"
    assert {url for url in asked if not url.startswith((api_url, "data:"))} == set()
