"""A real Postfix, whose restrictions answer at RCPT (smtpd_delay_reject): the same outcomes as by the scripts."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from notifier_service.channels.email.smtp.circuit import Circuit
from notifier_service.channels.email.smtp.mailer import Mailer, SmtpConfig
from tests.integration.email.conformance.converse import MESSAGE, PATIENT, SENDER, a_delivery, a_mail, end_of
from tests.support.authority import Authority
from tests.support.postfix import IS_USABLE, a_postfix

pytestmark = [
    pytest.mark.usefixtures("library_internals"),
    pytest.mark.slow,
    pytest.mark.skipif(not IS_USABLE, reason="needs Debian's package postfix, and root"),
]


@pytest.fixture(scope="session")
def authority(home: Path) -> Authority:
    return Authority.made_in(home / "postfix-authority")


@pytest.fixture(scope="session")
async def postfix(home: Path, authority: Authority) -> AsyncIterator[Mapping[str, int]]:
    services = {
        "open": [],
        "starttls": [
            "smtpd_tls_security_level=encrypt",
            f"smtpd_tls_cert_file={authority.good.chain}",
            f"smtpd_tls_key_file={authority.good.key}",
        ],
        "hello": ["smtpd_helo_required=yes", "smtpd_helo_restrictions=reject_non_fqdn_helo_hostname"],
        "client": ["smtpd_client_restrictions=reject"],
        "sender": ["smtpd_sender_restrictions=reject"],
        "crowded": ["smtpd_client_connection_count_limit=2", "smtpd_client_event_limit_exceptions="],
        # one for each LIBRARY_INTERNALS: Postfix counts a port's messages for a minute
        **dict.fromkeys(
            ("slow tested", "slow off"), ("smtpd_client_message_rate_limit=3", "smtpd_client_event_limit_exceptions=")
        ),
        "small": ["message_size_limit=200"],
        "unlisted": [
            "smtpd_recipient_restrictions=reject_unlisted_recipient",
            "local_recipient_maps=inline:{ok@patients.example=x}",
        ],
    }
    async with a_postfix(home, services) as ports:
        yield ports


def a_mailer(port: int, **more: Any) -> Mailer:
    settings: dict[str, Any] = {"security": "none", "timeouts": PATIENT, "ehlo_name": "punctual.example"}
    return Mailer(SmtpConfig("localhost", port, SENDER, **(settings | more)))


async def ends(mailer: Mailer, mails: int, circuit: Circuit | None = None) -> list[str]:
    delivery = a_delivery(mailer, circuit)
    each = [a_mail(f"client-{number}@patients.example") for number in range(mails)]
    return [end_of(outcome) for outcome in await asyncio.gather(*map(delivery.hand_over, each))]


async def test_mails_are_taken(postfix: Mapping[str, int]) -> None:
    async with a_mailer(postfix["open"]) as mailer:
        assert await ends(mailer, 40) == ["sent"] * 40


async def test_mails_are_taken_by_starttls(postfix: Mapping[str, int], authority: Authority) -> None:
    async with a_mailer(postfix["starttls"], security="starttls", ca_file=str(authority.file)) as mailer:
        assert await ends(mailer, 10) == ["sent"] * 10
    async with a_mailer(postfix["starttls"]) as clear:
        assert await ends(clear, 1) == ["parked"]


@pytest.mark.parametrize(
    ("service", "more", "why"),
    [
        ("hello", {"ehlo_name": "localhost"}, "the mail server refuses our EHLO name"),
        ("client", {}, "the mail server refuses our mails"),
        ("sender", {}, "the mail server refuses our mails"),
    ],
)
async def test_what_speaks_of_us_comes_at_rcpt_and_opens_the_circuit(
    postfix: Mapping[str, int], service: str, more: dict[str, Any], why: str
) -> None:
    async with a_mailer(postfix[service], connections=1, **more) as mailer:
        circuit = Circuit(mailer.trouble)
        assert await ends(mailer, 6, circuit) == ["retry", "retry", "parked", "parked", "parked", "parked"]
        assert (circuit.is_open, circuit.why) == (True, why)


async def test_relaying_is_refused_to_us_and_not_to_the_recipient(postfix: Mapping[str, int]) -> None:
    async with a_mailer(postfix["open"]) as mailer:
        assert end_of(await a_delivery(mailer).hand_over(a_mail("client@elsewhere.example"))) == "retry"


async def test_an_unknown_recipient_fails_alone(postfix: Mapping[str, int]) -> None:
    async with a_mailer(postfix["unlisted"], connections=1) as mailer:
        delivery = a_delivery(mailer)
        came = [end_of(await delivery.hand_over(a_mail(f"{who}@patients.example"))) for who in ("no", "ok", "never")]
        assert came == ["fails", "sent", "fails"]


async def test_two_connections_are_enough(postfix: Mapping[str, int]) -> None:
    async with a_mailer(postfix["crowded"], connections=8) as mailer:
        circuit = Circuit(mailer.trouble)
        assert await ends(mailer, 60, circuit) == ["sent"] * 60
        assert not circuit.is_open
        assert mailer.counts[2] < 8


async def test_a_rate_of_messages_parks_the_rest(postfix: Mapping[str, int], library_internals: str) -> None:
    async with a_mailer(postfix[f"slow {library_internals}"], connections=1) as mailer:
        came = await ends(mailer, 10)
        assert came[:3] == ["sent"] * 3
        assert set(came[3:]) == {"parked"}


async def test_a_message_that_is_too_large_fails_before_it_is_sent(postfix: Mapping[str, int]) -> None:
    async with a_mailer(postfix["small"]) as mailer:
        big = a_mail(message=MESSAGE + b"x" * 300 + b"\r\n")
        assert end_of(await a_delivery(mailer).hand_over(big)) == "fails"
