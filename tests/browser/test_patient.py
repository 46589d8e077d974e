"""A patient's journey on a telephone: mail, link, "I will come", move, second mail, cancel, third mail."""

import os
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Final, Literal

import pytest
from icalendar import Calendar
from playwright.async_api import Browser, Page, expect

from deploy.local.mailbox.store import Message
from shared.wording import builtin
from tests.browser.conftest import Complaints, Stage
from tests.browser.test_looks import AXE, WCAG, violations
from tests.support.browser import IN_TIME
from tests.support.shortened import shortened
from tests.support.waiting import eventually
from tests.unit.notifier_service.channels.email.test_rendering import part, read

PICTURES: Final = os.environ.get("PICTURES")
"""A folder for pictures of every page, for whoever wants to look at them."""
_SCHEMES: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
LANGUAGES: Final = ("en", "de", "ar")


@pytest.fixture
async def telephone(stage: Stage, chromium: Browser, complaints: Complaints) -> AsyncIterator[Page]:
    """A page of a browser without scripts, 320 pixels wide."""
    context = await chromium.new_context(viewport={"width": 320, "height": 640}, java_script_enabled=False)
    context.set_default_timeout(IN_TIME)
    page = await context.new_page()
    complaints.listen_to(page)
    yield page
    await context.close()


@pytest.fixture
async def inspector(chromium: Browser) -> AsyncIterator[Page]:
    """Another one, in which axe can look at a page: axe is a script."""
    context = await chromium.new_context(viewport={"width": 320, "height": 640}, bypass_csp=True)
    yield await context.new_page()
    await context.close()


class Journey:
    """One patient of one language."""

    def __init__(self, stage: Stage, tag: str, page: Page, inspector: Page) -> None:
        self.stage, self.tag, self.page, self.inspector = stage, tag, page, inspector
        self.say = builtin().of(tag).text
        self.subject = f"traveller-{tag}"
        self.client = stage.world.client(stage.api, self.subject)
        self.seen: list[str] = []

    async def booked(self) -> dict[str, Any]:
        await self.client("PUT", "/api/client/profile", {"name": "Alex", "locale": self.tag})
        start = (datetime.now(UTC) + timedelta(days=3 + LANGUAGES.index(self.tag))).replace(
            hour=10, minute=0, second=0, microsecond=0
        )
        return await self.client.book(start)

    async def mail(self, number: int) -> EmailMessage:
        """The mail of that number that has come to the patient; the first is 1."""

        def arrived() -> list[Message]:
            newest = self.stage.world.mailbox.messages.newest_first()
            found = [mail for mail in newest if f"{self.subject}@patients.example" in mail.recipients]
            return found if len(found) >= number else []

        return read((await eventually(arrived))[0].raw)

    def link_in(self, mail: EmailMessage) -> str:
        """The link of a mail; it leads to the API of the test, wherever PUBLIC_URL is."""
        [token] = set(re.findall(r"https://\S+/a/([\w.-]+)(?=\s)", part(mail, "plain")))
        return f"{self.stage.api.url}/a/{token}"

    async def press(self, key: str) -> None:
        """The button or link of that text; then looks at where it leads."""
        name = self.say(key)
        found = self.page.get_by_role("button", name=name, exact=True).or_(
            self.page.get_by_role("link", name=name, exact=True)
        )
        await found.click()
        await self.look(key)

    async def look(self, what: str) -> None:
        """No page is wider than the telephone, and axe finds nothing, in either mode."""
        await self.inspector.goto(self.page.url)
        await self.inspector.evaluate(AXE)
        for scheme in _SCHEMES:
            await self.inspector.emulate_media(color_scheme=scheme)
            assert await violations(self.inspector, runOnly=WCAG) == [], what
            assert not await self.inspector.evaluate("document.documentElement.scrollWidth > innerWidth"), what
            if PICTURES is not None:
                name = f"{self.tag}-{len(self.seen):02d}-{what.rpartition('.')[2]}-{scheme}.png"
                await self.inspector.screenshot(path=Path(PICTURES) / name, full_page=True)
        direction = "rtl" if self.tag == "ar" else "ltr"
        await expect(self.page.locator("html")).to_have_attribute("dir", direction)
        await expect(self.page.locator("html")).to_have_attribute("lang", self.tag)
        self.seen.append(what)

    async def headed(self, key: str) -> None:
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(self.say(key))


def entry(mail: EmailMessage) -> tuple[str, str, int]:
    """Method, UID and sequence of the calendar entry that a mail carries."""
    [found, *_] = [each for each in mail.walk() if each.get_content_type() == "text/calendar"]
    calendar = Calendar.from_ical(found.get_content())
    [event] = calendar.walk("VEVENT")
    return str(calendar["METHOD"]), str(event["UID"]), int(str(event["SEQUENCE"]))


@pytest.mark.parametrize("tag", shortened(["en", "de", "ar"], to=1))  # ar reads from the right
async def test_a_patient_comes_moves_and_cancels_by_the_links_of_mails(
    tag: str, stage: Stage, telephone: Page, inspector: Page
) -> None:
    journey = Journey(stage, tag, telephone, inspector)
    booked = await journey.booked()
    first = await journey.mail(1)
    await telephone.goto(journey.link_in(first))
    await journey.look("opened")
    await journey.headed("link.title")

    await journey.press("link.will-come")
    await journey.headed("link.thanks-title")
    await journey.press("link.move")
    await telephone.locator(".choices a").nth(1).click()  # today may end meanwhile
    await journey.look("times")
    await telephone.locator(".times a").last.click()
    await journey.look("confirm")
    await journey.press("link.move-yes")
    await journey.headed("link.moved-title")

    second = await journey.mail(2)
    assert journey.say("appointment_rescheduled_email.title") in part(second, "html")
    assert journey.say("label.previously") in part(second, "plain")
    assert journey.link_in(second) == journey.link_in(first)
    await telephone.goto(journey.link_in(second))
    await journey.press("link.cancel")
    await journey.headed("link.cancel-title")
    await journey.press("link.cancel-yes")
    await journey.headed("link.cancelled-title")

    third = await journey.mail(3)
    assert journey.say("appointment_cancelled_email.title") in part(third, "html")
    assert len({str(mail["References"]) for mail in (first, second, third)}) == 1
    assert [entry(mail) for mail in (first, second, third)] == [
        ("REQUEST", booked["id"], 0),
        ("REQUEST", booked["id"], 1),
        ("CANCEL", booked["id"], 2),
    ]
    await telephone.goto(journey.link_in(first))  # an old mail shows the appointment as it is
    await journey.headed("link.cancelled-title")
    found = (await journey.client("GET", f"/api/client/appointments/{booked['id']}")).body
    assert (found["status"], found["attendance"]) == ("cancelled", None)


async def test_a_link_that_is_none_is_a_page_too(stage: Stage, inspector: Page) -> None:
    answer = await inspector.goto(stage.api.url + "/a/nothing")
    assert answer is not None
    assert answer.status == 404
    await inspector.evaluate(AXE)
    assert await violations(inspector, runOnly=WCAG) == []
    await expect(inspector.get_by_role("heading", level=1)).to_have_text("This link does not work")
