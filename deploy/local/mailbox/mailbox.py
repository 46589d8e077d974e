"""The mailbox: its SMTP port, the messages that it has taken, the faults that it shows on request."""

import asyncio

from deploy.local.mailbox.faults import Fault, Faults
from deploy.local.mailbox.smtp import Handler, SmtpConnection
from deploy.local.mailbox.store import MessageStore


class Mailbox:
    """Made by `server.running`; `url` is the address of its page."""

    def __init__(self, host: str, smtp_port: int, keep: int) -> None:
        self.host = host
        self.smtp_port = smtp_port
        self.url = ""
        self.smtputf8 = True
        """Whether it offers SMTPUTF8 (RFC 6531)."""
        self.messages = MessageStore(keep)
        self.faults = Faults()
        self.handler = Handler(self.messages, self.faults)
        self.connections: set[SmtpConnection] = set()
        self._listener: asyncio.Server | None = None

    async def listen(self) -> None:
        """Opens the SMTP port; the same one again after it was closed."""
        if self._listener is not None:
            return
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(
            lambda: SmtpConnection(
                self.handler,
                self.connections,
                hostname="mailbox.punctual.example",
                enable_SMTPUTF8=self.smtputf8,
                loop=loop,
            ),
            self.host,
            self.smtp_port,
            backlog=1024,
        )
        self.smtp_port = self._listener.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Closes the SMTP port and cuts open connections."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
        for connection in list(self.connections):
            connection.abort()

    def fail(self, fault: Fault) -> None:
        self.faults.add(fault)
        if fault.down:
            self.close()

    async def recover(self) -> None:
        self.faults.clear()
        await self.listen()
