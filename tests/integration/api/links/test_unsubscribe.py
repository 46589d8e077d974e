"""The page behind the link in reminders."""

import re
from html.parser import HTMLParser

import pytest
from markupsafe import escape

from shared.database import Database
from shared.links.unsubscribe import UnsubscribeTokens
from shared.wording import builtin
from shared.wording.loading import BUILT_IN
from tests.support.client import Answer, Client
from tests.support.world import UNSUBSCRIBE_KEY

TOKENS = UnsubscribeTokens(UNSUBSCRIBE_KEY)
PATH = f"/unsubscribe/{TOKENS.issue('client-1')}"
ONE_CLICK = {"Content-Type": "application/x-www-form-urlencoded"}


async def wants_reminders(client: Client) -> bool:
    return bool((await client("GET", "/api/client/profile")).body["preferences"]["emailReminders"])


class Tags(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def __getitem__(self, name: str) -> dict[str, str | None]:
        [attributes] = [attributes for tag, attributes in self.found if tag == name]
        return attributes


def is_a_quiet_page(answer: Answer) -> None:
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "<script" not in answer.body
    assert not re.search(r"\s(src|href|style|on\w+)=|@import|url\(", answer.body)


async def test_opening_the_link_changes_nothing_and_shows_a_form(client: Client, nobody: Client) -> None:
    await client.book()

    answer = await nobody("GET", PATH)

    assert answer.status == 200
    is_a_quiet_page(answer)
    tags = Tags(answer.body)
    assert tags["html"]["lang"] == "en"
    assert tags["form"] == {"method": "post"}
    assert "button" in dict(tags.found)
    assert (await nobody("HEAD", PATH)).status == 200
    assert await wants_reminders(client)


async def test_a_post_switches_reminders_off_also_when_repeated(client: Client, nobody: Client) -> None:
    await client.book()
    for body in (b"List-Unsubscribe=One-Click", b""):
        answer = await nobody("POST", PATH, body, headers=ONE_CLICK)
        assert answer.status == 200
        is_a_quiet_page(answer)
        assert not await wants_reminders(client)
    await client("PUT", "/api/client/profile", {})
    assert await wants_reminders(client)


async def test_it_is_for_one_client_and_leaves_everything_else(
    client: Client, stranger: Client, nobody: Client
) -> None:
    profile = {"name": "Alex", "timezone": "Europe/Berlin", "locale": "de", "preferences": {"emailReminders": True}}
    await client("PUT", "/api/client/profile", profile)
    before = (await client("GET", "/api/client/profile")).body
    await stranger.book()

    done = await nobody("POST", PATH)

    assert (await client("GET", "/api/client/profile")).body == before | {"preferences": {"emailReminders": False}}
    assert await wants_reminders(stranger)
    assert Tags(done.body)["html"]["lang"] == "de"
    assert "Profil" in done.body


async def test_a_tampered_token_tells_nothing(client: Client, nobody: Client) -> None:
    await client.book()
    token = TOKENS.issue("client-1")
    wrong = [token[:-1] + ("A" if token[-1] != "A" else "B"), token.replace("1.", "2.", 1), "x", "%00", "a.b.c"]
    wrong.append(UnsubscribeTokens("x" * 32).issue("client-1"))
    pages = [await nobody(method, f"/unsubscribe/{each}") for method in ("GET", "POST") for each in wrong]
    assert {answer.status for answer in pages} == {404}
    assert len({answer.body for answer in pages}) == 1
    is_a_quiet_page(pages[0])
    assert await wants_reminders(client)


async def test_other_methods_change_nothing(client: Client, nobody: Client) -> None:
    await client.book()
    for method in ("PUT", "PATCH", "DELETE"):
        assert (await nobody(method, PATH)).status == 405
    assert await wants_reminders(client)


async def test_a_client_who_is_gone_is_not_made_again(nobody: Client, database: Database) -> None:
    assert (await nobody("GET", PATH)).status == 200
    assert (await nobody("POST", PATH)).status == 200
    assert not await database.fetch("SELECT FROM clients")


COME_BACK = b"reminders=on"


async def test_the_page_says_what_still_comes_and_turns_reminders_on_again(client: Client, nobody: Client) -> None:
    await client.book()
    done = await nobody("POST", PATH, b"List-Unsubscribe=One-Click", headers=ONE_CLICK)
    assert "E-mails when an appointment is moved or cancelled" in done.body
    assert Tags(done.body)["input"] == {"type": "hidden", "name": "reminders", "value": "on"}
    again = await nobody("GET", PATH)  # the same link of the same old mail
    assert (again.status, Tags(again.body)["input"]["name"]) == (200, "reminders")
    assert not await wants_reminders(client)

    back = await nobody("POST", PATH, COME_BACK, headers=ONE_CLICK)

    assert back.status == 200
    is_a_quiet_page(back)
    assert "Reminder e-mails are on again" in back.body
    assert await wants_reminders(client)
    assert Tags((await nobody("GET", PATH)).body)["input"]["name"] == "List-Unsubscribe"


async def test_opening_never_turns_reminders_on(client: Client, nobody: Client) -> None:
    await client.book()
    await nobody("POST", PATH)
    for method in ("GET", "HEAD"):
        assert (await nobody(method, f"{PATH}?reminders=on")).status == 200
    assert not await wants_reminders(client)
    assert (await nobody("POST", f"{PATH}?reminders=on")).status == 200
    assert not await wants_reminders(client)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="reminders"\r\n\r\non\r\n--x--',
        ),
        ("application/json", b'{"reminders": "on"}'),
        ("application/x-www-form-urlencoded", b"reminders=off"),
        ("application/x-www-form-urlencoded; charset=nonsense", b"\xff\x00=%zz"),
        ("application/x-www-form-urlencoded", b"a=1&" * 2_000),
        ("nonsense", b"reminders=on"),
    ],
)
async def test_any_other_body_ends_reminders(kind: str, body: bytes, client: Client, nobody: Client) -> None:
    await client.book()
    answer = await nobody("POST", PATH, body, headers={"Content-Type": kind})
    assert answer.status == 200
    assert not await wants_reminders(client)


async def test_every_page_is_in_the_clients_language_and_direction(client: Client, nobody: Client) -> None:
    for tag in BUILT_IN:
        await _is_in(tag, client, nobody)


async def _is_in(tag: str, client: Client, nobody: Client) -> None:
    profile = {"name": "Alex", "locale": tag, "preferences": {"emailReminders": True}}
    await client("PUT", "/api/client/profile", profile)
    say = builtin().of(tag).text
    question, done, back = (
        await nobody("GET", PATH),
        await nobody("POST", PATH, headers=ONE_CLICK),
        await nobody("POST", PATH, COME_BACK, headers=ONE_CLICK),
    )
    for answer, key in ((question, "title"), (done, "done-title"), (back, "on-title")):
        is_a_quiet_page(answer)
        assert Tags(answer.body)["html"] == {"lang": tag, "dir": "rtl" if tag == "ar" else "ltr"}
        assert answer.headers["Content-Language"] == tag
        assert f"<h1>{escape(say(f'unsubscribe.{key}'))}</h1>" in answer.body
