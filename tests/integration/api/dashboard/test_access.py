"""Who may open the dashboard, and what its answers allow a browser."""

import html
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from aiohttp import web
from pydantic import SecretStr

from api_service.app import create_app
from api_service.identity.bearer import OPS, OPS_READ
from api_service.ops.dashboard.access import inside
from api_service.settings import ApiSettings
from shared.database import Database
from tests.support.factories import a_job, the_state
from tests.support.tokens import SECRET, a_token
from tests.support.visitor import Seen, Visitor

OPEN = {
    *("/ops/sign-in", "/ops/sign-in/provider", "/ops/sign-in/callback", "/ops/sign-in/back-channel-logout"),
    *("/ops/static/{version}/{name}", "/hangfire", "/hangfire/{rest}", "/ops/{rest}"),
}


def dashboard_routes() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Method, path and roles of every page that needs a session."""
    settings = ApiSettings(database_url=SecretStr("-"), amqp_url=SecretStr("-"), jwt_secret=SecretStr(SECRET))
    for route in create_app(settings, on_failure=lambda: None).router.routes():
        path = route.resource.canonical if isinstance(route.resource, web.Resource) else ""
        if path.startswith("/ops") and path not in OPEN and route.method != "HEAD":
            yield route.method, path.replace("{name}", "high").replace("{id}", "0" * 32), _roles(route)


def _roles(route: web.AbstractRoute) -> tuple[str, ...]:
    roles: tuple[str, ...] = vars(route.handler)["required_roles"]
    return roles


ROUTES = list(dashboard_routes())
PAGES = [path for method, path, _ in ROUTES if method == "GET"]


@pytest.fixture
async def visitor(api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url, a_token("operator", "ops")) as one:
        yield one


@pytest.fixture
async def reading(api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url, a_token("reader", "ops:read")) as one:
        yield one


@pytest.fixture
async def stranger(api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url) as one:
        yield one


async def test_every_page_wants_a_session_and_every_change_its_role(stranger: Visitor, reading: Visitor) -> None:
    faults = []
    for method, path, roles in ROUTES:
        assert set(roles) <= {OPS, OPS_READ}
        unknown = await (stranger.get(path) if method == "GET" else stranger.post(path))
        if 'action="/ops/sign-in"' not in unknown.html:
            faults.append(f"{method} {path} is open")
        if ("nothing was changed" in unknown.text) != (method == "POST"):
            faults.append(f"{method} {path} does not say what was changed")
        if OPS_READ not in roles:
            refused = await reading.submit(path)
            if refused.status != 403 or "You may look at everything" not in refused.text:
                faults.append(f"{method} {path} is open to who only reads")
    assert faults == []
    assert len([roles for _, _, roles in ROUTES if OPS_READ not in roles]) >= 9


async def test_only_an_operators_token_opens_a_session(stranger: Visitor) -> None:
    expired = a_token("operator", "ops", lifetime=-5)
    for token in (a_token("client-1", "client"), expired, "nonsense", ""):
        seen = await stranger.post("/ops/sign-in", {"token": token})
        assert seen.status == 401
        assert "does not open this dashboard" in seen.text
        assert "Set-Cookie" not in seen.headers


async def test_the_cookie_is_for_this_host_and_no_script_and_its_id_is_stored_nowhere(
    stranger: Visitor, database: Database
) -> None:
    given = {"token": a_token("operator", "ops")}
    plain = await stranger.post("/ops/sign-in", given, follow=False)
    secure = await stranger.post(
        "/ops/sign-in", given, follow=False, headers={"Origin": stranger.url, "X-Forwarded-Proto": "https"}
    )

    for cookie in (plain.headers["Set-Cookie"], secure.headers["Set-Cookie"]):
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
    assert secure.headers["Set-Cookie"].startswith("__Host-")
    assert "Secure" in secure.headers["Set-Cookie"]
    session_id = plain.headers["Set-Cookie"].partition("=")[2].partition(";")[0]
    stored = await database.fetch("SELECT s::text AS row FROM ops_sessions s")
    assert len(stored) == 2
    assert not any(session_id in row["row"] or session_id.encode().hex() in row["row"] for row in stored)


async def test_a_session_ends_with_its_token_and_is_forgotten(visitor: Visitor, database: Database) -> None:
    await database.execute("UPDATE ops_sessions SET expires_at = now() - interval '1 second'")

    assert (await visitor.get("/ops/jobs?state=failed")).path == "/ops/sign-in?next=/ops/jobs?state%3Dfailed"
    assert (await visitor.get("/ops", {"X-Live": "1"})).status == 401
    await visitor.post("/ops/sign-in", {"token": a_token("operator", "ops")})
    [left] = await database.fetch("SELECT expires_at > now() AS lives FROM ops_sessions")
    assert left["lives"]


ELSEWHERE: list[dict[str, str]] = [
    {},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "null"},
    {"Origin": "{url}", "Sec-Fetch-Site": "same-site"},
    {"Origin": "{url}", "Sec-Fetch-Site": "cross-site"},
    {"Origin": "{url}.elsewhere.example"},
]


async def test_a_change_from_another_site_is_refused(visitor: Visitor, database: Database) -> None:
    job = await a_job(database, state="failed")
    csrf = (await visitor.get("/ops/log")).csrf
    for headers in ELSEWHERE:
        sent = {name: value.replace("{url}", visitor.url) for name, value in headers.items()}

        seen = await visitor.post(f"/ops/jobs/{job.job_id}/requeue", {"csrf": csrf}, headers=sent)

        assert (seen.status, "Nothing was changed." in seen.text) == (403, True), headers
        assert await the_state(database, job.job_id) == "failed"
        token = {"token": a_token("operator", "ops")}
        assert (await visitor.post("/ops/sign-in", token, headers=sent, follow=False)).status == 403, headers


async def test_the_token_of_another_session_is_refused(api_url: str, visitor: Visitor, database: Database) -> None:
    job = await a_job(database, state="failed")
    async with Visitor.at(api_url, a_token("operator", "ops")) as other:
        csrf = (await other.get("/ops/log")).csrf

    for given in ({"csrf": csrf}, {"csrf": ""}, {}):
        assert (await visitor.post(f"/ops/jobs/{job.job_id}/requeue", given)).status == 403
    assert await the_state(database, job.job_id) == "failed"


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("/ops/jobs?state=failed", "/ops/jobs?state=failed"),
        ("https://elsewhere.example/ops", "/ops"),
        ("//elsewhere.example/ops/x", "/ops"),
        ("/\\elsewhere.example", "/ops"),
        ("/ops\\@elsewhere.example", "/ops"),
        ("/opsx", "/ops"),
        ("/ops/sign-in?next=/ops", "/ops"),
        ("javascript:alert(1)", "/ops"),
        ("", "/ops"),
        (None, "/ops"),
    ],
)
def test_sign_in_leads_nowhere_else(asked: str | None, given: str) -> None:
    assert inside(asked) == given


async def test_every_page_has_a_strict_policy_and_keeps_to_it(visitor: Visitor) -> None:
    for path in (*PAGES, "/ops/sign-in", "/ops/no-such-page"):
        keeps_its_policy(await visitor.get(path))


def keeps_its_policy(seen: Seen) -> None:
    assert seen.headers["Content-Type"] == "text/html; charset=utf-8"
    policy = seen.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert seen.headers["Cache-Control"] == "no-store"
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", seen.html)
    assert all(" src=" in tag for tag in re.findall(r"<script[^>]*>", seen.html))
    assert not re.search(r'(src|href|action)="(https?:)?//', seen.html)


async def test_assets_are_kept_for_a_year_under_the_name_of_their_content_only(stranger: Visitor) -> None:
    page = (await stranger.get("/ops/sign-in")).html
    for name, kind in (("ops.css", "text/css"), ("ops.js", "text/javascript"), ("icon.svg", "image/svg+xml")):
        [path] = re.findall(rf'"(/ops/static/\w+/{re.escape(name)})"', page)
        asset = await stranger.get(path)
        assert asset.headers["Content-Type"].startswith(kind)
        assert "immutable" in asset.headers["Cache-Control"]
        assert "no-store" in (await stranger.get(f"/ops/static/older/{name}")).headers["Cache-Control"]
    assert (await stranger.get("/ops/static/x/../../x")).status == 404


async def test_hangfires_address_leads_here(visitor: Visitor) -> None:
    assert (await visitor.get("/hangfire")).path == "/ops"
    assert (await visitor.get("/hangfire/jobs/failed")).path == "/ops"
    assert (await visitor.get("/ops/")).path == "/ops"


async def test_a_link_from_elsewhere_is_followed_once_more_from_here(visitor: Visitor) -> None:
    """The first request of such a link comes without the cookie, because it is SameSite=Strict."""
    async with Visitor.at(visitor.url) as arriving:
        seen = await arriving.get("/ops/jobs?state=failed", {"Sec-Fetch-Site": "cross-site"})
    assert seen.headers["Refresh"] == "0; url=/ops/jobs?state=failed"


async def test_a_session_lasts_no_longer_than_its_token(stranger: Visitor) -> None:
    token = a_token("operator", "ops", lifetime=timedelta(hours=2).total_seconds())
    cookie = (await stranger.post("/ops/sign-in", {"token": token}, follow=False)).headers["Set-Cookie"]
    found = re.search(r"Max-Age=(\d+)", cookie)
    assert found
    assert 7_100 < int(found[1]) <= 7_200


async def test_a_change_that_the_database_refuses_is_a_conflict_in_words(visitor: Visitor, database: Database) -> None:
    await database.execute("ALTER TABLE failure_notes ADD CONSTRAINT no_ink CHECK (note <> 'ink')")

    refused = await visitor.submit("/ops/failed/note", {"group": "SMTP 550", "note": "ink"})

    assert refused.status == 409
    assert "The database refuses this, and would refuse it again." in refused.text
    assert "Nothing was changed." in refused.text
    assert (await visitor.submit("/ops/failed/note", {"group": "SMTP 550", "note": "pencil"})).status == 200


NOTE = {"group": "SMTP 550", "note": "ticket <17> & “more” \u00e9"}


async def test_a_typed_note_survives_signing_in_again(visitor: Visitor, database: Database) -> None:
    await database.execute("UPDATE ops_sessions SET expires_at = now() - interval '1 second'")
    ended = await visitor.post("/ops/failed/note", {"csrf": "of the ended session"} | NOTE)
    assert (ended.status, "nothing was changed" in ended.text) == (401, True)
    wrong = await visitor.post("/ops/sign-in", _hidden(ended) | {"token": "nonsense"})
    assert wrong.status == 401

    shown = await visitor.post("/ops/sign-in", _hidden(wrong) | {"token": a_token("operator", "ops")})

    assert "Nothing was changed." in shown.text
    assert "data-still" in shown.html  # its address is another page's: the script must not ask for it
    assert "data-still" not in (await visitor.get("/ops/failed")).html
    assert await database.fetch("SELECT FROM failure_notes") == []
    form = _hidden(shown)
    assert {name: form[name] for name in NOTE} == NOTE
    saved = await visitor.post("/ops/failed/note", form)
    assert saved.status == 200
    [kept] = await database.fetch("SELECT note FROM failure_notes")
    assert kept["note"] == NOTE["note"]


async def test_a_form_of_an_earlier_session_is_shown_once_more(visitor: Visitor, database: Database) -> None:
    shown = await visitor.post("/ops/failed/note", {"csrf": "of an earlier session"} | NOTE)
    assert shown.status == 403
    assert await database.fetch("SELECT FROM failure_notes") == []
    assert (await visitor.post("/ops/failed/note", _hidden(shown))).status == 200
    assert len(await database.fetch("SELECT FROM failure_notes")) == 1


@pytest.mark.parametrize(
    "again", ["https://elsewhere.example/", "//elsewhere.example/ops", "/ops/sign-out", "/etc", ""]
)
async def test_a_kept_form_leads_nowhere_else(stranger: Visitor, again: str) -> None:
    given = {"token": a_token("operator", "ops"), "again": again, "fields": "a=1"}
    answer = await stranger.post("/ops/sign-in", given, follow=False)
    assert (answer.status, answer.headers["Location"]) == (303, "/ops")


async def test_a_form_that_another_site_sends_is_not_kept(stranger: Visitor) -> None:
    answer = await stranger.post("/ops/failed/note", NOTE, headers={"Origin": "https://elsewhere.example"})
    assert answer.status == 403
    assert "ticket" not in answer.html


def _hidden(seen: Seen) -> dict[str, str]:
    """The fields of the form in the middle of a page."""
    main = seen.html.partition("<main")[2]
    found = re.findall(r'<input [^>]*name="(\w+)" value="([^"]*)"', main)
    return {name: html.unescape(value) for name, value in found}
