"""A mail server that says what a script tells it to, at each stage: right, wrong, early, late, in pieces, never."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Final, Literal

Stage = Literal["connect", "hello", "mail", "recipient", "data", "end of data"]
STAGES: Final[tuple[Stage, ...]] = ("connect", "hello", "mail", "recipient", "data", "end of data")
EXTENSIONS: Final = ("PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES", "SIZE 1000000")


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said at a stage, in these pieces; then the session goes on, ends, or the server falls silent. `late`:
    seconds before it; `takes`: of a message, whether the server keeps it; None: where the answer begins with 2."""

    pieces: tuple[bytes, ...]
    then: Literal["goes on", "hangs up", "hangs"] = "goes on"
    late: float = 0.0
    takes: bool | None = None

    @property
    def text(self) -> bytes:
        return b"".join(self.pieces)


def says(text: str | bytes, **more: object) -> Answer:
    """One line, or bytes as they are."""
    answer = Answer((text if isinstance(text, bytes) else f"{text}\r\n".encode(),))
    return replace(answer, **more)  # type: ignore[arg-type] # fields of Answer


RIGHT: Final[Mapping[Stage, Answer]] = {
    "connect": says("220 scripted"),
    "mail": says("250 2.1.0 ok"),
    "recipient": says("250 2.1.5 ok"),
    "data": says("354 go on"),
    "end of data": says("250 2.0.0 kept"),
}
Script = Callable[["Session"], Mapping[Stage, Answer]]
"""What differs from RIGHT in a session; asked anew at each stage."""


@dataclass(slots=True)
class Session:
    """One connection, as the server sees it."""

    number: int
    taken: int = 0
    said: list[bytes] = field(default_factory=list)


class ScriptedSmtp:
    """`taken`: recipients and messages that it keeps; `open`, `opened`: connections now, and so far."""

    def __init__(self, script: Mapping[Stage, Answer] | Script | None = None) -> None:
        self.script: Script = script if callable(script) else lambda _: script or {}
        self.extensions: tuple[str, ...] | None = EXTENSIONS
        self.auth: Callable[[bytes], bytes | Answer] = lambda _: b"235 2.7.0 ok\r\n"
        self.taken: list[tuple[bytes, bytes]] = []
        self.heard: list[bytes] = []
        self.opened = 0
        self.open = 0
        self.most = 0
        self.port = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self.opened += 1
        self.open += 1
        self.most = max(self.most, self.open)
        try:
            await _Conversation(self, Session(self.opened), reader, writer).run()
        except (ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
            pass  # what a client does to us is its own matter
        finally:
            self.open -= 1
            self._tasks.discard(task)
            writer.transport.abort()

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class _Ended(ConnectionError):
    """The script has ended the session."""


class _Conversation:
    def __init__(
        self, server: ScriptedSmtp, session: Session, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._server = server
        self._session = session
        self._reader = reader
        self._writer = writer
        self._recipient = b""
        self._sender = False

    async def run(self) -> None:
        await self._answer("connect")
        while line := await self._reader.readline():
            self._session.said.append(line)
            self._server.heard.append(line)
            await self._hear(line.rstrip(b"\r\n"))

    async def _hear(self, line: bytes) -> None:
        verb = line.upper().split(b" ")[0]
        match verb:
            case b"EHLO" if self._server.extensions is not None:
                await self._answer("hello", _offer(self._server.extensions))
            case b"EHLO":
                await self._say(says("500 5.5.1 what is EHLO"))
            case b"HELO":
                await self._answer("hello", says("250 scripted"))
            case b"MAIL":
                self._recipient = b""
                self._sender = _is_success(await self._answer("mail"))
            case b"RCPT":
                right = None if self._sender else says("503 5.5.1 MAIL first")
                if _is_success(await self._answer("recipient", right)):
                    self._recipient = line[len(b"RCPT TO:<") : line.index(b">")]
            case b"DATA":
                await self._data()
            case b"AUTH":
                answer = self._server.auth(line)
                await self._say(answer if isinstance(answer, Answer) else says(answer))
            case b"QUIT":
                await self._say(says("221 bye", then="hangs up"))
            case _:
                await self._say(says("250 ok"))

    async def _data(self) -> None:
        right = None if self._recipient else says("554 5.5.1 no valid recipients")
        if b"354" not in (await self._answer("data", right)).text:
            return
        message = await self._reader.readuntil(b".\r\n")
        while message != b".\r\n" and not message.endswith(b"\r\n.\r\n"):
            message += await self._reader.readuntil(b".\r\n")
        answer = self._of("end of data")
        if answer.takes if answer.takes is not None else answer.text.startswith(b"2"):
            self._session.taken += 1
            self._server.taken.append((self._recipient, message[:-3]))
        await self._say(answer)

    def _of(self, stage: Stage, right: Answer | None = None) -> Answer:
        return self._server.script(self._session).get(stage) or right or RIGHT[stage]

    async def _answer(self, stage: Stage, right: Answer | None = None) -> Answer:
        answer = self._of(stage, right)
        await self._say(answer)
        return answer

    async def _say(self, answer: Answer) -> None:
        if answer.late:
            await asyncio.sleep(answer.late)
        for place, piece in enumerate(answer.pieces):
            if place:
                await asyncio.sleep(0)
            self._writer.write(piece)
            await self._writer.drain()
        if answer.then == "hangs up":
            with contextlib.suppress(ConnectionError):
                self._writer.close()
                await self._writer.wait_closed()
            raise _Ended
        if answer.then == "hangs":
            await asyncio.Event().wait()


def _is_success(answer: Answer) -> bool:
    """Whether the server goes on as if it had said yes: a wrong answer is no refusal."""
    return not answer.text.startswith((b"4", b"5"))


def _offer(extensions: tuple[str, ...]) -> Answer:
    lines = ("scripted", *extensions)
    return says("".join(f"250{'-' if each is not lines[-1] else ' '}{each}\r\n" for each in lines).encode())


@asynccontextmanager
async def scripted(script: Mapping[Stage, Answer] | Script | None = None) -> AsyncIterator[ScriptedSmtp]:
    """A server on a free port of loopback, for the block."""
    server = ScriptedSmtp(script)
    listener = await asyncio.start_server(server._client, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        await server.stop()
