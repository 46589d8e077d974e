"""A list of jobs as people use it: filters as chips, a row's action, the chart's bars, and nothing that shifts."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Locator, Page, expect

from tests.browser.conftest import Stage, Visit
from tests.support.client import job_of
from tests.support.waiting import eventually

GEOMETRY = """() => [...document.querySelectorAll(".jobs th, .jobs tbody tr:first-child td")]
    .map((cell) => { const box = cell.getBoundingClientRect(); return [box.x, box.y, box.width, box.height]; })"""


async def updated(page: Page) -> None:
    """Returns after the next live update."""
    async with page.expect_response(lambda answer: "x-live" in answer.request.headers):
        pass
    await expect(page.locator("#live-words")).to_contain_text("Live")
    await page.evaluate("() => new Promise(requestAnimationFrame)")


async def geometry(page: Page) -> Any:
    return await page.evaluate(GEOMETRY)


@pytest.mark.parametrize("scripts", [True, False])
async def test_filters_are_added_and_removed_as_chips(stage: Stage, visit: Visit, scripts: bool) -> None:
    appointment = await stage.booked()
    client = appointment["clientId"]
    page = await visit(f"/ops/jobs?client={client}", java_script_enabled=scripts)
    rows = page.locator(".jobs tbody tr")
    await expect(rows).to_have_count(2)
    filters = page.get_by_role("group", name="Filters")
    await filters.get_by_role("link", name="Reminder").click()
    await expect(rows).to_have_count(1)
    await expect(page).to_have_url(re.compile(rf"kind=appointment_reminder&client={client}$"))
    await filters.get_by_role("link", name="Reminder, remove this filter").focus()
    await page.keyboard.press("Enter")
    await expect(rows).to_have_count(2)
    await filters.get_by_role("link", name=f"Client: {client}").click()
    await expect(page).to_have_url(stage.api.url + "/ops/jobs")


@pytest.mark.parametrize("scripts", [True, pytest.param(False, marks=pytest.mark.slow)])
async def test_a_rows_action_asks_first_and_shows_the_mail(stage: Stage, visit: Visit, scripts: bool) -> None:
    job_id = job_of(await stage.booked(), "appointment_reminder")
    page = await visit("/ops/jobs?kind=appointment_reminder", java_script_enabled=scripts)
    await page.locator(f'tr[data-key="{job_id}"]').get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Cancel 1 job?")
    await expect(page.locator(".tellings")).to_contain_text("Reminder:")
    await page.get_by_role("button", name="Cancel 1 job").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("1 job cancelled")
    assert await stage.is_in(job_id, "cancelled")


async def test_a_failed_row_is_requeued(stage: Stage, visit: Visit) -> None:
    job_id = await stage.a_failed_job()
    page = await visit("/ops/jobs?state=failed")
    await page.locator(f'tr[data-key="{job_id}"]').get_by_role("button", name="Requeue").click()
    await expect(page.locator(".head .state")).to_contain_text("succeeded")
    assert await stage.is_in(job_id, "succeeded")


@pytest.mark.parametrize("width", [820, pytest.param(1440, marks=pytest.mark.slow)])
async def test_rows_are_40_px_high_and_nothing_shifts_when_news_arrive(stage: Stage, visit: Visit, width: int) -> None:
    await stage.booked()
    page = await visit("/ops/jobs", width=width)
    await page.locator("h1").wait_for()
    before = await geometry(page)
    heights = await page.evaluate("[...document.querySelectorAll('.jobs tbody tr')].map(row => row.offsetHeight)")
    assert set(heights) == {40}

    await updated(page)
    assert await geometry(page) == before

    await stage.booked()
    await expect(page.locator("#newer")).to_have_text("2 newer, show")
    assert await geometry(page) == before
    await page.locator("#newer").click()
    await expect(page.locator("#newer")).to_be_hidden()


async def test_rows_that_only_move_up_from_the_next_page_are_no_news(stage: Stage, visit: Visit) -> None:
    """A list of what comes soonest loses its first rows all the time."""
    soon = datetime(2099, 6, 1, tzinfo=UTC)  # no hour of which comes twice, as one does when clocks go back
    client = stage.world.client(stage.api, "soonest")
    for number in range(52):
        await client.book(soon + timedelta(minutes=30 * number))
    page = await visit("/ops/jobs?state=scheduled&kind=appointment_reminder")
    first = page.locator(".jobs tbody tr").first
    job_id = await first.get_attribute("data-key")
    await stage.world.operator(stage.api)("POST", f"/api/ops/jobs/{job_id}/cancel")
    await expect(first).to_have_class(re.compile("gone"))
    await expect(page.locator("#newer")).to_be_hidden()

    await client.book(soon - timedelta(hours=5))

    await expect(page.locator("#newer")).to_have_text("1 new between these, show")


async def bar_of(stage: Stage, page: Page, job_id: str) -> Locator:
    """The bar of the failed jobs of its minute. The chart is seconds old, and may lack it at first."""
    ended = datetime.fromisoformat((await stage.world.operator(stage.api).job(job_id))["finishedAt"])
    minute = quote(ended.strftime("%Y-%m-%dT%H:%M:00Z"), safe="")
    bar = page.locator(f'.plot a[href*="state=failed&since={minute}"]')

    async def shown() -> bool:
        await page.reload()
        return await bar.count() == 1

    await eventually(shown)
    return bar


async def test_a_bar_of_the_chart_is_read_and_opened_by_keyboard(stage: Stage, visit: Visit) -> None:
    job_id = await stage.a_failed_job()
    page = await visit("/ops?span=hour")
    failed = await bar_of(stage, page, job_id)
    bars = page.locator(".plot a")
    await expect(page.locator('.plot a[tabindex="0"]')).to_have_count(1)
    await bars.last.focus()
    await expect(page.locator("[data-chart-read]")).to_contain_text("succeeded")
    await page.keyboard.press("Home")
    await expect(bars.first).to_be_focused()
    await page.keyboard.press("End")
    await expect(bars.last).to_be_focused()
    while not await failed.evaluate("bar => bar === document.activeElement"):
        await page.keyboard.press("ArrowLeft")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(re.compile(r"state=failed&since="))
    await expect(page.locator(".jobs tbody tr").first).to_contain_text("failed")


async def test_bars_lead_to_their_jobs_without_scripts(stage: Stage, visit: Visit) -> None:
    job_id = await stage.a_failed_job()
    page = await visit("/ops?span=hour", java_script_enabled=False)
    await (await bar_of(stage, page, job_id)).focus()
    await page.keyboard.press("Enter")
    await expect(page.locator(".jobs tbody tr").first).to_contain_text("failed")
