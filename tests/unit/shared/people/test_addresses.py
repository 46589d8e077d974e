"""What an e-mail address is: the same at the API, in tokens, for operators and on the wire."""

import email_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.people.addresses import LONGEST, InvalidAddress, normalised, parse

ACCEPTED = {
    "alex@patients.example": ("alex@patients.example", False),
    "A.b+c'd@EXAMPLE.com": ("A.b+c'd@EXAMPLE.com", False),
    "jörg@example.com": ("jörg@example.com", True),
    "jan@bücher.example": ("jan@xn--bcher-kva.example", False),
    "jan@xn--bcher-kva.example": ("jan@xn--bcher-kva.example", False),
    "JAN@BÜCHER.example": ("JAN@xn--bcher-kva.example", False),
    "a@straße.example": ("a@xn--strae-oqa.example", False),
    "用户@例子.example": ("用户@xn--fsqu00a.example", True),
    "अजय@डाटा.example": ("अजय@xn--c2bd1gb.example", True),
    "jose\u0301@example.com": ("josé@example.com", True),  # RFC 6532 §3.1: NFC
    "desk@clinic.local": ("desk@clinic.local", False),
}
REFUSED = (
    "",
    "a",
    "@",
    "a@",
    "@x.example",
    "a@localhost",
    "a@x..example",
    "a@x.example.",
    "a@.x.example",
    ".a@x.example",
    "a.@x.example",
    "a..b@x.example",
    "a@-x.example",
    "a@x-.example",
    "a@xn--zzzzzzzz--.example",
    "a@ab--c.example",
    "a@1.2.3.4",
    "a@[1.2.3.4]",
    '"a b"@x.example',
    "a b@x.example",
    "a@b@x.example",
    "a@x.example\n",
    "a\r\nBcc: b@x.example",
    "a\x00@x.example",
    "a@x.example\u200b",
    "a\u202e@x.example",
    "\ud800@x.example",
    f"{'a' * 65}@x.example",
    f"a@{'b' * 64}.example",
    f"a@{'b.' * 130}example",
    "a@" + "ü" * 60 + ".example",
    "Ada <a@x.example>",
)
LETTERS = "abcXYZ019äöüßéñçøłčžåαβгдאבعغクラ例子한글ไทย"
LOCAL = st.text(LETTERS + "._+-'", min_size=1, max_size=20)
LABEL = st.text(LETTERS + "-", min_size=1, max_size=15)
ADDRESS = st.builds(lambda local, labels: f"{local}@{'.'.join(labels)}", LOCAL, st.lists(LABEL, min_size=1, max_size=4))


@pytest.mark.parametrize(("text", "expected"), ACCEPTED.items())
def test_an_address_has_its_form_on_the_wire(text: str, expected: tuple[str, bool]) -> None:
    address = parse(text)
    assert (address.wire, address.needs_smtputf8) == expected


@pytest.mark.parametrize("text", REFUSED)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidAddress):
        parse(text)


@given(st.one_of(ADDRESS, st.text(max_size=40), st.builds("{}@{}".format, st.text(max_size=9), st.text(max_size=9))))
def test_whatever_is_accepted_can_be_said_to_a_mail_server(text: str) -> None:
    try:
        address = parse(text)
    except InvalidAddress:
        return
    local, _, domain = address.wire.rpartition("@")
    assert domain.isascii()
    assert "." in domain
    assert address.needs_smtputf8 is not local.isascii()
    assert not set(address.wire) & set(' <>()[]\\,;:"\x7f\xa0\u2028') and min(address.wire) > " "
    assert len(address.wire.encode()) <= LONGEST + 2
    assert parse(address.wire) == address == parse(address.normal)
    assert normalised(text) == normalised(address.wire) == address.normal


@given(st.from_regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,70}@[a-zA-Z0-9.-]{1,80}", fullmatch=True))
def test_the_short_way_and_the_library_decide_the_same(text: str) -> None:
    try:
        wanted = email_validator.validate_email(text, check_deliverability=False, strict=True)
    except email_validator.EmailNotValidError as error:
        if "special-use" not in str(error):
            with pytest.raises(InvalidAddress):
                parse(text)
        return
    assert parse(text).normal == wanted.normalized
