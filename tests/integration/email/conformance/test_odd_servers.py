"""Servers without an extension, without EHLO, out of step, too slow, or wary of our password."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from notifier_service.channels.email.smtp.circuit import Circuit
from tests.integration.email.conformance.converse import (
    MESSAGE,
    PATIENT,
    a_delivery,
    a_mail,
    a_mailer,
    converse,
    end_of,
)
from tests.integration.email.conformance.scenarios import scenario
from tests.support.scripted_smtp import EXTENSIONS, Answer, Session, Stage, says, scripted
from tests.support.waiting import eventually

pytestmark = pytest.mark.usefixtures("library_internals")
fast_alone = pytest.mark.parametrize("library_internals", ["tested"], indirect=True)
"""Of PIPELINING, or of what aiosmtplib's documented commands cannot tell."""


@pytest.mark.parametrize("left_out", EXTENSIONS)
@scenario("leaves out PIPELINING, 8BITMIME, SMTPUTF8, ENHANCEDSTATUSCODES or SIZE", "sent")
async def test_no_extension_is_needed(left_out: str) -> None:
    async with scripted() as server, a_mailer(server) as mailer:
        server.extensions = tuple(each for each in EXTENSIONS if each != left_out)
        assert str(await converse(server, mailer)) == "sent, 1, kept"


@scenario("offers CHUNKING, BDAT and whatever else", "sent, by DATA")
async def test_more_extensions_change_nothing() -> None:
    async with scripted() as server, a_mailer(server) as mailer:
        server.extensions = (*EXTENSIONS, "CHUNKING", "BINARYMIME", "XCLIENT NAME", "AUTH", "SIZE", "=", "")
        assert str(await converse(server, mailer)) == "sent, 1, kept"


@scenario("knows only HELO", "sent, without PIPELINING; parked where STARTTLS is asked for")
async def test_a_server_that_knows_only_helo_gets_its_mail() -> None:
    async with scripted() as server:
        server.extensions = None
        async with a_mailer(server) as mailer:
            assert str(await converse(server, mailer)) == "sent, 1, kept"
        async with a_mailer(server, security="starttls") as wary:
            assert str(await converse(server, wary)) == "parked, 0, ended"


@pytest.mark.parametrize(
    ("size", "becomes"),
    [
        ("SIZE 10", "fails, 0, kept"),
        ("SIZE 0", "sent, 1, kept"),
        ("SIZE", "sent, 1, kept"),
        ("SIZE ٥", "sent, 1, kept"),
    ],
)
@scenario("offers a SIZE that is too small; 0, nothing or nonsense", "fails, and MAIL is not said; sent")
async def test_a_message_that_is_too_large_is_not_offered(size: str, becomes: str) -> None:
    async with scripted() as server, a_mailer(server) as mailer:
        server.extensions = ("PIPELINING", size)
        assert str(await converse(server, mailer)) == becomes
        assert any(line.startswith(b"MAIL") for line in server.heard) == becomes.startswith("sent")


@pytest.mark.parametrize(("offered", "becomes"), [(True, "sent, 1, kept"), (False, "fails, 0, kept")])
@scenario("offers SMTPUTF8, or not, for an address that needs it", "sent; fails, and says so")
async def test_an_international_address_needs_its_extension(offered: bool, becomes: str) -> None:
    async with scripted() as server, a_mailer(server) as mailer:
        server.extensions = EXTENSIONS if offered else ("PIPELINING",)
        assert str(await converse(server, mailer, a_mail("jörg@patients.example"))) == becomes


@pytest.mark.parametrize("left_out", ["SMTPUTF8", "SIZE 1000000"])
@scenario(
    "leaves out SMTPUTF8, or takes no large messages, and thirty mails need it",
    "each fails by itself: it was not asked for, so it says nothing of the server, and opens no circuit",
)
async def test_what_was_not_asked_is_no_evidence(left_out: str) -> None:
    async with scripted() as server, a_mailer(server) as mailer:
        server.extensions = (*(each for each in EXTENSIONS if each != left_out), "SIZE 10")
        circuit = Circuit(mailer.trouble)
        delivery = a_delivery(mailer, circuit)
        outcomes = [await delivery.hand_over(a_mail(f"jörg-{number}@patients.example")) for number in range(30)]
        assert {end_of(each) for each in outcomes} == {"fails"}
        assert not circuit.is_open


