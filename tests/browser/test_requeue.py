"""From a failed job's error to its mail, by hand."""

import re

from playwright.async_api import expect

from tests.browser.conftest import Stage, Visit
from tests.support.waiting import eventually


async def test_a_failed_job_is_seen_requeued_and_watched_until_it_succeeds(stage: Stage, visit: Visit) -> None:
    job_id = await stage.a_failed_job()
    page = await visit(f"/ops/jobs/{job_id}")

    await expect(page.get_by_role("heading", level=1)).to_contain_text("Confirmation")
    await expect(page.locator(".head .state")).to_contain_text("failed")
    await expect(page.locator(".head .error")).to_contain_text("no such user")
    await expect(page.locator("body")).not_to_contain_text("@patients.example>: no")  # masked wherever it is echoed
    await page.get_by_role("button", name="Requeue").click()

    await expect(page.get_by_role("status").first).to_contain_text("Requeued")
    await expect(page.locator(".head .state")).to_contain_text("succeeded")  # patched in: nothing loads it anew
    await expect(page.locator(".attempts tbody tr")).to_have_count(2)
    assert await stage.is_in(job_id, "succeeded")


async def test_the_same_without_scripts(stage: Stage, visit: Visit) -> None:
    job_id = await stage.a_failed_job()
    page = await visit("/ops/jobs?state=failed", java_script_enabled=False)
    await page.locator(f'tr[data-key="{job_id}"] .row-link').click()
    await page.get_by_role("button", name="Requeue").click()

    await expect(page.get_by_role("status").first).to_contain_text("Requeued")

    async def reloaded() -> bool:
        await page.reload()
        return "succeeded" in await page.locator(".head .state").inner_text()

    await eventually(reloaded)


async def test_ticked_jobs_are_requeued_after_a_count_was_shown(stage: Stage, visit: Visit) -> None:
    jobs = [await stage.a_failed_job() for _ in range(2)]
    left = await stage.a_failed_job()
    page = await visit("/ops/jobs?state=failed")
    for job_id in jobs:
        await page.locator(f'input[value="{job_id}"]').check()
    await expect(page.locator("#selected")).to_have_text("2 selected")
    await expect(page.locator("#live-words")).to_contain_text("Paused while 2 are selected")
    await page.get_by_role("button", name="Requeue…").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("Requeue 2 failed jobs?")
    await page.get_by_label("Reason").fill("mailboxes are back")
    await page.get_by_role("button", name="Requeue 2 jobs").click()

    await expect(page.get_by_role("heading", level=1)).to_have_text("2 jobs requeued")
    await expect(page.locator(".progress")).to_contain_text(re.compile(r"succeeded\s+2"))
    assert await stage.is_in(left, "failed")
    await page.get_by_role("link", name="It stands in the log.").click()
    row = page.locator("tbody tr").first
    await expect(row).to_contain_text("mailboxes are back")
    await expect(row).to_contain_text("2/2")


async def test_a_cause_is_requeued_as_a_whole_and_keeps_what_failed_later(stage: Stage, visit: Visit) -> None:
    before = [await stage.a_failed_job() for _ in range(3)]
    page = await visit("/ops/failed")
    cause = page.locator("tbody tr", has_text="SMTP 550 5.1.1")
    await expect(cause).to_contain_text("No such mailbox")
    await cause.get_by_role("button", name="Requeue").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("failed jobs?")
    later = await stage.a_failed_job()

    await page.get_by_role("button", name=re.compile(r"Requeue \d+ jobs")).click()

    await expect(page.get_by_role("heading", level=1)).to_contain_text("requeued")
    await expect(page.locator(".progress")).to_contain_text("succeeded")
    for job_id in before:
        assert not await stage.is_in(job_id, "failed")
    assert await stage.is_in(later, "failed")
