"""check-email names the cause of each fault and its remedy, asked of real servers; only what was wanted is sent."""

import asyncio
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from deploy.local.ports import free_port
from notifier_service.channels.email.smtp.access_tokens import Grant
from notifier_service.channels.email.smtp.opening import SmtpConfig
from notifier_service.check_email import command
from notifier_service.check_email import server as checking
from notifier_service.check_email.report import CheckReport
from notifier_service.check_email.server import Failed, check_server, resolve
from tests.support.authority import Authority
from tests.support.name_server import a_name_server
from tests.support.scripted_smtp import EXTENSIONS, Answer, ScriptedSmtp, Stage, says, scripted
from tests.support.tls_servers import an_smtp_server
from tests.support.token_endpoint import a_token_endpoint

SENDER = "appointments@clinic.example"


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    folder = Path(tempfile.mkdtemp(prefix="punctual-check-"))
    yield Authority.made_in(folder / "ours")
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """For a server that says nothing. Others are given as long as usual, since they may be late on a busy machine."""
    monkeypatch.setattr(checking, "LONGEST_WAIT", 2.0)


def to(port: int, **changes: object) -> SmtpConfig:
    plain = SmtpConfig("localhost", port, SENDER, "none", ehlo_name="booking.example")
    return replace(plain, **changes)  # type: ignore[arg-type]  # fields of SmtpConfig


async def said(config: SmtpConfig, recipient: str | None = "a@b.example") -> tuple[bool, str]:
    """Whether mail would leave, and the whole report."""
    lines: list[str] = []
    report = CheckReport(lines.append)
    try:
        await resolve(report, config)
        await check_server(report, config, recipient)
    except Failed:
        assert not report.works
    return report.works, "".join(lines)


@asynccontextmanager
async def refusing(stage: Stage, answer: Answer) -> AsyncIterator[ScriptedSmtp]:
    async with scripted({stage: answer}) as server:
        yield server


async def test_what_works_is_said_step_by_step_and_nothing_is_sent(authority: Authority) -> None:
    async with an_smtp_server(starttls=authority.good.context()) as server:
        works, text = await said(to(server.port, security="starttls", ca_file=str(authority.file)))
    assert works, text
    steps = [line.split()[1] for line in text.splitlines() if line.startswith("  ok")]
    assert steps == ["resolve", "connect", "TLS", "hello", "envelope"]
    assert "TLSv1.3" in text
    assert "for localhost, until" in text
    assert not server.messages


async def test_implicit_tls_is_walked_too(authority: Authority) -> None:
    async with an_smtp_server(implicit=authority.good.context()) as server:
        works, text = await said(to(server.port, security="tls", ca_file=str(authority.file)))
    assert works, text
    assert "TLSv1.3" in text


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("certificate", "trusted", "words", "shown"),
    [
        ("good", False, "SMTP_CA_FILE", "for localhost"),
        ("expired", True, "must renew it", "it has ended"),
        ("other_host", True, "SMTP_HOST", "for elsewhere.example"),
    ],
)
async def test_a_certificate_that_is_refused_is_shown(
    authority: Authority, security: str, certificate: str, *, trusted: bool, words: str, shown: str
) -> None:
    context = getattr(authority, certificate).context()
    started = {"starttls": context} if security == "starttls" else {"implicit": context}
    async with an_smtp_server(**started) as server:
        ca_file = str(authority.file) if trusted else None
        works, text = await said(to(server.port, security=security, ca_file=ca_file))
    assert not works
    assert words in text
    assert shown in text
    assert not any(line.startswith("AUTH") for line, _ in server.said)


