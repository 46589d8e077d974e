"""The overview of the jobs dashboard, as an operator sees it."""

from typing import Final

from playwright.async_api import Browser, expect

from tests.support.services import Service
from tests.support.tokens import a_token
from tests.support.world import World

SIZE: Final = {"width": 1180, "height": 730}


async def picture(browser: Browser, world: World, api: Service) -> bytes:
    """A PNG of the overview, in the light theme."""
    page = await browser.new_page(base_url=api.url, viewport=SIZE, color_scheme="light")  # type: ignore[arg-type]
    await page.goto("/ops")
    await page.get_by_label("Token").fill(a_token("operator", "ops"))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator(".verdict")).to_be_visible()
    await page.wait_for_load_state("networkidle")
    png = await page.screenshot()
    await page.close()
    return png
