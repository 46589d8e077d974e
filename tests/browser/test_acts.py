"""Sending again and giving up, as people do."""

from playwright.async_api import expect

from tests.browser.conftest import Stage, Visit


async def test_a_failed_job_is_sent_again_after_its_preview_with_the_keyboard(stage: Stage, visit: Visit) -> None:
    job_id = await stage.a_failed_job()
    page = await visit(f"/ops/jobs/{job_id}")
    summary = page.locator("summary", has_text="Send again…")
    await summary.focus()
    await page.keyboard.press("Enter")
    preview = page.locator("form", has=page.get_by_role("button", name="Send it again"))
    await expect(preview).to_contain_text("Subject")
    await expect(preview).to_contain_text("Heard since")
    await page.get_by_label("Reason (goes into the log)").last.fill("asked by phone")
    await page.keyboard.press("Enter")

    await expect(page.locator(".head")).to_contain_text("Sends again what job")
    await expect(page.locator(".head .state")).to_contain_text("succeeded")  # patched in: nothing loads it anew
    assert await stage.is_in(job_id, "cancelled")


async def test_a_failed_job_is_given_up_with_a_reason(stage: Stage, visit: Visit) -> None:
    job_id = await stage.a_failed_job()
    page = await visit(f"/ops/jobs/{job_id}")
    await page.locator("summary", has_text="Give up…").click()
    await page.get_by_label("Reason (goes into the job and the log)").fill("told by phone")
    await page.get_by_role("button", name="Give this job up").click()

    await expect(page.locator(".head")).to_contain_text("given up by an operator: told by phone")
    assert await stage.is_in(job_id, "cancelled")
