"""A patient whose appointment cannot take place takes another time: mail, link, a choice of three, without scripts."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import pytest
from playwright.async_api import Browser, Page, expect

from shared.wording import builtin
from tests.browser.conftest import Stage
from tests.browser.test_looks import AXE, WCAG, violations
from tests.browser.test_patient import PICTURES
from tests.support.client import Client
from tests.support.tokens import a_token
from tests.support.waiting import eventually
from tests.unit.notifier_service.channels.email.test_rendering import part, read

_SIZES: Final = (360, 1440)


async def look(page: Page, name: str, rules: Sequence[str] = WCAG) -> None:
    """Axe finds nothing, and nothing is wider than the window, in either mode and at either width."""
    await page.evaluate(AXE)
    for width in _SIZES:
        await page.set_viewport_size({"width": width, "height": 800})
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            assert await violations(page, runOnly=rules) == [], (name, width, scheme)
            assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth"), (name, width, scheme)
            if PICTURES is not None:
                await page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{scheme}.png", full_page=True)


@pytest.mark.parametrize("tag", [pytest.param("en", marks=pytest.mark.slow), "ar"])  # ar reads from the right
async def test_a_patient_takes_one_of_three_times(tag: str, stage: Stage, chromium: Browser) -> None:
    say, subject, doctor = builtin().of(tag).text, f"offered-{tag}", f"ill-{tag}"
    operator, patient = stage.world.operator(stage.api), stage.world.client(stage.api, subject)
    desk = Client(stage.api.url, a_token("desk", "staff"))
    hours = {day: [["08:00", "16:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    whole = {"name": "Dr. Grace Lang", "timezone": "Europe/Berlin", "location": "Room 14", "hours": hours}
    await operator("PUT", f"/api/ops/doctors/{doctor}", whole)
    await patient("PUT", "/api/client/profile", {"name": "Alex", "locale": tag})
    start = (datetime.now(UTC) + timedelta(days=4)).replace(hour=10, minute=0, second=0, microsecond=0)
    booked = await patient.book(start, doctorId=doctor)
    day_off = {"daysOff": [booked["appointmentDate"]]}
    assert (await operator("PATCH", f"/api/ops/doctors/{doctor}", day_off)).body["affected"] == 1
    wish = {"doctorId": doctor, "message": "Dr. Lang is ill. We are sorry."}
    assert (await desk("POST", "/api/staff/affected/offer", wish)).body["offered"] == 1

    mail = read((await eventually(lambda: _mails(stage, subject, say("appointment_offer_email.title"))))[0])
    [token] = set(re.findall(r"https://\S+/a/([\w.-]+)(?=\s)", part(mail, "plain")))
    link = f"{stage.api.url}/a/{token}"
    context = await chromium.new_context(bypass_csp=True)
    page = await context.new_page()
    await page.set_content(part(mail, "html"))
    await look(page, f"mail-{tag}", [rule for rule in WCAG if rule != "best-practice"])  # landmarks are for pages
    await page.goto(link)
    await look(page, f"page-{tag}")
    await context.close()

    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(link)
    await expect(page.get_by_role("heading", level=1)).to_have_text(say("link.offer-title"))
    times = page.locator(".choices button")
    await expect(times).to_have_count(3)
    await times.nth(1).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(say("link.moved-title"))
    await context.close()
    seen = (await desk("GET", "/api/staff/affected", query={"doctorId": doctor, "answered": "true"})).body["items"]
    assert [each["offer"]["answered"] for each in seen] == ["taken"]


def _mails(stage: Stage, subject: str, title: str) -> list[bytes]:
    newest = stage.world.mailbox.messages.newest_first()
    theirs = [mail.raw for mail in newest if f"{subject}@patients.example" in mail.recipients]
    return [raw for raw in theirs if title in part(read(raw), "html")]
