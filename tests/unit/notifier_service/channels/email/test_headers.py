"""Header fields made of what people typed, read back by two parsers of other makers than the writing one."""

import re
from email import message_from_bytes
from email.header import Header
from email.message import EmailMessage
from email.policy import default

import fast_mail_parser
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from notifier_service.channels.email import folding, headers
from shared.people.addresses import InvalidAddress, parse
from tests.unit.shared.people.test_addresses import ADDRESS

WORD = re.compile(r"=\?[^?]+\?[bqBQ]\?[^?]*\?=")
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)


def one_line(text: str) -> str:
    return " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", " ", text).split())


def without_spaces(text: str) -> str:
    """Parsers differ in how much white space they keep at the end of a line."""
    return "".join(text.split())


def is_well_formed(field: str) -> None:
    for line in field.split("\r\n"):
        words = WORD.findall(line)
        assert all(len(word) <= 75 for word in words), line
        assert not words or len(line) <= 76, line
        assert len(line.encode()) <= 998
        assert line.strip()
        assert not set(line) & {"\r", "\n", "\0"}


def read(field: str) -> tuple[EmailMessage, fast_mail_parser.PyMail]:
    raw = f"{field}\r\n\r\n".encode()
    message = message_from_bytes(raw, policy=default)
    assert isinstance(message, EmailMessage)
    return message, fast_mail_parser.parse_email(raw)


@given(TEXT)
@example("=?utf-8?q?x?=")
@example("a" * 120)
@example("ä" * 120)
@example("Αλεξάνδρα Παπαδοπούλου-Κωνσταντινίδου")
def test_a_subject_is_read_as_it_was_written(subject: str) -> None:
    field = f"Subject: {headers.text('Subject', subject)}"
    if one_line(subject):
        is_well_formed(field)
    message, other = read(field)
    assert without_spaces(message["Subject"]) == without_spaces(one_line(subject))
    assert without_spaces(other.subject) == without_spaces(one_line(subject))


@given(TEXT, ADDRESS)
@example('Weber, "Ada" \\ M.D. (Berlin) <x@y.example>', "a@b.example")
@example("=?utf-8?q?x?=", "a@b.example")
@example("Gemeinschaftspraxis für Allgemeinmedizin und Innere Medizin Dr. Müller", "t@p.example")
@example("x" * 70, "a" * 64 + "@" + "b" * 60 + ".example")
@example("Ada", "jörg@bücher.example")
@example("علی\u200cرضا", "a@b.example")
def test_a_mailbox_is_read_as_it_was_written(name: str, address: str) -> None:
    try:
        wire = parse(address).wire
    except InvalidAddress:
        return
    field = f"To: {headers.mailbox('To', name, wire)}"
    is_well_formed(field)
    message, other = read(field)
    [found] = message["To"].addresses
    assert without_spaces(found.display_name) == without_spaces(one_line(name))
    assert found.addr_spec.encode("utf-8", "surrogateescape").decode() == wire  # read as ASCII, with its bytes kept
    [said] = other.headers["To"]
    assert said.rstrip(">").endswith(wire)
    shown = without_spaces(re.sub(r"\\(.)", r"\1", said.rpartition("<")[0]).strip().strip('"'))
    assert shown == without_spaces(one_line(name)) or '"' in name


@pytest.mark.parametrize("name", ["", " ", "\r\n", "\x00"])
def test_without_a_name_the_address_stands_alone(name: str) -> None:
    assert headers.mailbox("To", name, "a@b.example") == "a@b.example"


def test_a_short_name_of_ascii_stands_as_it_is() -> None:
    assert headers.mailbox("To", "Alex Example", "a@b.example") == "Alex Example <a@b.example>"
    assert headers.mailbox("To", "Dr. Ada Weber", "a@b.example") == '"Dr. Ada Weber" <a@b.example>'


FIELD = st.sampled_from(["Subject", "From", "To", "Reply-To"])
PRINTABLE = st.characters(min_codepoint=0x20, max_codepoint=0x7E)


@given(FIELD, st.text(PRINTABLE | st.sampled_from(" ,;"), min_size=1, max_size=200).map(str.strip).filter(bool))
@example("Subject", "x" * 80)
@example("Subject", f"a; b, c {'d' * 60} e")
def test_text_folds_at_spaces_as_by_the_standard_library(field: str, value: str) -> None:
    assert folding.at_spaces(field, value) == by_the_standard_library(field, value, "us-ascii")


@given(FIELD, st.text(PRINTABLE | st.sampled_from("äßŁمح李😀\u200c"), min_size=1, max_size=200))
@example("To", "😀" * 40)
@example("To", f"{'a' * 42}ä{'a' * 70}😀")
def test_text_is_encoded_as_by_the_standard_library(field: str, value: str) -> None:
    assert folding.encoded(field, value) == by_the_standard_library(field, value, "utf-8")


def by_the_standard_library(field: str, value: str, charset: str) -> str:
    return Header(value, charset, maxlinelen=folding.LINE, header_name=field).encode(linesep="\r\n")
