"""Every page for everybody: WCAG 2.2 AA, two themes, from 360 px on, by keyboard."""

from importlib.resources import files
from typing import Any, Final

import pytest
from playwright.async_api import Page, expect

from tests.browser.conftest import Complaints, Stage, Visit, sign_in
from tests.support.browser import IN_TIME
from tests.support.client import job_of
from tests.support.rows import a_report
from tests.support.waiting import eventually

AXE: Final = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
WCAG: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


FILTERED: Final = [
    "/ops?span=week",
    "/ops?span=hour&kind=appointment_created_email",
    "/ops/jobs?state=failed",
    "/ops/jobs?state=scheduled&kind=appointment_cancelled_email",
    "/ops/failed?by=kind",
]
"""Other views of pages that are looked at anyway."""


async def every_page(stage: Stage) -> list[str]:
    """With something on each."""
    failed = await stage.a_failed_job()
    appointment = await stage.booked()
    await stage.world.publish("high", b'{"version": 1, oops}', message_id="strange")

    async def recorded() -> list[str]:
        return [row["id"] for row in await stage.world.database.fetch("SELECT id FROM dead_letters")]

    [letter, *_] = await eventually(recorded)
    operator = stage.world.operator(stage.api)
    await operator("PUT", "/api/ops/suppressions/gone@patients.example", {"reason": "bounced " + "x" * 100})
    await a_report(stage.world.database, "proposed@patients.example")
    return [
        "/ops",
        "/ops/jobs",
        "/ops/jobs?state=failed&kind=appointment_created_email&error=user&client=x",
        f"/ops/jobs/{failed}",
        f"/ops/jobs/{job_of(appointment, 'appointment_reminder')}",
        "/ops/jobs/00000000-0000-0000-0000-000000000000",
        f"/ops/appointments/{appointment['id']}",
        "/ops/failed",
        "/ops/dead-letters",
        f"/ops/dead-letters/{letter}",
        "/ops/agenda",
        "/ops/agenda/1?date=" + appointment["appointmentDate"],
        "/ops/agenda/nobody",
        "/ops/agenda?from=" + "x" * 100,
        "/ops/queues",
        "/ops/queues/high/pause",
        "/ops/forecast",
        "/ops/suppressions",
        "/ops/log",
    ]


async def violations(page: Page, **options: Any) -> list[str]:
    """What axe-core finds, by an evaluation that no page's policy concerns."""
    found = await page.evaluate("options => axe.run({resultTypes: ['violations'], ...options})", options)
    return [f"{each['id']}: {node['html'][:160]}" for each in found["violations"] for node in each["nodes"]]


async def faults(page: Page) -> list[str]:
    """Of the page that is shown: all rules in a light and wide window; dark and narrow those that can differ."""
    await page.evaluate(AXE)
    # without motion: a colour in the middle of a transition has a contrast of its own
    await page.emulate_media(color_scheme="light", reduced_motion="reduce")
    await page.set_viewport_size({"width": 1440, "height": 900})
    found = await violations(page, runOnly=WCAG)
    for width in (900, 360):
        await page.set_viewport_size({"width": width, "height": 900})
        if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"wider than {width} px")
    await page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return found + await violations(page, runOnly=["color-contrast", "target-size"])


@pytest.mark.timeout(600)  # many pages, each in three widths
@pytest.mark.parametrize("others", [[], pytest.param(FILTERED, marks=pytest.mark.slow)])
async def test_no_page_violates_wcag_or_is_wider_than_its_window(
    stage: Stage, visit: Visit, complaints: Complaints, others: list[str]
) -> None:
    complaints.provoked.add(404)  # some pages show what is not there
    pages = [*await every_page(stage), *others]
    page = await visit("/ops", token=None, reduced_motion="reduce")  # no colour on its way to another
    found = {"/ops/sign-in": await faults(page)}
    await sign_in(page, stage.token())
    await expect(page.locator(".verdict")).to_be_visible()

    for path in pages:
        await page.goto(path)
        found[path] = await faults(page)

    assert {path: each for path, each in found.items() if each} == {}


async def test_the_keyboard_reaches_everything(stage: Stage, visit: Visit) -> None:
    await stage.a_failed_job()
    page = await visit("/ops")
    await expect(page.locator(".verdict")).to_be_visible()
    await page.keyboard.press("Tab")
    await expect(page.get_by_text("Skip to the content")).to_be_focused()
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).to_be_focused()
    await page.keyboard.press("Tab")

    async def led_to_the_jobs() -> bool:
        """The two keys count as one within a second and a half."""
        await page.keyboard.press("g")
        await page.keyboard.press("j")
        await expect(page.get_by_role("heading", level=1)).to_have_text("Jobs", timeout=IN_TIME / 4)
        return True

    await eventually(led_to_the_jobs)
    await page.wait_for_load_state()  # before, no script would hear the next keys
    await page.keyboard.press("j")
    await page.keyboard.press("x")
    await expect(page.locator("#selected")).to_have_text("1 selected")
    await page.keyboard.press("?")
    await expect(page.get_by_role("dialog")).to_be_visible()
    await page.get_by_role("button", name="Switch the keys off").click()
    await page.get_by_role("button", name="Close").click()
    await page.keyboard.press("/")
    await expect(page.get_by_role("searchbox")).not_to_be_focused()


async def test_the_theme_is_chosen_and_kept(visit: Visit) -> None:
    page = await visit("/ops/queues", java_script_enabled=False)
    await page.locator("details.menu summary").click()
    await page.get_by_role("button", name="Dark").click()
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    await page.goto("/ops/jobs")
    await expect(page.locator("html")).to_have_attribute("data-theme", "dark")


async def test_search_finds_a_job_an_appointment_an_address_and_an_error(stage: Stage, visit: Visit) -> None:
    job_id = await stage.a_failed_job(subject="searched-for")
    appointment_id = (await stage.world.operator(stage.api).job(job_id))["appointmentId"]
    page = await visit("/ops")
    for text, url in (
        (job_id, f"/ops/jobs/{job_id}"),
        (appointment_id, f"/ops/appointments/{appointment_id}"),
        ("searched-for@patients.example", "/ops/jobs?client=searched-for"),
        ("no such user", "/ops/jobs?state=failed&error=no+such+user"),
    ):
        await page.get_by_role("searchbox").fill(text)
        await page.get_by_role("searchbox").press("Enter")
        await expect(page).to_have_url(stage.api.url + url)
        await expect(page.locator("main")).to_contain_text("Confirmation")
