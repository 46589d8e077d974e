"""The development mailbox shows a header on one line, however the sender has folded it."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

from hypothesis import given
from hypothesis import strategies as st

from deploy.local.mailbox.store import Message

WORDS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)


@given(st.lists(WORDS, min_size=1, max_size=40).map(" ".join))
def test_a_long_subject_is_shown_as_it_was_written(subject: str) -> None:
    message = EmailMessage(policy=SMTP)
    message["Subject"] = subject
    shown = Message("1", datetime.now(UTC), "a@b.example", [], message.as_bytes()).to_json()
    assert shown["headers"]["Subject"] == subject
