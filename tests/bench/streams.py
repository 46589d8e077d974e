"""What open streams cost: `python -m tests.bench.streams` against a stack that `make up` has started.

Opens streams of as many clients, tells them of notifications at a rate, and prints the API's memory a stream, its
processor time, and how long after its commit a notification reached its client.
"""

import argparse
import asyncio
import random
import shlex
import time
from collections.abc import Mapping
from contextlib import aclosing
from pathlib import Path
from urllib.parse import urlsplit

import orjson
import psutil

from api_service.identity import tokens
from deploy.local.state import stack_home
from shared.broker import sessions
from shared.broker.live_exchange import LiveNews
from shared.broker.topology import LIVE_EXCHANGE, Topology
from shared.database import Database
from shared.ids import new_id
from tests.bench.figures import Latency
from tests.support.events import PATH


class Clients:
    """Streams read with as little as will do, so that the figures are the server's."""

    def __init__(self, url: str, secret: str) -> None:
        self._place = urlsplit(url)
        self._secret = secret
        self._reading: set[asyncio.Task[None]] = set()
        self._writers: list[asyncio.StreamWriter] = []
        self.delays: list[float] = []

    async def open(self, client_id: str) -> None:
        token = tokens.issue(self._secret, subject=client_id, roles=["client"])
        reader, writer = await asyncio.open_connection(self._place.hostname, self._place.port, limit=16_384)
        writer.write(f"GET {PATH} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode())
        await reader.readuntil(b"event: unread")
        self._writers.append(writer)
        self._reading.add(asyncio.create_task(self._read(reader)))

    async def _read(self, reader: asyncio.StreamReader) -> None:
        async for line in reader:
            if line.startswith(b"data: ") and b'"title"' in line:
                told = float(orjson.loads(line.removeprefix(b"data: "))["title"])
                self.delays.append(time.time() - told)

    async def close(self) -> None:
        for task in self._reading:
            task.cancel()
        for writer in self._writers:
            writer.close()
        await asyncio.gather(*self._reading, return_exceptions=True)


async def measure(home: Path, *, streams: int, rate: int, seconds: int) -> None:
    stack, services = _environment(home / "stack.env"), _environment(home / "services.env")
    api = psutil.Process(int(stack["API_PID"]))
    database = await Database.connect(stack["DATABASE_URL"], size=4, name="bench")
    names = [f"bench-{number}" for number in range(streams)]
    await database.execute("INSERT INTO clients (id) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING", names)
    clients = Clients(stack["API_URL"], services["JWT_SECRET"])
    before = api.memory_info().rss
    for start in range(0, streams, 20):
        await asyncio.gather(*map(clients.open, names[start : start + 20]))
    await asyncio.sleep(2)
    opened = api.memory_info().rss
    print(f"{streams} streams: {(opened - before) / streams:,.0f} bytes of resident memory a stream")
    await _idle(api, 15)
    news = LiveNews()
    telling = asyncio.create_task(_publish(stack["AMQP_URL"], news))
    used, began = _processor(api), time.monotonic()
    await _tell(database, news, names, rate=rate, seconds=seconds)
    share = (_processor(api) - used) / (time.monotonic() - began)
    await asyncio.sleep(2)
    delays = Latency.of(clients.delays)
    missing = rate * seconds - delays.count
    print(f"{rate} notifications a second: heard p50 / p99 / max {delays} ms after their commit, {missing} missing")
    grown = (api.memory_info().rss - opened) / streams
    print(f"the API used {share:.1%} of a core meanwhile, and grew by {grown:,.0f} bytes a stream")
    telling.cancel()
    await asyncio.gather(telling, return_exceptions=True)
    await clients.close()
    await database.close()


async def _idle(api: psutil.Process, seconds: float) -> None:
    used = _processor(api)
    await asyncio.sleep(seconds)
    print(f"without news: {(_processor(api) - used) / seconds:.1%} of a core")


async def _tell(database: Database, news: LiveNews, names: list[str], *, rate: int, seconds: int) -> None:
    """In ticks of a twentieth of a second, each one statement."""
    row = await database.fetchrow("SELECT id FROM appointments LIMIT 1")
    if row is None:
        raise SystemExit("book an appointment first")
    began = time.monotonic()
    for tick in range(seconds * 20):
        chosen = random.sample(names, rate // 20)
        await database.execute(
            """INSERT INTO in_app_notifications (id, job_id, client_id, appointment_id, kind, title, body)
               SELECT id, id, client_id, $3, 'appointment_created_email', $4, repeat('x', 150)
                 FROM unnest($1::uuid[], $2::text[]) AS told (id, client_id)""",
            *([new_id() for _ in chosen], chosen, row["id"], str(time.time())),
        )
        for name in chosen:
            news.tell(name)
        await asyncio.sleep(max(began + (tick + 1) / 20 - time.monotonic(), 0))


async def _publish(amqp_url: str, news: LiveNews) -> None:
    async def topology(*_: object) -> Topology:
        return Topology([LIVE_EXCHANGE], [])

    async with aclosing(sessions(amqp_url, name="bench", topology=topology)) as each:
        async for session in each:
            await news.run(session)


def _processor(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _environment(file: Path) -> Mapping[str, str]:
    words = (shlex.split(line)[0] for line in file.read_text("utf-8").splitlines())
    return dict(word.split("=", 1) for word in words)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--streams", type=int, default=1_000)
    parser.add_argument("--rate", type=int, default=200, help="notifications a second")
    parser.add_argument("--seconds", type=int, default=20)
    options = parser.parse_args()
    asyncio.run(measure(stack_home(), streams=options.streams, rate=options.rate, seconds=options.seconds))
