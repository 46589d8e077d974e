"""Real servers that speak TLS: PostgreSQL, RabbitMQ, and an SMTP server."""

import asyncio
import os
import shutil
import signal
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from deploy.local.processes import run
from deploy.local.rabbitmq import RabbitMQ, server_folder
from tests.support.authority import Certificate


@asynccontextmanager
async def a_postgres(home: Path, certificate: Certificate) -> AsyncIterator[Postgres]:
    """A cluster of its own with ssl=on that takes no connection without TLS."""
    server = Postgres(home, durable=False, dies_with_us=signal.SIGQUIT)
    await server.start()
    try:
        for name, file in (("ssl_cert_file", certificate.chain), ("ssl_key_file", certificate.key)):
            place = home / f"{name}.pem"
            shutil.copy(file, place)
            place.chmod(0o600)
            if os.getuid() == 0:
                shutil.chown(place, "postgres", "postgres")
            await administer(server.url, f"ALTER SYSTEM SET {name} = '{place}'")
        await administer(server.url, "ALTER SYSTEM SET ssl = on", "SELECT pg_reload_conf()")
        yield server
    finally:
        await asyncio.to_thread(server.stop)
        server.remove()


async def administer(url: str, *statements: str) -> Any:
    """The value of the last statement."""
    connection = await asyncpg.connect(url, ssl=False)
    try:
        return [await connection.fetchval(statement) for statement in statements][-1]
    finally:
        await connection.close()


async def listen_with_tls(rabbitmq: RabbitMQ, certificates: Mapping[str, Certificate]) -> dict[str, int]:
    """Opens one more AMQP listener of a running node for each certificate; their ports by name."""
    ports = {name: free_port() for name in certificates}
    opened = ", ".join(
        f'rabbit_networking:start_ssl_listener({{"127.0.0.1", {ports[name]}}}, '
        f'[{{certfile, "{each.chain}"}}, {{keyfile, "{each.key}"}}, {{verify, verify_none}}], 2)'
        for name, each in certificates.items()
    )
    control = server_folder() / "sbin" / "rabbitmqctl"
    await run([control, "eval", f"{opened}."], **rabbitmq.environment())
    return ports


@dataclass
class SmtpServer:
    """`said` holds every command that came, and whether TLS was on by then."""

    port: int = 0
    said: list[tuple[str, bool]] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.messages.append(bytes(envelope.content or b""))  # type: ignore[arg-type]  # bytes unless decode_data
        return "250 OK"


class _Connection(SMTP):
    """aiosmtpd, with every command written down."""

    def __init__(self, handler: SmtpServer, **options: Any) -> None:
        super().__init__(handler, hostname="localhost", enable_SMTPUTF8=True, **options)
        self._said = handler.said

    def data_received(self, data: bytes) -> None:
        secure = self.transport is not None and self.transport.get_extra_info("sslcontext") is not None
        self._said.extend((line.decode("utf-8", "replace"), secure) for line in data.splitlines())
        super().data_received(data)


@asynccontextmanager
async def an_smtp_server(
    *, starttls: ssl.SSLContext | None = None, implicit: ssl.SSLContext | None = None
) -> AsyncIterator[SmtpServer]:
    """Offers STARTTLS with that context, or speaks TLS from the start, or neither."""
    server = SmtpServer()
    loop = asyncio.get_running_loop()
    listener = await loop.create_server(
        lambda: _Connection(server, loop=loop, tls_context=starttls), "127.0.0.1", 0, ssl=implicit
    )
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
