"""The page at /docs for everybody: axe finds less than on Swagger UI's own page, measured side by side."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Page
from swagger_ui import aiohttp_api_doc  # type: ignore[import-untyped]

from tests.browser.test_looks import AXE, WCAG, violations
from tests.support.browser import a_browser


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with a_browser() as browser:
        opened = await browser.new_page(reduced_motion="reduce")
        opened.set_default_timeout(300_000)
        yield opened


@pytest.fixture
async def own_page(api_url: str) -> AsyncIterator[str]:
    """The page that the package itself serves, with the document of this API."""
    async with aiohttp.ClientSession() as http, http.get(f"{api_url}/openapi.json") as answer:
        document: dict[str, Any] = await answer.json()
    app = web.Application()
    aiohttp_api_doc(app, config=document, url_prefix="/own", title="Punctual API")
    async with TestServer(app) as server:
        yield str(server.make_url("/own"))


async def found(page: Page, url: str) -> dict[str, list[str]]:
    """What axe finds while one operation is open, by theme; in the dark one the colours alone: the rest is alike."""
    await page.emulate_media(color_scheme="light")
    await page.goto(url)
    await page.locator("#operations-appointments-book .opblock-summary-control").click()
    await page.locator("#operations-appointments-book .responses-inner").wait_for()
    await page.evaluate(AXE)
    light = await violations(page, runOnly=WCAG)
    await page.emulate_media(color_scheme="dark")
    return {"light": light, "dark": await violations(page, runOnly=["color-contrast"])}


@pytest.mark.timeout(600)  # axe looks at ten thousand elements, twice
async def test_axe_finds_nothing_here(api_url: str, page: Page) -> None:
    assert await found(page, f"{api_url}/docs") == {"light": [], "dark": []}


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_axe_finds_much_on_swaggers_own_page(own_page: str, page: Page) -> None:
    theirs = await found(page, own_page)
    assert len(theirs["light"]) > 100
    assert len(theirs["dark"]) > 50


@pytest.mark.slow
async def test_the_page_is_no_wider_than_its_window_and_dark_where_that_is_wished(api_url: str, page: Page) -> None:
    await page.emulate_media(color_scheme="dark")
    await page.goto(f"{api_url}/docs")
    await page.click("#operations-appointments-book .opblock-summary-control")
    for width in (360, 820, 1440):
        await page.set_viewport_size({"width": width, "height": 900})
        assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth"), width
    assert await page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"
