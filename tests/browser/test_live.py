"""What changes by itself on a page, and what does not while somebody works on it."""

import asyncio

import pytest
from playwright.async_api import Route, expect

from tests.browser.conftest import Stage, Visit


async def test_an_answer_under_way_changes_nothing_once_a_row_is_ticked(stage: Stage, visit: Visit) -> None:
    job_id = await stage.a_failed_job()
    page = await visit("/ops/jobs?state=failed")
    asked, answers = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        if "x-live" in route.request.headers:
            asked.set()
            await answers.wait()
        await route.continue_()

    await page.route("**/ops/jobs?*", hold)
    await asyncio.wait_for(asked.wait(), 60)
    await page.locator(f'tr[data-key="{job_id}"] .row-link').focus()
    await page.keyboard.press("x")
    await expect(page.locator("#live-words")).to_have_text("Paused while 1 is selected")
    async with page.expect_response(lambda answer: "x-live" in answer.request.headers):
        answers.set()

    await page.evaluate("() => new Promise(requestAnimationFrame)")
    await expect(page.locator("#live-words")).to_have_text("Paused while 1 is selected")

    await page.keyboard.press("x")
    await expect(page.locator("#live-words")).to_contain_text("Live")


@pytest.mark.slow
async def test_the_verdict_changes_by_itself_when_the_notifier_falls_silent(stage: Stage, visit: Visit) -> None:
    page = await visit("/ops")
    await expect(page.locator(".verdict")).not_to_contain_text("No mail goes out")
    await expect(page.locator(".processes")).to_contain_text("notifier")
    async with stage.stopped():
        await expect(page.locator(".verdict")).to_contain_text("has been silent for")
        await page.goto("/ops/queues")
        await expect(page.locator(".notice.bad").first).to_contain_text("nobody takes messages from it")
    await expect(page.locator(".verdict")).not_to_contain_text("No mail goes out")