@pytest.mark.parametrize(
    ("stage", "reply", "step", "words"),
    [
        ("connect", "421 4.3.2 too many connections", "connect", "SMTP_CONNECTIONS"),
        ("connect", "554 5.7.1 no service for you", "connect", "let this machine send"),
        ("hello", "550 5.7.1 bad name", "hello", "SMTP_EHLO_NAME"),
        ("mail", "530 5.7.0 Authentication required", "sender", "SMTP_USERNAME"),
        ("mail", "553 5.1.8 sender refused", "sender", "MAIL_FROM"),
        ("mail", "452 4.3.1 no room", "sender", "ask its operator"),
        ("recipient", "504 5.5.2 need fully-qualified hostname", "recipient", "SMTP_EHLO_NAME"),
        ("recipient", "554 5.7.1 Relay access denied", "recipient", "SMTP_USERNAME"),
        ("recipient", "550 5.7.26 DMARC", "recipient", "MAIL_FROM"),
        ("recipient", "550 5.1.1 no such user", "recipient", "--to ADDRESS"),
        ("recipient", "451 4.7.1 greylisted", "recipient", "greylisting"),
        ("recipient", "450 4.2.0 not now", "recipient", "tries such a mail again"),
    ],
)
async def test_every_refusal_has_its_remedy(stage: Stage, reply: str, step: str, words: str) -> None:
    async with refusing(stage, says(reply)) as server:
        works, text = await said(to(server.port))
    assert not works
    [line] = [line for line in text.splitlines() if line.startswith("  no")]
    assert line.split()[1] == step
    assert reply in line
    assert words in text
    assert not server.taken


async def test_a_login_that_is_hung_up_on_or_would_be_in_clear_has_its_remedy() -> None:
    login = {"username": "clinic", "password": "secret"}
    async with scripted() as server:
        server.extensions = (*EXTENSIONS, "AUTH PLAIN")
        server.auth = lambda _: says(b"", then="hangs up")
        _, in_clear = await said(to(server.port, **login))
        _, hung_up = await said(to(server.port, allow_clear_password=True, **login))
    assert "SMTP_ALLOW_CLEAR_PASSWORD" in in_clear
    assert "compare SMTP_USERNAME" in hung_up


@pytest.mark.parametrize("offered", [True, False])
async def test_an_international_address_is_asked_for_as_it_would_be_sent(offered: bool) -> None:
    async with scripted() as server:
        server.extensions = EXTENSIONS if offered else ("PIPELINING",)
        works, text = await said(to(server.port), "jörg@patients.example")
    assert works == offered
    assert ("internationalized" in text) != offered
    asked = [line for line in server.heard if line.startswith(b"MAIL")]
    assert all(line.endswith(b" SMTPUTF8\r\n") for line in asked)
    assert len(asked) == offered


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("550 5.7.26 DMARC", "MAIL_FROM"),
        ("554 5.7.1 no", "let this machine send"),
        ("550 5.4.5 quota", "try again later"),
    ],
)
async def test_a_refused_message_has_its_remedy_too(reply: str, words: str) -> None:
    lines: list[str] = []
    async with refusing("end of data", says(reply)) as server:
        await command._send(CheckReport(lines.append), to(server.port), "a@b.example", b"Subject: x\r\n\r\nx\r\n")
    assert reply in "".join(lines)
    assert words in "".join(lines)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (says("220 hello", then="hangs up"), "the connection ended"),
        (says(b"\x16\x03\x01garbage\r\n"), "is it a mail server"),
        (says("HTTP/1.1 400 Bad Request"), "is it a mail server"),
    ],
)
async def test_what_is_no_mail_server_is_said_to_be_so(answer: Answer, words: str) -> None:
    async with refusing("connect", answer) as server:
        works, text = await said(to(server.port))
    assert not works
    assert words in text


@pytest.mark.usefixtures("impatience")
async def test_a_server_that_does_not_greet_is_said_to_be_so() -> None:
    async with refusing("connect", Answer((b"",), then="hangs")) as server:
        works, text = await said(to(server.port))
    assert not works
    assert "no greeting came" in text


@pytest.mark.usefixtures("impatience")
async def test_a_port_that_begins_with_tls_is_found_by_its_silence(authority: Authority) -> None:
    async with an_smtp_server(implicit=authority.good.context()) as server:
        works, text = await said(to(server.port, security="starttls", ca_file=str(authority.file)))
    assert not works
    assert "SMTP_SECURITY=tls" in text