@pytest.mark.parametrize("refusal", ["451 later", "garbage"])
@scenario(
    "refuses MAIL, or answers garbage, and takes RCPT and DATA all the same",
    "parked or retried; the connection is cut, since a lone dot would deliver an empty mail",
)
@fast_alone
async def test_no_empty_mail_is_delivered(refusal: str) -> None:
    stages: Mapping[Stage, Answer] = {
        "mail": says(refusal),
        "recipient": says("250 ok"),
        "data": says("354 go on"),
        "end of data": says("250 kept", takes=True),
    }
    async with scripted(stages) as server, a_mailer(server) as mailer:
        seen = await converse(server, mailer)
        assert (seen.taken, seen.session) == (0, "ended")
        await eventually(lambda: not server.open)
        assert server.taken == []


@scenario("refuses RCPT and takes DATA all the same", "the refusal counts; a lone dot ends DATA (RFC 2920 §3.1)")
@fast_alone
async def test_data_without_a_recipient_is_ended_by_a_lone_dot() -> None:
    async with (
        scripted({"recipient": says("550 5.1.1 no"), "data": says("354 go on")}) as server,
        a_mailer(server) as mailer,
    ):
        seen = await converse(server, mailer)
        assert (seen.end, seen.session) == ("fails", "kept")
        assert server.taken == [(b"", b"")]  # for nobody


@scenario("answers the end of a message together with its 354", "retry; the message is not sent, the connection is cut")
@fast_alone
async def test_an_answer_before_its_question_is_none() -> None:
    async with scripted({"data": says(b"354 go on\r\n250 kept\r\n")}) as server, a_mailer(server) as mailer:
        assert str(await converse(server, mailer)) == "retry, 0, ended"
        assert not any(MESSAGE.split(b"\r\n")[0] in line for line in server.heard)


@scenario("stops reading in the middle of a large message", "retry: its end never left, so it was certainly not taken")
@fast_alone
async def test_a_server_that_stops_reading_has_not_taken_the_message() -> None:
    waits = replace(PATIENT, block=0.5)
    async with (
        scripted({"data": says("354 go on", then="hangs")}) as server,
        a_mailer(server, timeouts=waits) as mailer,
    ):
        server.extensions = ("PIPELINING",)
        big = a_mail(message=b"Subject: x\r\n\r\n" + (b"y" * 70 + b"\r\n") * 400_000)
        assert end_of(await a_delivery(mailer).hand_over(big)) == "retry"


@scenario("answers a message after a long while, within SMTP_END_OF_DATA_TIMEOUT", "sent, once")
async def test_a_slow_answer_is_waited_for() -> None:
    async with (
        scripted({"end of data": says("250 kept", late=1.2)}) as server,
        a_mailer(server, timeouts=replace(PATIENT, data=0.8, block=0.8)) as mailer,
    ):
        assert str(await converse(server, mailer)) == "sent, 1, kept"


@pytest.mark.parametrize("policy", ["resend", "hold"])
@scenario(
    "takes a message, and never answers in time",
    "possibly sent: one mail an attempt, one retry each; fails at once under CRASH_POLICY=hold",
)
async def test_never_more_mails_than_attempts(policy: str) -> None:
    async with (
        scripted({"end of data": says("250 kept", late=2.0, takes=True)}) as server,
        a_mailer(server, timeouts=replace(PATIENT, end_of_data=0.2)) as mailer,
    ):
        delivery = a_delivery(mailer, crash_policy=policy)  # type: ignore[arg-type] # one of both
        outcomes = [await delivery.hand_over(a_mail()) for _ in range(3)]
    assert [end_of(each) for each in outcomes] == ["possibly sent"] * 3
    assert len(server.taken) == 3
    kind = {"resend": "Retry", "hold": "Fail"}[policy]
    assert {type(each).__name__ for each in outcomes} == {kind}
    assert all("possibly sent: timed out at end of data" in str(each) for each in outcomes)


