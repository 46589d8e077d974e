"""A form whose session had ended waits in the browser while its sender signs in at the provider."""

import re
from html import unescape

from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from api_service.identity.oidc.flow import browser_secret
from api_service.ops.dashboard.form_cookies import LONGEST, KeptInBrowser, opened, sealed
from api_service.ops.dashboard.kept_forms import KeptForm
from shared.database import Database
from tests.support.openid_provider import OpenIdProvider
from tests.support.provider_visit import answer, come_back
from tests.support.visitor import Seen, Visitor

NOTE = {"group": "SMTP 550", "note": "the provider looks into it, ünder № 7"}
START = "/ops/sign-in/provider"


def hidden(page: Seen, action: str) -> dict[str, str]:
    """The fields of the form with that action."""
    [form] = re.findall(rf'<form[^>]+action="{re.escape(action)}".*?</form>', page.html, re.DOTALL)
    return {name: unescape(value) for name, value in re.findall(r'name="([^"]+)" value="([^"]*)"', form)}


async def test_it_is_shown_after_the_sign_in_and_sent_by_hand(
    visitor: Visitor, provider: OpenIdProvider, database: Database
) -> None:
    ended = await visitor.post("/ops/failed/note", NOTE)
    assert (ended.status, "Your form is kept: sign in, and send it again." in ended.text) == (401, True)

    leaving = await visitor.post(START, hidden(ended, START))
    address = re.search(r'<a href="([^"]+)">', leaving.html)
    assert address
    assert leaving.headers["Refresh"] == f"0; url={unescape(address[1])}"
    back = await come_back(visitor, answer(provider, URL(unescape(address[1])).query))
    assert back.status == 303
    shown = await visitor.get(back.headers["Location"])

    assert "Nothing was changed." in shown.text
    assert await database.fetch("SELECT FROM failure_notes") == []
    form = hidden(shown, "/ops/failed/note")
    assert {name: form[name] for name in NOTE} == NOTE
    assert (await visitor.post("/ops/failed/note", form)).status == 200
    [kept] = await database.fetch("SELECT note, written_by FROM failure_notes")
    assert (kept["note"], kept["written_by"]) == (NOTE["note"], "olga")


async def test_a_form_that_is_too_long_for_the_browser_is_kept_for_a_token_only(visitor: Visitor) -> None:
    ended = await visitor.post("/ops/failed/note", NOTE | {"note": "x" * LONGEST})
    assert "Your form is kept: sign in with a token, and send it again." in ended.text
    assert f'action="{START}"' not in ended.html


async def test_without_a_form_the_first_page_is_shown(visitor: Visitor, provider: OpenIdProvider) -> None:
    sent = await visitor.post(START, {"next": "/ops/log"})
    address = re.search(r'<a href="([^"]+)">', sent.html)
    assert address
    back = await come_back(visitor, answer(provider, URL(unescape(address[1])).query))
    assert back.headers["Location"] == "/ops/log"
    assert (await visitor.get("/ops/kept-form")).path == "/ops"


async def test_another_site_keeps_no_form(visitor: Visitor) -> None:
    sent = await visitor.post(
        START, {"again": "/ops/failed/note", "fields": "a=1"}, headers={"Origin": "https://x.example"}
    )
    assert sent.status == 403


@given(
    action=st.sampled_from(["/ops/failed/note", "/ops/jobs/1/discard"]),
    fields=st.lists(st.tuples(st.text(min_size=1, max_size=20), st.text(max_size=200)), max_size=8),
    cut=st.integers(0, 5_000),
)
def test_a_form_comes_back_as_it_was_and_a_changed_cookie_holds_none(
    action: str, fields: list[tuple[str, str]], cut: int
) -> None:
    secret = browser_secret(None)
    kept = KeptInBrowser(KeptForm(action, fields), "/ops/failed")
    cookie = sealed(secret, kept, now=1_000)
    if cookie is None:
        assert len(kept.form.encoded) > 1_000
        return
    assert len(cookie) <= LONGEST
    assert opened(secret, cookie, now=1_599) == kept
    assert opened(secret, cookie, now=1_601) is None
    assert opened(browser_secret(None), cookie, now=1_000) is None
    assert opened(secret, cookie[: cut % len(cookie)], now=1_000) is None
    assert opened(secret, cookie + "ü", now=1_000) is None
