"""What is said to a mail server, line by line."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from notifier_service.channels.email.smtp import dialogue
from notifier_service.channels.email.smtp.dialogue import Dialogue, Extensions, Reply
from notifier_service.channels.email.smtp.errors import MailError, interrupted

PIPELINING = Extensions(pipelining=True, smtputf8=False, size=None)
PLAIN = Extensions(pipelining=False, smtputf8=False, size=None)
MAIL, RCPT, DATA = b"MAIL FROM:<a@b.example>\r\n", b"RCPT TO:<c@d.example>\r\n", b"DATA\r\n"


def a_mail(offered: Extensions, *, message: bytes = b"hello\r\n", reset: bool = False) -> Dialogue:
    return dialogue.mail("a@b.example", "c@d.example", message, offered, reset=reset)


def held(spoken: Dialogue, codes: Iterable[int]) -> tuple[list[bytes], int | MailError]:
    """What was said to a server that answers with these codes, and how it ended."""
    said = [next(spoken)[1]]
    try:
        for code in codes:
            said.append(spoken.send(Reply(code, ""))[1])  # noqa: PERF401 - what was said before an error counts
    except StopIteration as end:
        return said, end.value.code
    except MailError as error:
        return said, error
    raise AssertionError("it waits for more")


def test_with_pipelining_the_commands_go_together_and_the_message_after_all_replies() -> None:
    assert held(a_mail(PIPELINING), [250, 250, 354, 250]) == ([MAIL + RCPT + DATA, b"", b"", b"hello\r\n.\r\n"], 250)


def test_without_it_each_waits_for_the_reply_before() -> None:
    assert held(a_mail(PLAIN), [250, 250, 354, 250]) == ([MAIL, RCPT, DATA, b"hello\r\n.\r\n"], 250)


@pytest.mark.parametrize("offered", [PIPELINING, PLAIN])
def test_reports_are_asked_for_where_they_are_offered(offered: Extensions) -> None:
    def said(offered: Extensions, envelope_id: str | None) -> bytes:
        spoken = dialogue.mail("a@b.example", "c@d.example", b"x\r\n", offered, envelope_id=envelope_id)
        return b"".join(held(spoken, [250, 250, 354, 250])[0])

    asked = said(replace(offered, dsn=True), "job-1")
    assert b"MAIL FROM:<a@b.example> RET=HDRS ENVID=job-1\r\nRCPT TO:<c@d.example> NOTIFY=FAILURE,DELAY\r\n" in asked
    assert said(offered, "job-1") == said(replace(offered, dsn=True), None) == MAIL + RCPT + DATA + b"x\r\n.\r\n"


@pytest.mark.parametrize("offered", [PIPELINING, PLAIN])
def test_a_mail_after_one_that_was_refused_begins_anew(offered: Extensions) -> None:
    said, code = held(a_mail(offered, reset=True), [250, 250, 250, 354, 250])
    assert (said[0], code) == (b"RSET\r\n", 250)


def test_what_was_refused_without_pipelining_ends_there() -> None:
    said, error = held(a_mail(PLAIN), [250, 550])
    assert isinstance(error, MailError)
    assert (said, error.scope, error.permanent) == ([MAIL, RCPT], "recipient", True)


def test_of_several_refusals_the_first_counts_and_all_are_read() -> None:
    said, error = held(a_mail(PIPELINING), [250, 452, 503])
    assert isinstance(error, MailError)
    assert (said, error.scope, error.code) == ([MAIL + RCPT + DATA, b"", b""], "recipient", 452)


def test_data_that_was_accepted_without_a_recipient_is_ended_by_a_lone_dot() -> None:
    said, error = held(a_mail(PIPELINING), [250, 550, 354, 554])
    assert isinstance(error, MailError)
    assert (said[-1], error.code, error.session_over) == (b".\r\n", 550, False)


@pytest.mark.parametrize("codes", [(451, 250, 354), (550, 250, 354)])
def test_data_that_may_have_a_recipient_is_never_ended_by_a_lone_dot(codes: tuple[int, ...]) -> None:
    said, error = held(a_mail(PIPELINING), codes)
    assert isinstance(error, MailError)
    assert (b"".join(said), error.code, error.session_over) == (MAIL + RCPT + DATA, codes[0], True)


@pytest.mark.parametrize("stage", range(3))
def test_an_answer_that_no_stage_has_ends_the_session_before_the_message(stage: int) -> None:
    codes = [250, 250, 354]
    codes[stage] = 250 if stage == 2 else 354
    said, error = held(a_mail(PIPELINING), codes)
    assert isinstance(error, MailError)
    assert (b"".join(said), error.code, error.session_over) == (MAIL + RCPT + DATA, None, True)


@pytest.mark.parametrize("refusal", [(550,), (250, 550), (250, 421), (451,), (250, 550, 354)])
def test_a_refusal_that_came_before_the_connection_ended_decides(refusal: tuple[int, ...]) -> None:
    spoken = a_mail(PIPELINING)
    next(spoken)
    for code in refusal:
        spoken.send(Reply(code, ""))
    with pytest.raises(MailError) as caught:
        spoken.throw(interrupted("data", "connection lost"))
    assert (caught.value.code, caught.value.session_over) == (next(code for code in refusal if code >= 400), True)


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        (b".a\r\n..b\r\n.\r\nc\r\n", b"..a\r\n...b\r\n..\r\nc\r\n.\r\n"),
        (b"no line end", b"no line end\r\n.\r\n"),
        (b"", b"\r\n.\r\n"),
    ],
)
def test_dots_that_begin_a_line_are_doubled_and_a_lone_one_ends_the_message(message: bytes, sent: bytes) -> None:
    said, _ = held(a_mail(PLAIN, message=message), [250, 250, 354, 250])
    assert said[-1] == sent


def test_a_message_without_such_dots_goes_as_it_is() -> None:
    said, _ = held(a_mail(PLAIN, message=dialogue.Undotted(b"a.b\r\nc.\r\n")), [250, 250, 354, 250])
    assert said[-1] == b"a.b\r\nc.\r\n.\r\n"


def test_what_the_server_cannot_take_is_refused_before_a_word() -> None:
    small = Extensions(pipelining=True, smtputf8=False, size=4)
    with pytest.raises(MailError) as too_large:
        next(a_mail(small))
    with pytest.raises(MailError) as international:
        next(dialogue.mail("a@b.example", "ü@d.example", b"", PIPELINING))
    assert (too_large.value.code, international.value.code) == (552, 553)
