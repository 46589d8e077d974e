"""The jobs dashboard, as an operator sees it."""

from collections.abc import AsyncIterator
from typing import Final

from playwright.async_api import Browser, Page, expect

from tests.pictures import busy_day
from tests.support.services import Service
from tests.support.tokens import a_token
from tests.support.world import World

SIZE: Final = {"width": 1440, "height": 730}
PAGES: Final = {
    "dashboard": "/ops",
    "dashboard-agenda": f"/ops/agenda/1?date={busy_day.FIRST.date()}",
    "dashboard-queues": "/ops/queues",
    "dashboard-failed": "/ops/failed",
    "dashboard-forecast": "/ops/forecast",
}
"""Addresses by the name of the picture."""


async def pictures(browser: Browser, world: World, api: Service) -> AsyncIterator[tuple[str, bytes]]:
    """Names and PNGs, in the light theme and the times of the clinic; the last one is of a moved appointment."""
    page = await browser.new_page(base_url=api.url, viewport=SIZE, color_scheme="light")  # type: ignore[arg-type]
    await page.goto("/ops")
    await page.get_by_label("Token").fill(a_token("operator", "ops"))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.locator(".verdict")).to_be_visible()
    await page.context.add_cookies([{"name": "ops_zone", "value": busy_day.DOCTOR["timezone"], "url": api.url}])
    for name, path in (PAGES | {"dashboard-appointment": await _of_a_moved_appointment(world)}).items():
        yield name, await _picture(page, path)
    await page.close()


async def _of_a_moved_appointment(world: World) -> str:
    [row, *_] = await world.database.fetch(
        "SELECT appointment_id FROM appointment_acts WHERE act = 'moved' ORDER BY id LIMIT 1"
    )
    return f"/ops/appointments/{row['appointment_id']}"


async def _picture(page: Page, path: str) -> bytes:
    await page.goto(path)
    await page.wait_for_load_state("networkidle")
    return await page.screenshot()
