"""Errors are said in English, whatever was recorded."""

import re
from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from api_service.ops.dashboard.error_words import OWN_FAULT, UNNAMED, cause, in_english
from notifier_service.channels.email.smtp.classification import Stage
from notifier_service.channels.email.smtp.errors import interrupted

CLASSES = [
    "TimeoutError",
    "ConnectionResetError",
    "SSLError",
    "SMTPServerDisconnected",
    "OSError",
    "gaierror",
    "ExceptionGroup",
]
PYTHON = re.compile(r"[A-Z]\w*(Error|Exception|Group)\b")


@given(st.sampled_from(get_args(Stage)), st.sampled_from(CLASSES))
def test_every_interrupted_session_is_said_in_english(stage: Stage, fault: str) -> None:
    recorded = interrupted(stage, fault).detail
    assert in_english(recorded)
    assert not PYTHON.search(in_english(recorded))
    assert cause(recorded) == in_english(recorded)
    assert in_english(f"the mail server is away: {recorded}")


@given(st.sampled_from(CLASSES), st.text())
def test_a_fault_of_our_own_is_told_as_one(fault: str, rest: str) -> None:
    assert in_english(f"{fault}: {rest}") == OWN_FAULT


def test_what_is_english_already_is_left_alone() -> None:
    for said in (
        None,
        "",
        "550 5.1.1 <a@b.example>: no such user",
        "its message was delivered too often without an answer: it may crash its consumer",
        "the mail server does not answer",
        "Address at data",
    ):
        assert in_english(said) == ""


def test_an_unknown_fault_of_the_connection_has_words_too() -> None:
    assert in_english("OddError at login").startswith(UNNAMED)
    assert in_english("not offered at tls") == "the mail server offers no encryption (STARTTLS)"
    assert in_english("XOAUTH2 not offered at login") == "the mail server offers no login that we can use"


@given(st.text(max_size=200))
def test_any_text_has_an_answer(text: str) -> None:
    assert isinstance(in_english(text), str)
    assert isinstance(cause(text), str)
