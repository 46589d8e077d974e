"""What a mail that came back says; and that no bytes are an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier_service.bounces.parsing import PARSED, ReturnedMail, read
from shared.deliveries import DeliveryEvent
from tests.support.returned_mails import ABSENCE, a_complaint, a_delivery_report

SENDER = "bounces+token@clinic.example"
DEEP = b"".join(
    b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level) for level in range(5_000)
)


@pytest.mark.parametrize("kind", ["delivery-status", "global-delivery-status"])
@pytest.mark.parametrize("line_end", [b"\r\n", b"\n"])
def test_a_mail_that_was_given_up(kind: str, line_end: bytes) -> None:
    found = read(a_delivery_report(kind=kind).replace(b"\r\n", line_end))

    assert isinstance(found, ReturnedMail)
    assert (found.event, found.status) == (DeliveryEvent.RETURNED, "5.1.1")
    assert found.detail.endswith("Recipient address rejected: User unknown")


def test_a_mail_that_is_still_tried() -> None:
    found = read(a_delivery_report(action="delayed", status="4.4.1"))
    assert isinstance(found, ReturnedMail)
    assert (found.event, found.status) == (DeliveryEvent.DELAYED, "4.4.1")


@pytest.mark.parametrize("action", ["delivered", "relayed", "expanded", "", "odd"])
def test_a_report_of_anything_else_is_no_return(action: str) -> None:
    assert read(a_delivery_report(action=action, status="2.0.0")) == "not_failed"


@pytest.mark.parametrize("by_field", [True, False])
def test_a_complaint_names_the_sender_of_the_mail(by_field: bool) -> None:
    found = read(a_complaint(SENDER, by_field=by_field))

    assert isinstance(found, ReturnedMail)
    assert found.event is DeliveryEvent.COMPLAINED
    assert any(SENDER in each for each in found.senders)


def test_whoever_says_that_it_is_no_spam_does_not_complain() -> None:
    assert read(a_complaint(SENDER, kind="not-spam")) == "not_failed"


@pytest.mark.parametrize(
    ("mail", "reason"),
    [
        (ABSENCE, "auto_reply"),
        (b"Precedence: bulk\r\n\r\n5.1.1", "auto_reply"),
        (b"X-Autoreply: yes\r\n\r\n", "auto_reply"),
        (b"Auto-Submitted: no\r\nSubject: Hello\r\n\r\nThank you", "no_report"),
        (b"", "no_report"),
        (b"Received: from a by b\r\n" * 51 + a_delivery_report(), "loop"),
        (DEEP, "unreadable"),
    ],
)
def test_everything_else_is_dropped(mail: bytes, reason: str) -> None:
    assert read(mail) == reason


@pytest.mark.parametrize(("head", "reason"), [(b"Auto-Submitted: auto-replied\r\n", "auto_reply"), (b"", "no_report")])
@pytest.mark.parametrize("report", [a_delivery_report(), a_complaint(SENDER)])
def test_a_report_that_a_mail_only_quotes_is_not_its_own(head: bytes, reason: str, report: bytes) -> None:
    quoting = b"Content-Type: multipart/mixed; boundary=outer\r\n\r\n--outer\r\n\r\nI am away.\r\n"
    quoted = b"--outer\r\nContent-Type: message/rfc822\r\n\r\n" + report + b"\r\n--outer--\r\n"
    assert read(head + quoting + quoted) == reason


def test_a_report_in_front_of_a_large_mail_is_read() -> None:
    large = a_delivery_report().replace(b"Subject: Appointment confirmed", b"X: " + b"x" * 1_000_000)
    assert isinstance(read(large), ReturnedMail)


HOSTILE = st.sampled_from(
    [
        b"Content-Type: multipart/report; boundary=b\r\n\r\n",
        b"Content-Type: message/delivery-status\r\n\r\n",
        b"Content-Type: message/feedback-report\r\n\r\n",
        b"Content-Type: message/rfc822\r\n\r\n",
        b"Content-Type: text/plain; charset=\xff; a*0*=\xff''x; boundary*=utf-16'x'%FF\r\n",
        b"Content-Transfer-Encoding: base64\r\n",
        b"--b\r\n",
        b"--b--\r\n",
        b"Action: failed\r\n",
        b"Status: 5.1.1\r\n",
        b"Feedback-Type: abuse\r\n",
        b"Original-Mail-From: <bounces+x@clinic.example>\r\n",
        b"\r\n",
        b"\x00",
        b"=?utf-8?b?/w==?=",
        b";" * 200,
        b'"',
    ]
)


@given(st.lists(HOSTILE | st.binary(max_size=40), max_size=40).map(b"".join))
def test_no_bytes_are_an_error(mail: bytes) -> None:
    read(mail)


@given(st.data(), st.sampled_from([a_delivery_report(), a_complaint(SENDER), ABSENCE]))
def test_no_spoilt_report_is_an_error(data: st.DataObject, mail: bytes) -> None:
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(mail)))
        end = data.draw(st.integers(place, min(len(mail), place + 50)))
        mail = mail[:place] + data.draw(HOSTILE | st.binary(max_size=10)) + mail[end:]
    read(mail)


@pytest.mark.parametrize(
    "filler",
    [
        b";",
        b'"',
        b"a=",
        b"--b\r\n",
        b"\r\n",
        b"Received: x\r\n",
        b"Action: failed\r\n\r\n",
        b"Content-Type: text/plain\r\n\r\n--b\r\n",
        b" \r\n",
        b"Content-Type: message/x\r\n\r\n",
    ],
)
@pytest.mark.parametrize(
    "head", [b"Content-Type: multipart/report; boundary=b", b"Content-Type: message/delivery-status\r\n\r\n"]
)
def test_large_nonsense_is_no_error(head: bytes, filler: bytes) -> None:
    read(head + filler * (2 * PARSED // len(filler)))