async def test_a_port_that_begins_without_tls_is_found(authority: Authority) -> None:
    async with an_smtp_server() as server:
        works, text = await said(to(server.port, security="tls", ca_file=str(authority.file)))
    assert not works
    assert "SMTP_SECURITY=starttls" in text


async def test_a_server_without_starttls_is_found(authority: Authority) -> None:
    async with an_smtp_server() as server:
        works, text = await said(to(server.port, security="starttls", ca_file=str(authority.file)))
    assert not works
    assert "not offered" in text


async def test_a_closed_port_and_a_name_that_is_none_are_told_apart() -> None:
    works, text = await said(to(free_port()))
    assert (works, "SMTP_PORT" in text) == (False, True)
    works, text = await said(to(25, host="nobody.invalid"))
    assert (works, "SMTP_HOST" in text) == (False, True)


@pytest.mark.parametrize(
    ("offered", "answer", "words"),
    [
        ("AUTH PLAIN", b"535 5.7.8 wrong\r\n", "SMTP_PASSWORD"),
        ("AUTH PLAIN", b"454 4.7.0 later\r\n", "454"),
        ("", b"", "not offered"),
        ("AUTH GSSAPI", b"", "no mechanism"),
    ],
)
async def test_a_login_that_fails_is_said_to_be_so(offered: str, answer: bytes, words: str) -> None:
    async with scripted() as server:
        server.extensions, server.auth = (*EXTENSIONS, *filter(None, [offered])), lambda _: answer
        login = {"username": "u", "password": "wrong", "allow_clear_password": True}
        works, text = await said(to(server.port, **login))
    assert not works
    assert words in text
    assert "wrong" not in text.replace("535 5.7.8 wrong", "")


async def test_a_token_endpoint_that_refuses_is_said_to_be_so() -> None:
    async with a_token_endpoint((401, {"error": "invalid_client"})) as endpoint, scripted() as server:
        server.extensions = (*EXTENSIONS, "AUTH XOAUTH2")
        grant = Grant(endpoint.url, "id", "secret")
        works, text = await said(to(server.port, username="u", grant=grant, allow_clear_password=True))
    assert not works
    assert "invalid_client" in text
    assert "SMTP_OAUTH_CLIENT_ID" in text


async def test_a_login_that_is_offered_and_not_set_is_mentioned() -> None:
    async with scripted() as server:
        server.extensions = (*EXTENSIONS, "AUTH PLAIN")
        works, text = await said(to(server.port), None)
    assert works
    assert "SMTP_USERNAME is not set" in text
    assert "--dry-run" in text


async def test_what_a_server_says_does_not_reach_the_terminal_as_it_is() -> None:
    async with refusing("connect", says("554 \x1b[2J\x07go away")) as server:
        _, text = await said(to(server.port))
    assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize(
    ("more", "sent"),
    [([], 0), (["--to", "a@b.example", "--dry-run"], 0), (["--to", "a@b.example"], 1), (["--to", "jörg@b.example"], 1)],
)
async def test_the_command_sends_what_it_was_told_to(more: list[str], sent: int) -> None:
    async with scripted() as server, a_name_server({}) as name_server:
        process = await asyncio.create_subprocess_exec(
            str(Path(sys.executable).parent / "notifier-service"),
            *("check-email", "--name-server", name_server, *more),
            stdout=asyncio.subprocess.PIPE,
            env={
                "DATABASE_URL": "postgresql://u@127.0.0.1/x",
                "AMQP_URL": "amqp://127.0.0.1/",
                "SMTP_HOST": "127.0.0.1",
                "SMTP_PORT": str(server.port),
                "SMTP_SECURITY": "none",
                "MAIL_FROM": "Praxis <termine@müller.example>",
            },
        )
        told, _ = await process.communicate()
        assert (process.returncode, len(server.taken)) == (0, sent)
        for recipient, message in server.taken:
            assert b"From: Praxis <termine@xn--mller-kva.example>\r\nTo: " + recipient + b"\r\n" in message
    assert b"  ok envelope" in told