@pytest.mark.parametrize(
    ("offers", "clear", "becomes", "heard"),
    [
        ("AUTH PLAIN LOGIN", True, "sent, 1, kept", b"AUTH PLAIN"),
        ("AUTH PLAIN LOGIN", False, "parked, 0, ended", b""),
        ("DSN", True, "parked, 0, ended", b""),
        ("AUTH GSSAPI", True, "parked, 0, ended", b""),
    ],
)
@scenario(
    "offers AUTH without TLS, AUTH of other kinds, or no AUTH, where there is a login",
    "parked: no password goes in clear unless SMTP_ALLOW_CLEAR_PASSWORD says so",
)
async def test_no_password_goes_in_clear_unless_it_is_allowed(
    offers: str, clear: bool, becomes: str, heard: bytes
) -> None:
    async with scripted() as server:
        server.extensions = ("PIPELINING", offers)
        login: dict[str, Any] = {"username": "clinic", "password": "secret", "allow_clear_password": clear}
        async with a_mailer(server, **login) as mailer:
            assert str(await converse(server, mailer)) == becomes
        assert [line[:10] for line in server.heard if line.startswith(b"AUTH")] == ([heard] if heard else [])


@scenario("greets, hears our name", "SMTP_EHLO_NAME, the machine's full name, or the address of the connection")
async def test_we_give_a_name_that_a_server_accepts() -> None:
    async with scripted() as server, a_mailer(server, ehlo_name="mail.clinic.example") as mailer:
        await converse(server, mailer)
        async with a_mailer(server, ehlo_name=None) as mailer:
            await converse(server, mailer)
    first, second = [line for line in server.heard if line.startswith(b"EHLO")]
    assert first == b"EHLO mail.clinic.example\r\n"
    name = second.split()[1].decode()
    assert name == "[127.0.0.1]" or ("." in name and "localhost" not in name)


@scenario("refuses four recipients one after the other and hangs up each time", "each fails at once; no circuit opens")
async def test_a_server_that_refuses_and_hangs_up_is_heard() -> None:
    async with (
        scripted({"recipient": says("550 5.1.1 no such user, closing", then="hangs up")}) as server,
        a_mailer(server) as mailer,
    ):
        circuit = Circuit(mailer.trouble)
        delivery = a_delivery(mailer, circuit)
        ends = [end_of(await delivery.hand_over(a_mail(f"bad-{n}@patients.example"))) for n in range(4)]
        assert ends == ["fails"] * 4
        assert not circuit.is_open
        assert len([line for line in server.heard if line.startswith(b"RCPT")]) == 4


def a_script(refusing: list[bool]) -> Mapping[Stage, Answer] | object:
    def script(_: Session) -> Mapping[Stage, Answer]:
        return {"end of data": says("451 4.3.0 fault")} if refusing[0] else {}

    return script


@scenario(
    "answers 451 to everybody at the end of the data, and is mended",
    "three use up a retry, the others are parked; one mail at a time asks again, then all go",
)
async def test_an_outage_that_speaks_smtp_costs_no_retries() -> None:
    refusing = [True]
    async with scripted(a_script(refusing)) as server, a_mailer(server) as mailer:  # type: ignore[arg-type] # a Script
        circuit = Circuit(mailer.trouble, shorten=200.0)
        running = asyncio.create_task(circuit.run())
        delivery = a_delivery(mailer, circuit)
        mails = [a_mail(f"client-{number}@patients.example") for number in range(30)]
        ends = [end_of(await delivery.hand_over(mail)) for mail in mails]
        assert ends.count("retry") <= 3
        assert ends.count("parked") == 30 - ends.count("retry")
        refusing[0] = False

        async def all_go() -> bool:
            nonlocal mails
            mails = [mail for mail in mails if end_of(await delivery.hand_over(mail)) != "sent"]
            return not mails

        await eventually(all_go)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert not circuit.is_open
        assert len(server.taken) == 30
