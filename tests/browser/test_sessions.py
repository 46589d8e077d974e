"""Who may see and change what, and for how long."""

import re

from playwright.async_api import Page, expect

from tests.browser.conftest import Complaints, Stage, Visit, sign_in


async def expire(page: Page) -> None:
    """Takes the session's cookie away, as a browser does when its time is over."""
    await page.context.clear_cookies(name="ops_session")


async def test_sign_in_comes_back_to_the_page_that_was_meant(stage: Stage, visit: Visit) -> None:
    page = await visit("/ops/jobs?state=failed&kind=appointment_reminder")
    await expect(page).to_have_url(re.compile(r"/ops/jobs\?state=failed&kind=appointment_reminder$"))
    await expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")


async def test_a_token_that_is_none_opens_nothing(visit: Visit, complaints: Complaints) -> None:
    page = await visit("/ops", token="not.a.token")
    await expect(page.get_by_role("alert")).to_contain_text("does not open")
    complaints.provoked.add(401)


async def test_an_expired_session_keeps_the_url_and_says_so_where_it_is(
    stage: Stage, visit: Visit, complaints: Complaints
) -> None:
    page = await visit("/ops/jobs?state=succeeded")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")

    await expire(page)
    await page.get_by_role("link", name="Signed out, sign in again").click()

    await expect(page.get_by_text("Your session has ended")).to_be_visible()
    await sign_in(page, stage.token())
    await expect(page).to_have_url(re.compile(r"/ops/jobs\?state=succeeded$"))
    complaints.provoked.add(401)


async def test_a_typed_reason_survives_signing_in_again(stage: Stage, visit: Visit, complaints: Complaints) -> None:
    job_id = await stage.a_failed_job()
    page = await visit(f"/ops/jobs/{job_id}")
    await page.get_by_text("Give up…").click()
    await page.get_by_label("Reason (goes into the job and the log)").fill("the client has moved away")

    await expire(page)
    await page.get_by_role("link", name="Signed out, sign in again").click()
    await sign_in(page, stage.token())

    await expect(page.get_by_label("Reason (goes into the job and the log)")).to_have_value("the client has moved away")
    complaints.provoked.add(401)


async def test_a_form_that_comes_too_late_is_kept_without_scripts(
    stage: Stage, visit: Visit, complaints: Complaints
) -> None:
    job_id = await stage.a_failed_job()
    page = await visit(f"/ops/jobs/{job_id}", java_script_enabled=False)
    await page.get_by_text("Give up…").click()
    await page.get_by_label("Reason (goes into the job and the log)").fill("nobody answers")
    await page.context.clear_cookies()
    await page.get_by_role("button", name="Give this job up").click()
    await expect(page.get_by_text("Your form is kept")).to_be_visible()
    complaints.provoked.add(401)
    await sign_in(page, stage.token())

    await expect(page.get_by_label("Reason")).to_have_value("nobody answers")
    assert await stage.is_in(job_id, "failed")
    await page.get_by_role("button", name="Give").click()

    await expect(page.get_by_role("heading", level=1)).to_contain_text("Confirmation")
    assert await stage.is_in(job_id, "cancelled")


async def test_signing_out_ends_the_session(stage: Stage, visit: Visit) -> None:
    page = await visit("/ops")
    cookies = await page.context.cookies()
    [session] = [cookie for cookie in cookies if "session" in cookie["name"]]
    assert session["httpOnly"]
    assert session["sameSite"] == "Strict"
    await page.locator("details.menu summary").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Token")).to_be_visible()

    await page.context.add_cookies([{**session, "url": stage.api.url, "path": None, "domain": None}])

    await page.goto("/ops/jobs")
    await expect(page.get_by_label("Token")).to_be_visible()


async def test_who_only_reads_sees_everything_and_changes_nothing(
    stage: Stage, visit: Visit, complaints: Complaints
) -> None:
    job_id = await stage.a_failed_job()
    page = await visit(f"/ops/jobs/{job_id}", token=stage.token("ops:read", subject="reader"))
    await expect(page.locator(".head .error")).to_contain_text("no such user")
    await expect(page.get_by_role("button", name="Requeue")).to_have_count(0)

    status = await page.evaluate(
        """async (path) => {
            const csrf = document.querySelector('input[name="csrf"]').value;
            return (await fetch(path, {method: "POST", body: new URLSearchParams({csrf})})).status;
        }""",
        f"/ops/jobs/{job_id}/requeue",
    )

    assert status == 403
    complaints.provoked.add(403)
    assert await stage.is_in(job_id, "failed")


async def test_a_form_of_another_origin_changes_nothing(stage: Stage, visit: Visit, complaints: Complaints) -> None:
    job_id = await stage.a_failed_job()
    page = await visit(f"/ops/jobs/{job_id}")
    csrf = await page.locator('input[name="csrf"]').first.input_value()
    other = await page.context.new_page()
    prize = f"{stage.world.mailbox.url}/prize"  # another port of the same host: the same site, another origin
    form = (
        f'<form method="post" action="{stage.api.url}/ops/jobs/{job_id}/requeue">'
        f'<input name="csrf" value="{csrf}"><button>Win a prize</button></form>'
    )
    await other.route(prize, lambda route: route.fulfill(content_type="text/html", body=form))
    await other.goto(prize)
    await other.get_by_role("button").click()

    await expect(other.get_by_text("The request came from another site.")).to_be_visible()
    await expect(other.get_by_text("Nothing was changed.")).to_be_visible()
    complaints.provoked.add(403)
    assert await stage.is_in(job_id, "failed")


async def test_a_form_without_the_sessions_token_changes_nothing(
    stage: Stage, visit: Visit, complaints: Complaints
) -> None:
    job_id = await stage.a_failed_job()
    page = await visit(f"/ops/jobs/{job_id}")
    status = await page.evaluate(
        "async (path) => (await fetch(path, {method: 'POST', body: new URLSearchParams({csrf: 'x'})})).status",
        f"/ops/jobs/{job_id}/requeue",
    )
    assert status == 403
    complaints.provoked.add(403)
    assert await stage.is_in(job_id, "failed")
