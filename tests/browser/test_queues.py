"""Pause and resume by hand, seen on the pages."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Stage, Visit, paused
from tests.support.client import job_of
from tests.support.waiting import eventually


async def test_a_paused_queue_holds_mail_back_and_says_so(stage: Stage, visit: Visit) -> None:
    page = await visit("/ops/queues")
    async with paused(stage, "high"):
        await page.get_by_role("link", name="Pause high").click()
        await page.get_by_label("Reason").fill("moving the mail server")
        await page.get_by_role("button", name="Pause high").click()
        await expect(page.locator('[data-live="queue-high"]')).to_contain_text("moving the mail server")
        await eventually(lambda: stage.notifier.metric('punctual_queue_paused{priority="high"}'))
        appointment = await stage.booked()
        job_id = job_of(appointment, "appointment_created_email")
        await eventually(lambda: stage.is_in(job_id, "enqueued"))
        await page.goto("/ops")
        await expect(page.locator(".verdict")).to_contain_text("the queue high is paused")
        assert await stage.is_in(job_id, "enqueued")

        await page.goto("/ops/queues")
        await page.get_by_role("button", name="Resume high").click()

        await expect(page.locator('[data-live="queue-high"]')).to_contain_text("runs")
        await eventually(lambda: stage.is_in(job_id, "succeeded"))
    await page.goto("/ops/log")
    await expect(page.locator("tbody tr").nth(1)).to_contain_text("moving the mail server")


@pytest.mark.slow
async def test_the_same_without_scripts(stage: Stage, visit: Visit) -> None:
    page = await visit("/ops/queues", java_script_enabled=False)
    async with paused(stage, "normal"):
        await page.get_by_role("link", name="Pause normal").click()
        await page.get_by_label("Reason").fill("no reminders today")
        await page.get_by_role("button", name="Pause normal").click()
        await expect(page.locator('[data-live="queue-normal"]')).to_contain_text("paused by operator")
        await page.get_by_role("button", name="Resume normal").click()
        await expect(page.locator('[data-live="queue-normal"]')).to_contain_text("runs")
