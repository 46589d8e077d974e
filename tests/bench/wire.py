"""A client that costs next to nothing: requests are bytes, answers are a status and bytes."""

import asyncio
import math
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Self
from urllib.parse import urlsplit

import orjson

from tests.bench.figures import Latency

_HEAD_END: Final = b"\r\n\r\n"


class Wire(asyncio.Protocol):
    """One connection, kept open; one request at a time."""

    def __init__(self) -> None:
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._answer: asyncio.Future[tuple[int, bytes]] | None = None

    @classmethod
    async def open(cls, url: str) -> Self:
        place = urlsplit(url)
        _, wire = await asyncio.get_running_loop().create_connection(cls, place.hostname or "", place.port or 0)
        return wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def connection_lost(self, error: Exception | None) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionResetError("the server has closed the connection"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head_end = self._buffer.find(_HEAD_END)
        if head_end < 0:
            return
        head = self._buffer[:head_end].lower()
        at = head.index(b"content-length:") + 15
        end = head_end + 4 + int(head[at : head.find(b"\r\n", at) if head.find(b"\r\n", at) > 0 else None])
        if len(self._buffer) >= end and self._answer is not None:
            body, self._buffer = self._buffer[head_end + 4 : end], self._buffer[end:]
            self._answer.set_result((int(head[9:12]), body))

    async def ask(self, request: bytes) -> bytes:
        """The answer's body. Raises AssertionError when it is no 200."""
        assert self._transport is not None
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        status, body = await self._answer
        assert status == 200, f"{status}: {body!r}"
        return body

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


@dataclass
class Answers:
    """`asked`, `answered`: the id of the first job (its mail's Message-ID) → Unix time at which its booking was sent,
    and answered; of `pace` only. `seconds`: from the one to the other, of every booking."""

    began: float = field(default_factory=time.perf_counter)
    seconds: list[float] = field(default_factory=list)
    asked: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    took: float = 0.0

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.seconds) / self.took

    @property
    def latency(self) -> Latency:
        return Latency.of(self.seconds)


async def saturate(
    urls: Sequence[str],
    requests: Iterator[bytes],
    *,
    connections: int,
    most: int = sys.maxsize,
    seconds: float = math.inf,
) -> Answers:
    """Each connection asks as soon as it was answered, until `most` requests or `seconds`; by turns at all `urls`."""
    wires = [await Wire.open(urls[number % len(urls)]) for number in range(connections)]
    answers = Answers()
    mine = islice(requests, most)

    async def ask(wire: Wire) -> None:
        for request in mine:
            asked = time.perf_counter()
            await wire.ask(request)
            answered = time.perf_counter()
            answers.seconds.append(answered - asked)
            if answered - answers.began >= seconds:
                return

    await asyncio.gather(*map(ask, wires))
    answers.took = time.perf_counter() - answers.began
    for wire in wires:
        wire.close()
    return answers


async def pace(urls: Sequence[str], requests: Iterator[bytes], *, per_second: float, seconds: float) -> Answers:
    """Asks at that rate, by turns at all `urls`, whatever the answers do; notes when each booking was sent
    and answered."""
    free = deque([await Wire.open(urls[number % len(urls)]) for number in range(32)])
    answers = Answers()

    async def ask(request: bytes) -> None:
        wire = free.popleft() if free else await Wire.open(urls[len(answers.seconds) % len(urls)])
        asked, began = time.time(), time.perf_counter()
        body = await wire.ask(request)
        answers.seconds.append(time.perf_counter() - began)
        answered = time.time()
        job = orjson.loads(body)["jobs"][0]["id"]
        answers.asked[job], answers.answered[job] = asked, answered
        free.append(wire)

    asking = set()
    for number in range(int(per_second * seconds)):
        await asyncio.sleep(max(answers.began + number / per_second - time.perf_counter(), 0))
        asking.add(asyncio.create_task(ask(next(requests))))
    await asyncio.gather(*asking)
    answers.took = time.perf_counter() - answers.began
    for wire in free:
        wire.close()
    return answers
