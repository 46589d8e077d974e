"""Logging in by OAuth 2.0: a real token endpoint, and a mail server that takes one token and no other."""

import base64
from collections.abc import Callable

import pytest

from notifier_service.channels.email.smtp.access_tokens import Grant
from notifier_service.channels.email.smtp.errors import MailError
from notifier_service.channels.email.smtp.mailer import Mailer, SmtpConfig
from tests.support.scripted_smtp import EXTENSIONS, ScriptedSmtp, scripted
from tests.support.token_endpoint import TokenEndpoint, a_token_endpoint

pytestmark = pytest.mark.usefixtures("library_internals")

MESSAGE = b"Subject: x\r\n\r\nx\r\n"
USER = "appointments@clinic.example"


def config(server: ScriptedSmtp, endpoint: TokenEndpoint, *, clear: bool = True) -> SmtpConfig:
    grant = Grant(endpoint.url, "id", "secret")
    return SmtpConfig(
        "127.0.0.1", server.port, USER, "none", username=USER, grant=grant, allow_clear_password=clear, timeout=60
    )


def tokens(*names: str) -> list[tuple[int, dict[str, object]]]:
    return [(200, {"access_token": name, "expires_in": 3600}) for name in names]


def takes(*valid: str) -> Callable[[bytes], bytes]:
    """Answers AUTH XOAUTH2 as RFC 4954 wants it."""

    def answer(line: bytes) -> bytes:
        said = base64.b64decode(line.split()[2]).decode()
        good = said in [f"user={USER}\x01auth=Bearer {token}\x01\x01" for token in valid]
        return b"235 2.7.0 ok\r\n" if good else b"535 5.7.8 not accepted\r\n"

    return answer


async def test_mails_go_out_with_one_token_for_all_connections() -> None:
    async with a_token_endpoint(*tokens("one")) as endpoint, scripted() as server:
        server.extensions, server.auth = (*EXTENSIONS, "AUTH XOAUTH2"), takes("one")
        for _ in range(2):
            async with Mailer(config(server, endpoint)) as mailer:
                await mailer.send("a@b.example", MESSAGE)
                await mailer.send("a@b.example", MESSAGE)
        assert len(server.taken) == 4
        assert len(endpoint.asked) == 2  # once a mailer


async def test_a_token_that_was_revoked_is_replaced_at_once() -> None:
    async with a_token_endpoint(*tokens("revoked", "fresh")) as endpoint, scripted() as server:
        server.extensions, server.auth = (*EXTENSIONS, "AUTH XOAUTH2"), takes("fresh")
        async with Mailer(config(server, endpoint)) as mailer:
            await mailer.send("a@b.example", MESSAGE)
        assert len(server.taken) == 1


async def test_a_login_that_is_refused_speaks_of_us() -> None:
    async with a_token_endpoint(*tokens("one", "two")) as endpoint, scripted() as server:
        server.extensions, server.auth = (*EXTENSIONS, "AUTH XOAUTH2"), takes()
        async with Mailer(config(server, endpoint)) as mailer:
            with pytest.raises(MailError) as raised:
                await mailer.send("a@b.example", MESSAGE)
        assert (raised.value.cause, raised.value.permanent, raised.value.code) == ("login", False, 535)
        assert len(endpoint.asked) == 2


@pytest.mark.parametrize(
    ("answer", "cause"), [((401, {"error": "invalid_client"}), "login"), ((503, {}), "unreachable")]
)
async def test_an_endpoint_that_gives_no_token_is_told_apart(answer: tuple[int, dict[str, str]], cause: str) -> None:
    async with a_token_endpoint(answer) as endpoint, scripted() as server:
        server.extensions = (*EXTENSIONS, "AUTH XOAUTH2")
        async with Mailer(config(server, endpoint)) as mailer:
            with pytest.raises(MailError, match="token endpoint") as raised:
                await mailer.send("a@b.example", MESSAGE)
        assert (raised.value.cause, raised.value.permanent) == (cause, False)
        assert not server.taken


@pytest.mark.parametrize(
    ("offered", "clear", "words"), [("AUTH PLAIN LOGIN", True, "not offered"), ("AUTH XOAUTH2", False, "no TLS")]
)
async def test_no_token_leaves_where_it_may_not(offered: str, *, clear: bool, words: str) -> None:
    async with a_token_endpoint(*tokens("one")) as endpoint, scripted() as server:
        server.extensions = (*EXTENSIONS, offered)
        async with Mailer(config(server, endpoint, clear=clear)) as mailer:
            with pytest.raises(MailError, match=words) as raised:
                await mailer.send("a@b.example", MESSAGE)
        assert raised.value.cause == "login"
        assert not [line for line in server.heard if line.startswith(b"AUTH")]
