"""Tokens of unsubscribe links, and the links in mails."""

import base64
import hashlib
import hmac
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier_service.channels.email.rendering import Renderer
from shared.jobs.model import CLIENT_KINDS, Kind
from shared.links.unsubscribe import UnsubscribeTokens
from tests.unit.notifier_service.channels.email.test_rendering import RENDERER, a_notice, part, read

KEY = "a key for tests, of more than 32 bytes"
TOKENS = UnsubscribeTokens(KEY)
LINKING = Renderer(
    "Punctual <appointments@punctual.example>",
    unsubscribe=lambda client_id: f"https://booking.example/unsubscribe/{TOKENS.issue(client_id)}",
)


@given(st.text(min_size=1, max_size=200).filter(lambda text: text.isprintable()))
def test_a_token_names_its_client_in_letters_that_a_path_can_hold(client_id: str) -> None:
    token = TOKENS.issue(client_id)
    assert TOKENS.client_of(token) == client_id
    assert token.replace(".", "").replace("-", "").replace("_", "").isalnum()
    assert token.isascii()


@given(st.text(max_size=20), st.integers(0, 200), st.characters())
def test_no_other_text_is_a_token(text: str, place: int, character: str) -> None:
    token = TOKENS.issue("client-1")
    changed = token[:place] + character + token[place + 1 :]
    assert TOKENS.client_of(text) is None
    assert TOKENS.client_of(changed) == ("client-1" if changed == token else None)


def test_a_signature_for_another_purpose_version_or_key_is_no_token() -> None:
    version, client, signature = TOKENS.issue("client-1").split(".")
    plain = hmac.digest(KEY.encode(), f"{version}.{client}".encode(), hashlib.sha256)
    for other in (
        f"{version}.{client}.{base64.urlsafe_b64encode(plain).decode().rstrip('=')}",
        f"2.{client}.{signature}",
        f"{version}.{client}",
        f"{version}.{client}.{signature}.",
        f"{version}.{client}.{signature}=",
        f"{version}.{client}=.{signature}",
        UnsubscribeTokens(KEY + ".").issue("client-1"),
    ):
        assert TOKENS.client_of(other) is None


def test_a_reminder_carries_the_link_in_its_head_and_foot() -> None:
    message = read(LINKING.render(a_notice(kind=str(Kind.REMINDER), client_locale="de")))
    link = f"https://booking.example/unsubscribe/{TOKENS.issue('client-1')}"
    assert message["List-Unsubscribe"] == f"<{link}>"
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert f"Erinnerungen per E-Mail abbestellen: {link}" in part(message, "plain")
    anchor = rf'<a [^>]*href="{re.escape(link)}"[^>]*>Erinnerungen per E-Mail abbestellen</a>'
    assert re.search(anchor, part(message, "html"))


@pytest.mark.parametrize("kind", [kind for kind in CLIENT_KINDS if kind is not Kind.REMINDER])
def test_no_other_mail_carries_one(kind: Kind) -> None:
    raw = LINKING.render(a_notice(kind=str(kind)))
    assert b"nsubscribe" not in raw


def test_without_key_or_url_no_mail_carries_one_nor_where_it_would_not_fit_into_a_line() -> None:
    assert b"nsubscribe" not in RENDERER.render(a_notice(kind=str(Kind.REMINDER)))
    raw = LINKING.render(a_notice(kind=str(Kind.REMINDER), client_id="😀" * 200))
    assert b"nsubscribe" not in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998
