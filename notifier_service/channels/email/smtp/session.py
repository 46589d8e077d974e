"""Speaks dialogues on one SMTP connection.

aiosmtplib opens the connection (TLS, EHLO, AUTH), but cannot pipeline; from there on this protocol owns the transport.
It handles a reply as soon as it is read: the task that sends the mail wakes up only at the end of the hand-over.
"""

import asyncio
from collections.abc import Mapping
from time import monotonic
from typing import Final

from notifier_service.channels.email.smtp import dialogue
from notifier_service.channels.email.smtp.dialogue import Dialogue, Extensions
from notifier_service.channels.email.smtp.errors import Cause, MailError, Stage, interrupted
from notifier_service.channels.email.smtp.replies import Garbage, Reply, ReplyReader
from notifier_service.channels.email.smtp.timeouts import Timeouts

_CAUSES: Final[Mapping[str, Cause]] = {
    "connection lost": "unreachable",
    "timed out": "unreachable",
    "stopped": "stopping",
}


class SmtpSession(asyncio.Protocol):
    """After an error, `usable` says whether the session can be used again."""

    def __init__(self, transport: asyncio.WriteTransport, extensions: Extensions, *, timeouts: Timeouts) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._extensions = extensions
        self._timeouts = timeouts
        self._reader = ReplyReader()
        self._dialogue: Dialogue | None = None
        self._stage: Stage = "connect"
        self._result: asyncio.Future[Reply] = self._loop.create_future()
        self._timer: asyncio.TimerHandle | None = None
        self._look_every = min(timeouts.mail, timeouts.recipient, timeouts.data, timeouts.block, timeouts.end_of_data)
        self._unsent = 0
        self._lost = False
        self._reset_first = False
        self.used_at = monotonic()

    @property
    def usable(self) -> bool:
        return not self._lost and not self._transport.is_closing()

    async def send(self, sender: str, recipient: str, message: bytes, *, envelope_id: str | None = None) -> Reply:
        """Hands over a message of CRLF lines. Returns the server's 2xx reply. Raises MailError."""
        reset, self._reset_first = self._reset_first, False
        return await self._hold(
            dialogue.mail(sender, recipient, message, self._extensions, reset=reset, envelope_id=envelope_id)
        )

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
        try:
            for reply in self._reader.feed(data):
                self._advance(reply)
                if self._lost:
                    return
        except Garbage as error:
            self._break_off(str(error))

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        self._break_off("connection lost")

    def _advance(self, reply: Reply | None) -> None:
        """Continues the dialogue with a reply; None begins it."""
        if self._dialogue is None:
            self.abort()  # nothing was asked: the server says goodbye, or replies no longer match commands
            return
        if self._stage == "end of data" and self._all_is_unsaid(reply):
            return
        self.used_at = monotonic()
        try:
            # next() is the same as send(None), but the types of generators do not allow it
            self._stage, said = next(self._dialogue) if reply is None else self._dialogue.send(reply)
        except StopIteration as end:
            self._dialogue = None
            if not self._result.done():
                self._result.set_result(end.value)
        except MailError as error:
            self._fail(error)
        else:
            if said:
                self._say(said)

    def _say(self, said: bytes) -> None:
        if self._reader.has_more:  # an answer before its command
            self._break_off("out of step", certain=True)
        else:
            self._unsent = 0
            self._transport.write(said)

    def _all_is_unsaid(self, reply: Reply | None) -> bool:
        """Whether an answer cannot belong to the message: its end was not sent yet. A refusal may come early."""
        if reply is None or not self._transport.get_write_buffer_size():
            return False
        if reply.code // 100 in (4, 5):
            self._lost = True
            return False
        self._break_off("out of step", certain=True)
        return True

    def _fail(self, error: MailError) -> None:
        self._dialogue = None
        self._reset_first = True
        if error.session_over or self._lost:
            self.abort()
        if not self._result.done():
            self._result.set_exception(error)

    def _break_off(self, what: str, *, certain: bool = False) -> None:
        """The dialogue gets no more replies, and decides what that means. `certain`: the end of the message was not
        sent."""
        spoken = self._dialogue
        self.abort()
        if spoken is None:
            return
        error = interrupted(
            self._stage,
            what,
            cause=_CAUSES.get(what, "protocol"),
            data_begun=self._stage == "end of data" and not certain,
            of_mail=True if self._extensions.pipelining else None,
        )
        try:
            spoken.throw(error)
        except MailError as meant:
            error = meant
        self._fail(error)

    def stop(self) -> None:
        """Ends the hand-over under way. A message that has been sent may have been taken."""
        if self._dialogue is not None:
            self._break_off("stopped")

    def _watch(self) -> None:
        """Starts the one timer of the session: one for all replies, not one for each."""
        if self._timer is None:
            self._timer = self._loop.call_later(self._look_every, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._dialogue is None:
            return
        allowed = self._timeouts.waiting_for(self._stage)
        unsent = self._transport.get_write_buffer_size() if self._stage == "end of data" else 0
        if unsent != self._unsent:
            self.used_at, self._unsent = monotonic(), unsent
        if unsent:
            allowed = self._timeouts.block
        left = self.used_at + allowed - monotonic()
        if left > 0:
            self._timer = self._loop.call_later(min(left, self._look_every), self._look)
        else:
            self._break_off("timed out", certain=bool(unsent))

    def abort(self) -> None:
        """Cuts the connection; the outcome of a hand-over under way is unknown."""
        self._lost = True
        self._transport.abort()

    def close(self) -> None:
        """Sends QUIT without waiting for the reply."""
        if self.usable:
            self._transport.write(b"QUIT\r\n")
        self._lost = True
        self._transport.close()
