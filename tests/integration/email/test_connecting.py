"""Mail servers whose name has several addresses, of which the first does not answer or refuses."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from tests.integration.email.conformance.converse import a_mailer
from tests.support.scripted_smtp import scripted

HOLE, CLOSED = "127.0.0.2", "127.0.0.3"
MESSAGE = b"Subject: x\r\n\r\nx\r\n"


@contextmanager
def a_hole(port: int) -> Iterator[None]:
    """Nothing answers there: its queue of connections is full, and what comes is dropped."""
    with ExitStack() as stack:
        full = stack.enter_context(socket.socket())
        full.bind((HOLE, port))
        full.listen(0)
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((HOLE, port))
        yield


@pytest.mark.parametrize("first", [(HOLE,), (CLOSED,), (HOLE, CLOSED, HOLE)], ids=str)
async def test_an_address_that_does_not_answer_keeps_no_mail_from_the_next(
    first: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    ask = socket.getaddrinfo

    def resolve(host: Any, port: Any, *rest: Any, **more: Any) -> Any:
        if host != "mail.punctual.test":
            return ask(host, port, *rest, **more)
        kind = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "")
        return [(*kind, (address, port)) for address in (*first, "127.0.0.1")]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    async with scripted() as server:
        with a_hole(server.port):
            async with a_mailer(server, host="mail.punctual.test", timeout=20.0) as mailer:
                reply = await mailer.send("client@patients.example", MESSAGE)
        assert (reply.code, len(server.taken), server.opened) == (250, 1, 1)
