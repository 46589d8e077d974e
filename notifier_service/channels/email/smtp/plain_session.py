"""Speaks the same dialogues as `session`, by the documented commands of aiosmtplib alone: one command, then its reply.

aiosmtplib sends DATA and the message in one call. So this session cannot tell a refusal of DATA from one of the
message, nor whether the end of the message was sent when no answer came: such a mail counts as possibly sent.
"""

import asyncio
from time import monotonic
from typing import Final

import aiosmtplib

from notifier_service.channels.email.smtp import dialogue
from notifier_service.channels.email.smtp.dialogue import Dialogue, Extensions
from notifier_service.channels.email.smtp.errors import Cause, MailError, Stage, interrupted
from notifier_service.channels.email.smtp.replies import Reply
from notifier_service.channels.email.smtp.timeouts import Timeouts

_COMPLETED: Final = 250
_GO_ON: Final = Reply(354, "")


class PlainSession:
    """After an error, `usable` says whether the session can be used again."""

    def __init__(self, client: aiosmtplib.SMTP, extensions: Extensions, *, timeouts: Timeouts) -> None:
        self._client = client
        self._extensions = extensions
        self._timeouts = timeouts
        self._speaking: asyncio.Task[Reply] | None = None
        self._answer: Reply | None = None  # the reply to the message, while the dialogue waits for the one to DATA
        self._reset_first = False
        self._stopped = False
        self._stage: Stage = "mail"
        self.used_at = monotonic()

    @property
    def usable(self) -> bool:
        return self._client.is_connected

    async def send(self, sender: str, recipient: str, message: bytes, *, envelope_id: str | None = None) -> Reply:
        """Hands over a message of CRLF lines. Returns the server's 2xx reply. Raises MailError."""
        reset, self._reset_first = self._reset_first, False
        spoken = dialogue.mail(sender, recipient, message, self._extensions, reset=reset, envelope_id=envelope_id)
        self._stage = "mail"
        self._speaking = asyncio.create_task(self._speak(spoken, message))
        try:
            return await self._speaking
        except MailError as error:
            self._reset_first = True
            if error.session_over:
                self.abort()
            raise
        except asyncio.CancelledError:
            if self._stopped:
                raise self._interrupted("stopped", "stopping") from None
            raise
        finally:
            self._speaking = None
            self.used_at = monotonic()

    async def _speak(self, spoken: Dialogue, message: bytes) -> Reply:
        try:
            self._stage, said = next(spoken)
            while True:
                try:
                    reply = await self._ask(said, message)
                except MailError as error:
                    self._stage, said = spoken.throw(error)
                else:
                    self._stage, said = spoken.send(reply)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]  # a Dialogue returns its Reply

    async def _ask(self, said: bytes, message: bytes) -> Reply:
        """The reply to a command; with DATA the message is sent, too. Raises MailError when there is none."""
        if self._answer is not None and self._stage == "end of data":
            answer, self._answer = self._answer, None
            return answer
        try:
            if said == b"DATA\r\n":
                return await self._data(message)
            command = said.removesuffix(b"\r\n")
            return self._reply(await self._client.execute_command(command, timeout=self._allowed))
        except aiosmtplib.SMTPServerDisconnected as error:
            raise self._interrupted("connection lost", "unreachable") from error
        except aiosmtplib.SMTPTimeoutError as error:
            raise self._interrupted("timed out", "unreachable") from error
        except aiosmtplib.SMTPResponseException as error:
            raise self._interrupted("no reply of SMTP", "protocol") from error
        except (OSError, RuntimeError) as error:  # uvloop: RuntimeError for a transport that has closed
            raise self._interrupted(type(error).__name__, "unreachable") from error

    async def _data(self, message: bytes) -> Reply:
        """A made-up 354 for the dialogue, which gets the reply to the message next."""
        self._stage = "end of data"  # it may have been sent, whatever error follows
        try:
            self._answer = self._reply(await self._client.data(message, timeout=self._timeouts.end_of_data))
        except aiosmtplib.SMTPDataError as error:
            answer = self._reply(aiosmtplib.SMTPResponse(error.code, error.message))
            if answer.code == _COMPLETED:  # for a message this code would be a success
                return answer
            if answer.code // 100 == 2:
                raise self._interrupted("out of step", "protocol") from error
            self._answer = answer
        return _GO_ON

    def _reply(self, response: aiosmtplib.SMTPResponse) -> Reply:
        if not 200 <= response.code < 600:
            raise self._interrupted("no reply of SMTP", "protocol")
        return Reply(response.code, response.message)

    @property
    def _allowed(self) -> float:
        return self._timeouts.waiting_for(self._stage)

    def _interrupted(self, what: str, cause: Cause) -> MailError:
        return interrupted(self._stage, what, cause=cause, data_begun=self._stage == "end of data")

    def stop(self) -> None:
        """Ends the hand-over under way. A message that has been sent may have been taken."""
        if self._speaking is not None:
            self._stopped = True
            self._speaking.cancel()
            self.abort()

    def abort(self) -> None:
        """Closes the connection; the outcome of a hand-over under way is unknown."""
        self._client.close()

    def close(self) -> None:
        """Closes the connection, without QUIT: its reply would have to be awaited."""
        self._client.close()
