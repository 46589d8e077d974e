"""Tokens of appointment links, and the links in mails."""

import base64
import hashlib
import hmac
import re
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier_service.channels.email.rendering import Renderer
from shared.jobs.model import CLIENT_KINDS, Kind
from shared.links.appointments import AppointmentTokens, links_at
from shared.links.unsubscribe import UnsubscribeTokens
from tests.unit.notifier_service.channels.email.test_rendering import RENDERER, a_notice, part, read

KEY = "a key for tests, of more than 32 bytes"
TOKENS = AppointmentTokens(KEY)
ID = UUID("0198f3a1-7b2c-7d3e-8f40-123456789abc")
SENDER = "Punctual <appointments@punctual.example>"
LINKING = Renderer(SENDER, appointment_links=links_at("https://booking.example/clinic", TOKENS))


@given(st.uuids())
def test_a_token_names_its_appointment_in_letters_that_a_path_can_hold(appointment_id: UUID) -> None:
    token = TOKENS.issue(appointment_id)
    assert TOKENS.appointment_of(token) == appointment_id
    assert len(token) == 47
    assert token.replace(".", "").replace("-", "").replace("_", "").isalnum()
    assert token.isascii()


@given(st.text(max_size=60), st.integers(0, 46), st.characters())
def test_no_other_text_is_a_token(text: str, place: int, character: str) -> None:
    token = TOKENS.issue(ID)
    changed = token[:place] + character + token[place + 1 :]
    assert TOKENS.appointment_of(text) is None
    assert TOKENS.appointment_of(changed) == (ID if changed == token else None)


@given(st.uuids(), st.uuids())
def test_a_signature_is_good_for_one_appointment(one: UUID, other: UUID) -> None:
    version, name, _ = TOKENS.issue(one).split(".")
    signature = TOKENS.issue(other).rpartition(".")[2]
    assert TOKENS.appointment_of(f"{version}.{name}.{signature}") == (one if one == other else None)


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_no_token_of_other_bytes_is_one(name: bytes, signature: bytes) -> None:
    parts = (base64.urlsafe_b64encode(each).decode().rstrip("=") for each in (name, signature))
    assert TOKENS.appointment_of(".".join(("1", *parts))) is None


def test_a_signature_for_another_purpose_version_or_key_is_no_token() -> None:
    version, name, signature = TOKENS.issue(ID).split(".")
    plain = hmac.digest(KEY.encode(), f"{version}.{name}".encode(), hashlib.sha256)[:16]
    for other in (
        f"{version}.{name}.{base64.urlsafe_b64encode(plain).decode().rstrip('=')}",
        f"2.{name}.{signature}",
        f"{version}.{name}",
        f"{version}.{name}.",
        f"{version}.{name}.{signature}.",
        f"{version}.{name}.{signature}=",
        f"{version}.{name}==.{signature}",
        AppointmentTokens(KEY + ".").issue(ID),
        UnsubscribeTokens(KEY).issue(str(ID)),
    ):
        assert TOKENS.appointment_of(other) is None
    assert UnsubscribeTokens(KEY).client_of(TOKENS.issue(ID)) is None


@pytest.mark.parametrize("kind", CLIENT_KINDS)
def test_every_mail_carries_the_link_in_text_and_html(kind: Kind) -> None:
    message = read(LINKING.render(a_notice(kind=str(kind), appointment_id=ID)))
    link = f"https://booking.example/clinic/a/{TOKENS.issue(ID)}"
    below = {Kind.CANCELLED: [""], Kind.OFFER: ["", "/cancel"]}.get(kind, ["", "/calendar.ics", "/cancel"])
    assert sorted(re.findall(rf"{re.escape(link)}(\S*)", part(message, "plain"))) == below
    assert sorted(re.findall(rf'href="{re.escape(link)}([^"]*)"', part(message, "html"))) == below


def test_without_key_or_url_no_mail_carries_one() -> None:
    assert b"/a/" not in RENDERER.render(a_notice())
