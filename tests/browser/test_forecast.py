"""The forecast, and the pace of parked mails, as people see and set them."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Stage, Visit


async def test_the_overview_leads_to_the_forecast_and_a_pace_is_set_there(stage: Stage, visit: Visit) -> None:
    await stage.booked()
    page = await visit("/ops")
    await page.locator('[data-live="outlook"]').get_by_role("link", name="Forecast").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Forecast")
    await expect(page.locator('[data-live="outlook"]')).to_contain_text("in the next 48 hours")
    try:
        await page.get_by_label("Mails a second").fill("2.5")
        await page.get_by_label("Reason").fill("the provider counts")
        await page.get_by_role("button", name="Set the pace").click()
        await expect(page.locator('[data-live="parked"]')).to_contain_text("at 2.5 a second at most, by operator")
        await page.goto("/ops/log")
        await expect(page.locator("tbody tr").first).to_contain_text("the provider counts")
    finally:
        await stage.world.operator(stage.api)("PUT", "/api/ops/parked/pace", {"perSecond": None})


@pytest.mark.slow
async def test_the_same_without_scripts(stage: Stage, visit: Visit) -> None:
    page = await visit("/ops/forecast", java_script_enabled=False)
    try:
        await page.get_by_label("Mails a second").fill("4")
        await page.get_by_role("button", name="Set the pace").click()
        await expect(page.locator('[data-live="parked"]')).to_contain_text("at 4 a second at most, by operator")
        await page.get_by_label("Mails a second").fill("")
        await page.get_by_role("button", name="Set the pace").click()
        await expect(page.locator('[data-live="parked"]')).to_contain_text("as fast as notifiers take them")
    finally:
        await stage.world.operator(stage.api)("PUT", "/api/ops/parked/pace", {"perSecond": None})
