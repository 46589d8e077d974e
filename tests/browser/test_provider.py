"""An operator signs in by an identity provider, works, signs out, and is signed out."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from deploy.local.ports import free_port
from tests.browser.conftest import Complaints, Stage, sign_in
from tests.browser.test_looks import faults
from tests.support.browser import IN_TIME
from tests.support.openid_provider import CLIENT_ID, Instead, OpenIdProvider, an_openid_provider

BUTTON = "Sign in with Clinic account"


@dataclass
class Clinic:
    """A provider, and an API that asks it."""

    provider: OpenIdProvider
    url: str
    browser: Browser
    complaints: Complaints

    async def visit(self, path: str, *, scripts: bool = True) -> Page:
        """A page in a browser of its own."""
        context = await self.browser.new_context(
            base_url=self.url, viewport={"width": 1280, "height": 900}, java_script_enabled=scripts
        )
        context.set_default_timeout(IN_TIME)
        page = await context.new_page()
        self.complaints.listen_to(page)
        await page.goto(path)
        return page

    async def signed_in(self, path: str = "/ops", *, person: str = "olga", scripts: bool = True) -> Page:
        page = await self.visit(path, scripts=scripts)
        await page.get_by_role("link", name=BUTTON).click()
        await page.get_by_label("Name").fill(person)
        await page.get_by_role("button", name="Sign in here").click()
        return page


@pytest.fixture
async def clinic(stage: Stage, chromium: Browser, complaints: Complaints) -> AsyncIterator[Clinic]:
    url = f"http://127.0.0.1:{(port := free_port())}"
    async with an_openid_provider() as provider:
        settings: dict[str, Any] = {
            "API_PORT": str(port),
            "OPS_URL": url,
            "OIDC_ISSUER": provider.issuer,
            "OIDC_CLIENT_ID": CLIENT_ID,
            "OIDC_CLIENT_SECRET": provider.secret or "",
            "OIDC_NAME": "Clinic account",
            "RELAY_ENABLED": "false",
        }
        async with stage.world.api(**settings) as api:
            provider.logout_at = api.url
            before = {*chromium.contexts}
            yield Clinic(provider, url, chromium, complaints)
            for context in {*chromium.contexts} - before:
                await context.close()


@pytest.mark.parametrize("scripts", [True, False])
async def test_signing_in_leads_to_the_page_that_was_meant_and_out_again(clinic: Clinic, scripts: bool) -> None:
    page = await clinic.signed_in("/ops/jobs?state=failed&kind=appointment_reminder", scripts=scripts)

    await expect(page).to_have_url(f"{clinic.url}/ops/jobs?state=failed&kind=appointment_reminder")
    await expect(page.locator("details.menu summary")).to_contain_text("olga")
    [cookie] = [each for each in await page.context.cookies() if each["name"] == "ops_session"]
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")

    await page.locator("details.menu summary").click()
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("link", name=BUTTON)).to_be_visible()
    assert clinic.provider.sessions == {}
    await page.goto("/ops/jobs")
    await page.get_by_role("link", name=BUTTON).click()
    await expect(page.get_by_label("Name")).to_be_visible()  # the provider asks again


async def test_going_back_leads_through_the_provider_to_the_same_page(clinic: Clinic) -> None:
    """The provider, who knows the browser by now, answers the same request once more."""
    page = await clinic.signed_in("/ops/log")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Log")
    await page.go_back()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Log")
    await expect(page).to_have_url(f"{clinic.url}/ops/log")


async def test_the_provider_signs_out_an_open_page_which_says_so_and_leads_back(clinic: Clinic) -> None:
    page = await clinic.signed_in("/ops/jobs?state=succeeded")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Jobs")
    [session] = clinic.provider.sessions
    token = clinic.provider.token(clinic.provider.logout_claims(sid=session), typ="logout+jwt")
    assert await clinic.provider.log_out(clinic.url, token) == 200

    await page.get_by_role("link", name="Signed out, sign in again").click()
    await expect(page.get_by_text("Your session has ended")).to_be_visible()
    clinic.complaints.provoked.add(401)
    clinic.provider.sessions.clear()
    await page.get_by_role("link", name=BUTTON).click()
    await page.get_by_label("Name").fill("olga")
    await page.get_by_role("button", name="Sign in here").click()
    await expect(page).to_have_url(f"{clinic.url}/ops/jobs?state=succeeded")


async def test_whoever_is_known_to_the_provider_signs_in_by_one_click(clinic: Clinic) -> None:
    page = await clinic.signed_in("/ops/queues")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Queues")
    await page.context.clear_cookies(name="ops_session")
    await page.goto("/ops/log")
    await page.get_by_role("link", name=BUTTON).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Log")


async def test_whoever_has_no_role_is_told_so_and_can_be_somebody_else(clinic: Clinic) -> None:
    clinic.provider.people["nina"] = {"roles": ["nurse"]}
    page = await clinic.signed_in("/ops/log", person="nina")
    await expect(page.get_by_role("alert")).to_contain_text("nina may not use this dashboard")
    clinic.complaints.provoked.add(403)
    assert await faults(page) == []
    await page.get_by_role("link", name=BUTTON).click()
    await page.get_by_label("Name").fill("olga")
    await page.get_by_role("button", name="Sign in here").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Log")


async def test_whoever_cancels_is_back_at_the_sign_in(clinic: Clinic) -> None:
    page = await clinic.visit("/ops/log")
    await page.get_by_role("link", name=BUTTON).click()
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_role("alert")).to_have_text("You have not signed in at Clinic account.")
    clinic.complaints.provoked.add(401)
    assert await faults(page) == []


async def test_while_the_provider_is_away_a_token_opens_the_dashboard(clinic: Clinic, stage: Stage) -> None:
    clinic.provider.instead["discovery"] = Instead(500)
    page = await clinic.visit("/ops/log")
    assert await faults(page) == []
    await page.get_by_role("link", name=BUTTON).click()
    await expect(page.get_by_role("alert")).to_contain_text("Clinic account does not answer just now")
    clinic.complaints.provoked.add(503)
    assert await faults(page) == []
    await sign_in(page, stage.token())
    await expect(page.get_by_role("heading", level=1)).to_have_text("Log")
