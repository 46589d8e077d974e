"""The confirmation of a booking, as a client's mail program shows it."""

from typing import Final

from playwright.async_api import Browser

from tests.support.services import Service
from tests.support.world import World

WIDTH: Final = 680


async def picture(browser: Browser, world: World, api: Service) -> bytes:
    """A PNG of the HTML part of the newest confirmation."""
    newest = world.mails("Appointment confirmed")[0]
    page = await browser.new_page(viewport={"width": WIDTH, "height": 400}, color_scheme="light")
    await page.set_content(newest["html"])
    png = await page.screenshot(full_page=True)
    await page.close()
    return png
