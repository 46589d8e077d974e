"""The SMTP side: aiosmtpd, with faults. Error replies echo the recipient, as those of real servers do."""

import asyncio
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from deploy.local.mailbox.faults import Faults, Stage
from deploy.local.mailbox.store import MessageStore

_TEXTS: Final = {
    421: "4.3.2 Service not available, closing transmission channel",
    450: "4.2.0 <{}>: Mailbox busy",
    451: "4.3.0 <{}>: Local error in processing",
    452: "4.3.1 <{}>: Insufficient system storage",
    550: "5.1.1 <{}>: Recipient address rejected: no such user",
    552: "5.2.2 <{}>: Mailbox full",
    554: "5.7.1 <{}>: Message refused",
}


def _cut(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


class Dropped(ConnectionResetError):
    """The connection was cut on request."""


class Handler:
    """aiosmtpd's hooks, one for each stage."""

    def __init__(self, store: MessageStore, faults: Faults) -> None:
        self._store = store
        self._faults = faults
        self.refused = 0

    async def answer(self, server: SMTP, stage: Stage, recipient: str = "") -> str | None:
        """The fault's reply at this stage; None when there is no fault."""
        fault = self._faults.strike(stage, recipient or None)
        if fault is None:
            return None
        await asyncio.sleep(fault.delay)
        if fault.hang:
            await asyncio.Event().wait()
        if fault.drop:
            _cut(server)
            raise Dropped
        if fault.code is None:
            return None
        self.refused += 1
        kind = "4.0.0" if fault.code < 500 else "5.0.0"
        return f"{fault.code} {_TEXTS.get(fault.code, kind + ' <{}>: Refused').format(recipient)}"

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        refusal = await self.answer(server, Stage.EHLO)
        return [refusal] if refusal else [*responses[:-1], "250-PIPELINING", responses[-1]]

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = await self.answer(server, Stage.MAIL)
        if refusal:
            return refusal
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = await self.answer(server, Stage.RCPT, address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        recipient = envelope.rcpt_tos[0]
        refusal = await self.answer(server, Stage.END_OF_DATA, recipient)
        if refusal:
            return refusal
        content = envelope.content
        message = self._store.add(
            envelope.mail_from or "", envelope.rcpt_tos, content if isinstance(content, bytes) else b""
        )
        await self.answer(server, Stage.AFTER_ACCEPT, recipient)
        return f"250 OK: queued as {message.id}"


class SmtpConnection(SMTP):
    """One client. It is counted, and refused at connect or DATA by a fault."""

    def __init__(self, handler: Handler, connections: "set[SmtpConnection]", **options: Any) -> None:
        super().__init__(handler, data_size_limit=32 * 2**20, **options)
        self._handler = handler
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._connections.discard(self)
        super().connection_lost(error)

    def abort(self) -> None:
        _cut(self)

    async def _handle_client(self) -> None:
        try:
            refusal = await self._handler.answer(self, Stage.CONNECT)
            if refusal:
                await self.push(refusal)
                if self.transport is not None:
                    self.transport.close()
                return
            await super()._handle_client()
        except Dropped:
            return

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - aiosmtpd's name
        recipients = self.envelope.rcpt_tos if self.envelope else []
        refusal = await self._handler.answer(self, Stage.DATA, recipients[0] if recipients else "")
        if refusal:
            await self.push(refusal)
            return
        await super().smtp_DATA(arg)

    async def handle_exception(self, error: Exception) -> str:
        if isinstance(error, Dropped):
            raise error
        return await super().handle_exception(error)
