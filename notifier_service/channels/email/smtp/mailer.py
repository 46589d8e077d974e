"""Keeps the connections to one mail server, as many as are needed at once, and hands mails over on them."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from types import TracebackType
from typing import Final, Self

from notifier_service.channels.email.smtp import metrics
from notifier_service.channels.email.smtp.access_tokens import AccessTokens, TokenUnavailable
from notifier_service.channels.email.smtp.connection_limit import GROW_EVERY, ConnectionLimit, Place
from notifier_service.channels.email.smtp.dialogue import Reply
from notifier_service.channels.email.smtp.errors import MailError
from notifier_service.channels.email.smtp.opening import MailSession, SmtpConfig, open_session, tls_context
from shared.jobs.model import Priority
from shared.process import tracing

__all__ = ["Mailer", "Reply", "SmtpConfig"]

LOGIN_PAUSE: Final = 30.0
"""Seconds between two attempts of a login that was refused: servers lock accounts."""
UNANSWERED_LOGINS: Final = 3
"""Logins in a row without a reply that count as a refusal: some servers hang up on a wrong password."""


class Mailer:
    def __init__(self, config: SmtpConfig, *, grow_every: float = GROW_EVERY, login_pause: float = LOGIN_PAUSE) -> None:
        self._config = config
        self._limit = ConnectionLimit(config.connections, grow_every=grow_every)
        self._idle: deque[MailSession] = deque()
        self._busy: set[MailSession] = set()
        self._opening = 0
        self._login_pause = login_pause
        self._logging_in = asyncio.Lock()
        self._unanswered = 0  # logins, in a row
        self._refused: tuple[float, MailError] | None = None
        self._tls = tls_context(config)
        self._tokens = None if config.grant is None else AccessTokens(config.grant)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._limit.close()
        self._forget_idle()

    @property
    def name(self) -> str:
        """The name of its server in rows and metrics."""
        return self._config.name

    @property
    def counts(self) -> tuple[int, int, int]:
        """Hand-overs under way, idle connections, and the largest number of connections."""
        return self._limit.busy, sum(each.usable for each in self._idle), self._limit.limit

    def place(self, priority: Priority) -> Place:
        """The right to one `hand_over`, for a block. Waits while as many are under way as the server allows."""
        return self._limit.place(priority)

    async def send(self, recipient: str, message: bytes) -> Reply:
        """Hands one message over. Waits while all connections are busy. Returns the server's reply. Raises
        MailError."""
        async with self.place(Priority.HIGH):
            return await self.hand_over(recipient, message)

    async def hand_over(
        self,
        recipient: str,
        message: bytes,
        *,
        sender: str | None = None,
        envelope_id: str | None = None,
        priority: Priority = Priority.HIGH,
    ) -> Reply:
        """The same, for a caller that has a place already, with that `priority`. `sender`: of the envelope, if not the
        configured one. `envelope_id`: by which reports name the mail."""
        envelope = _Envelope(sender or self._config.sender, recipient, message, envelope_id, priority)
        with self._span() as span:
            reply = await self._hand_over(envelope)
            span.note(punctual__smtp__reply_code=reply.code)
            return reply

    async def probe(self) -> bool:
        """Whether a connection can be opened, with its login. No mail is sent for this."""
        return await self.trouble() is None

    async def trouble(self) -> MailError | None:
        """Why no connection can be opened; None when one can.

        Kept connections are not asked, since they may be from before the outage. Nor is NOOP: some servers refuse it,
        and it says nothing about mails.
        """
        self._forget_idle()
        try:
            self._keep(await self._connect())
        except MailError as error:
            return None if error.cause == "connections" and self._others() else error
        return None

    def stop(self) -> None:
        """Ends the hand-overs under way; each `hand_over` raises its MailError."""
        for session in list(self._busy):
            session.stop()

    async def _hand_over(self, envelope: "_Envelope") -> Reply:
        kept = self._kept()
        if kept is not None:
            try:
                return await self._send_on(kept, envelope)
            except MailError as error:
                if not _of_this_session(error):
                    raise
                kept.close()
        return await self._send_on(await self._connect_or_wait(envelope.priority), envelope)

    async def _send_on(self, session: MailSession, envelope: "_Envelope") -> Reply:
        self._busy.add(session)
        try:
            reply = await session.send(
                envelope.sender, envelope.recipient, envelope.message, envelope_id=envelope.envelope_id
            )
        except MailError:
            self._keep(session)
            raise
        except BaseException:
            session.abort()  # cancelled halfway: its replies would be taken for the next mail's
            raise
        finally:
            self._busy.discard(session)
        self._keep(session)
        return reply

    async def _connect_or_wait(self, priority: Priority) -> MailSession:
        """A new connection; or a kept one if the server allows no more of them, which is not the mail's fault."""
        while True:
            try:
                return await self._connect()
            except MailError as error:
                others = self._others()
                if error.cause != "connections" or not others:
                    raise
            self._limit.shrink(others)
            await self._limit.again(priority)
            kept = self._kept()
            if kept is not None:
                return kept

    def _others(self) -> int:
        return len(self._busy) + len(self._idle) + self._opening

    async def _connect(self) -> MailSession:
        self._opening += 1
        try:
            if self._config.username and not self._login_holds():
                async with self._logging_in:
                    if not self._login_holds():
                        return await self._open()
            return await self._open()
        finally:
            self._opening -= 1

    def _login_holds(self) -> bool:
        """Whether the login is known to work. Until then one connection logs in alone: with a wrong password, eight at
        once would be eight failures."""
        return self._refused is None and (bool(self._busy) or any(each.usable for each in self._idle))

    async def _open(self) -> MailSession:
        if self._refused is not None:
            at, error = self._refused
            if monotonic() - at < self._login_pause:
                raise error.with_traceback(None)
        try:
            session = await open_session(self._config, self._tls, self._tokens)
        except MailError as error:
            self._judge_login(error)
            raise
        self._unanswered, self._refused = 0, None
        return session

    def _judge_login(self, error: MailError) -> None:
        if error.stage != "login" or isinstance(error.__cause__, TokenUnavailable):
            return
        self._unanswered += error.code is None
        if self._unanswered >= UNANSWERED_LOGINS:
            error.cause = "login"
        if error.code is not None or self._unanswered >= UNANSWERED_LOGINS:
            self._refused = monotonic(), error

    def _kept(self) -> MailSession | None:
        """The connection used last. Connections that were idle too long are closed."""
        horizon = monotonic() - self._config.idle
        while self._idle and (self._idle[0].used_at < horizon or not self._idle[0].usable):
            self._idle.popleft().close()
        while self._idle:
            session = self._idle.pop()
            if session.usable:
                return session
        return None

    def _keep(self, session: MailSession) -> None:
        if session.usable:
            self._idle.append(session)

    def _forget_idle(self) -> None:
        while self._idle:
            self._idle.pop().close()

    def _span(self) -> tracing.Span:
        return tracing.span(
            "send mail",
            "CLIENT",
            network__protocol__name="smtp",
            server__address=self._config.host,
            server__port=self._config.port,
        )


@dataclass(frozen=True, slots=True)
class _Envelope:
    sender: str
    recipient: str
    message: bytes
    envelope_id: str | None
    priority: Priority


def show_connections(mailers: Sequence[Mailer]) -> None:
    """Shows the connections of all mailers in the metrics."""

    def total(place: int) -> Callable[[], float]:
        return lambda: sum(mailer.counts[place] for mailer in mailers)

    metrics.SMTP_CONNECTIONS.labels("busy").set_function(total(0))
    metrics.SMTP_CONNECTIONS.labels("idle").set_function(total(1))
    metrics.SMTP_CONNECTIONS_MAX.set_function(total(2))


def _of_this_session(error: MailError) -> bool:
    """Whether the error concerns the kept connection, not the mail: then another connection is worth an attempt. The
    connection closed while it was idle, or the server takes no more mails on it; the server does not have this mail."""
    if error.data_begun or error.stage == "end of data":
        return False
    return error.code is None or error.code == 421 or error.stage == "mail" or error.enhanced in ("4.5.3", "5.5.3")
