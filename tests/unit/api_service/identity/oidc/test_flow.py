"""A sign-in on its way: it opens in its browser, in time, with its own spelling, and nowhere else."""

import base64
import hashlib
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.identity.oidc.flow import LIFETIME, LONGEST_TARGET, begin, browser_secret, resume

SECRET = browser_secret(None)
NOW = 1_800_000_000.0
TARGETS = st.text(st.characters(exclude_categories=["Cs"]), max_size=LONGEST_TARGET // 4)


@given(target=TARGETS, replaces=st.none() | st.binary(min_size=32, max_size=32))
def test_it_comes_back_as_it_went(target: str, replaces: bytes | None) -> None:
    sent = begin(SECRET, target=target, replaces=replaces, now=NOW)
    assert resume(SECRET, sent.state, now=NOW + LIFETIME - 1) == sent
    assert re.fullmatch(r"[A-Za-z0-9_-]+", sent.state)


def test_the_longest_page_comes_back_too() -> None:
    for character in ("x", "\U0001f600", '"'):
        target = character * (LONGEST_TARGET // len(character.encode()))
        sent = begin(SECRET, target=target, replaces=b"x" * 32, now=NOW)
        assert resume(SECRET, sent.state, now=NOW) == sent


def test_it_opens_in_its_browser_and_its_time_only() -> None:
    sent = begin(SECRET, target="/ops", replaces=None, now=NOW)
    for secret in (browser_secret(None), None, "", "x", SECRET + "x", "\u00e4" * 43):
        assert resume(secret, sent.state, now=NOW) is None
    assert resume(SECRET, sent.state, now=NOW + LIFETIME + 1) is None


@given(
    st.text(max_size=200) | st.binary(max_size=200).map(lambda raw: base64.urlsafe_b64encode(raw).decode().rstrip("="))
)
def test_any_other_state_is_none(state: str) -> None:
    assert resume(SECRET, state, now=NOW) is None


@given(st.data())
def test_a_changed_state_is_none(data: st.DataObject) -> None:
    state = begin(SECRET, target="/ops/log", replaces=None, now=NOW).state
    place = data.draw(st.integers(0, len(state) - 1))
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=+/ "))
    changed = state[:place] + other + state[place + 1 :]
    assert changed == state or resume(SECRET, changed, now=NOW) is None


def test_each_has_a_nonce_and_a_verifier_of_its_own() -> None:
    flows = [begin(SECRET, target="/ops", replaces=None, now=NOW) for _ in range(20)]
    texts = {text for each in flows for text in (each.state, each.nonce, each.verifier)}
    assert len(texts) == 60
    for each in flows:
        assert re.fullmatch(r"[A-Za-z0-9_-]{43}", each.verifier)  # RFC 7636 section 4.1
        digest = hashlib.sha256(each.verifier.encode()).digest()
        assert each.challenge == base64.urlsafe_b64encode(digest).decode().rstrip("=")
        assert SECRET not in str(each)


@pytest.mark.parametrize("kept", [None, "", "short", "x" * 44, "\u00e4" * 43, "x" * 42 + "="])
def test_a_browser_without_a_usable_secret_gets_one(kept: str | None) -> None:
    assert browser_secret(kept) != kept
    assert browser_secret(SECRET) == SECRET
