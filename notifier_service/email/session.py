"""Speaks dialogues on one SMTP connection.

aiosmtplib opens the connection (TLS, EHLO, AUTH) and cannot pipeline; from there on this protocol owns the
transport. A reply is answered where it is read: the task whose mail it is wakes only when that is handed over.
"""

import asyncio
from time import monotonic

from notifier_service.email import dialogue
from notifier_service.email.dialogue import Dialogue, Extensions, Reply
from notifier_service.email.smtp_errors import MailError, Stage, interrupted

_MAX_REPLY = 64 * 1024


class SmtpSession(asyncio.Protocol):
    """After any error it says by `usable` whether it can be used again."""

    def __init__(self, transport: asyncio.WriteTransport, extensions: Extensions, *, timeout: float) -> None:
        """`timeout` in seconds: the longest wait for one reply."""
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._extensions = extensions
        self._timeout = timeout
        self._lines: list[str] = []
        self._buffer = b""
        self._dialogue: Dialogue | None = None
        self._stage: Stage = "connect"
        self._result: asyncio.Future[Reply] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._lost = False
        self._reset_first = False
        self.used_at = monotonic()

    @property
    def usable(self) -> bool:
        return not self._lost and not self._transport.is_closing()

    async def send(self, sender: str, recipient: str, message: bytes) -> Reply:
        """The server's 2xx for a message of CRLF lines. Raises MailError."""
        reset, self._reset_first = self._reset_first, False
        return await self._hold(dialogue.mail(sender, recipient, message, self._extensions, reset=reset))

    async def noop(self) -> None:
        """Asks for a sign of life. Raises MailError."""
        await self._hold(dialogue.noop())

    async def _hold(self, spoken: Dialogue) -> Reply:
        self._dialogue = spoken
        self._stage = "mail"
        self._result = self._loop.create_future()
        if self.usable:
            self._advance(None)
            self._watch()
        else:
            self._break_off("connection lost")
        return await self._result

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if len(self._buffer) > _MAX_REPLY:
            self.abort()
        for line in lines:
            text = line.rstrip(b"\r").decode("utf-8", "replace")
            self._lines.append(text[4:])
            if text[3:4] != "-":
                self._advance(Reply(int(text[:3]) if text[:3].isdigit() else 500, "\n".join(self._lines)))
                self._lines = []

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        self._break_off("connection lost")

    def _advance(self, reply: Reply | None) -> None:
        """Goes on with a reply; None begins."""
        if self._dialogue is None:
            self.abort()  # nothing was asked: it says goodbye, or its replies are no longer the mails'
            return
        self.used_at = monotonic()
        try:
            # next() is the same as send(None), which the types of generators cannot say
            self._stage, said = next(self._dialogue) if reply is None else self._dialogue.send(reply)
        except StopIteration as end:
            self._dialogue = None
            if not self._result.done():
                self._result.set_result(end.value)
        except MailError as error:
            self._reset_first = True
            self._fail(error)
        else:
            if said:
                self._transport.write(said)

    def _fail(self, error: MailError) -> None:
        self._dialogue = None
        if error.code == 421:  # RFC 5321 §3.8: the server is closing the channel
            self.abort()
        if not self._result.done():
            self._result.set_exception(error)

    def _break_off(self, what: str) -> None:
        if self._dialogue is not None:
            self._fail(interrupted(self._stage, what, data_begun=self._stage == "end of data"))

    def _watch(self) -> None:
        """One timer for as long as the session is used, and not one a reply."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._timeout, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._dialogue is None:
            return
        left = self.used_at + self._timeout - monotonic()
        if left > 0:
            self._timer = self._loop.call_later(left, self._look)
        else:
            self._break_off("timed out")
            self.abort()

    def abort(self) -> None:
        """Cuts the connection: what was under way is undecided."""
        self._lost = True
        self._transport.abort()

    def close(self) -> None:
        """Says goodbye without waiting for the answer."""
        if self.usable:
            self._transport.write(b"QUIT\r\n")
        self._lost = True
        self._transport.close()
