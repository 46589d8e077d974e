"""How late reminders are: `make bench-reminders`. Punctual with each backend that the broker has, beside Celery's ETA
and procrastinate's schedule_at, all in one run; the tables go to docs/benchmarks.md by --write."""

import argparse
import asyncio
import os
import platform
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import aiohttp

from api_service import tokens
from deploy.local import delayed_plugin
from deploy.local.postgres import Postgres
from deploy.local.processes import spawn
from deploy.local.rabbitmq import RabbitMQ, server_folder
from shared.database import Database
from shared.ids import new_id
from shared.migrations.runner import migrate
from tests.bench.figures import Lateness, resident_mib, table
from tests.bench.sink import Sink
from tests.support.client import a_wish
from tests.support.services import Service, running
from tests.support.world import UNLIMITED

SECRET: Final = "a secret for benchmarks, of more than 32 bytes"
WINDOW: Final = 30.0
LEAD: Final = 8.0
ROOT: Final = Path(__file__).parents[2]


class Bench:
    def __init__(self, home: Path, reminders: int) -> None:
        self.home = home
        self.reminders = reminders
        self.sink = Sink()
        self.postgres = Postgres(home, dies_with_us=signal.SIGINT)
        self.rabbitmq = RabbitMQ(home / "rabbitmq", dies_with_us=signal.SIGTERM)
        self._worlds = 0

    async def start(self) -> None:
        await asyncio.gather(self.postgres.start(), self.rabbitmq.start(), self.sink.start())

    def stop(self) -> None:
        self.sink.stop()
        self.rabbitmq.stop()
        self.postgres.stop()
        self.postgres.remove()

    async def fresh(self) -> tuple[str, str]:
        """A database and a virtual host that nobody has used: their URLs."""
        self._worlds += 1
        name = f"bench{self._worlds}"
        server = await Database.connect(self.postgres.url, size=2, name="bench")
        await server.execute(f'CREATE DATABASE "{name}"')
        await server.close()
        async with aiohttp.ClientSession() as http:
            await http.put(f"{self.rabbitmq.management_url}/api/vhosts/{name}")
        return f"{self.postgres.url.rpartition('/')[0]}/{name}", f"{self.rabbitmq.amqp_url}{name}"

    async def arrival_of(self, expected: dict[str, float], patience: float) -> Lateness:
        """Waits until all have arrived or patience is over; how late they were."""
        deadline = max(expected.values()) + patience
        # one look at a time keeps the load of looking out of the figures
        while time.time() < deadline and not expected.keys() <= self.sink.arrived.keys():  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        late = [self.sink.arrived[key] - due for key, due in expected.items() if key in self.sink.arrived]
        return Lateness.of(late, len(expected))


@asynccontextmanager
async def punctual(bench: Bench, backend: str) -> AsyncIterator[tuple[Database, Service, Service]]:
    """Both services on fresh servers, with a doctor."""
    database_url, amqp_url = await bench.fresh()
    database = await Database.connect(database_url, size=4, name="bench", timeout=600)
    await migrate(database)
    await database.execute("INSERT INTO clients (id, email) VALUES ('c', 'c@patients.example')")
    await database.execute("INSERT INTO doctors (id, name, timezone) VALUES ('1', 'Ada', 'Europe/Berlin')")
    environment = {
        "DATABASE_URL": database_url,
        "AMQP_URL": amqp_url,
        "DELAY_BACKEND": backend,
        "JWT_SECRET": SECRET,
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(bench.sink.port),
        "SMTP_SECURITY": "none",
        "MAIL_FROM": "Punctual <a@punctual.example>",
        "LOG_LEVEL": "warning",
        **UNLIMITED,
    }
    async with AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        api = await stack.enter_async_context(running("api-service", environment, bench.home / "api.log"))
        notifier = await stack.enter_async_context(
            running("notifier-service", environment, bench.home / "notifier.log")
        )
        yield database, api, notifier


async def plan(database: Database, due: list[datetime]) -> dict[str, float]:
    """Reminders due then, as bookings make them; their ids and Unix times."""
    appointment, starts = new_id(), max(due) + timedelta(hours=1)
    await database.execute(
        "INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at,"
        " status) VALUES ($1, '1', 'c', $2, '10:00', 'Europe/Berlin', $3, $4, 'booked')",
        appointment,
        starts.date(),
        starts,
        starts + timedelta(minutes=1),
    )
    ids: list[UUID] = [new_id() for _ in due]
    await database.execute(
        "INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, expires_at, publish_after)"
        " SELECT id, 'appointment_reminder', 'normal', 'scheduled', $1, 'c', due, $4, due"
        " FROM unnest($2::uuid[], $3::timestamptz[]) AS t (id, due)",
        appointment,
        ids,
        due,
        starts,
    )
    return {str(job_id): moment.timestamp() for job_id, moment in zip(ids, due, strict=True)}


async def pend(database: Database, count: int) -> None:
    """That many other reminders, months ahead."""
    if count:
        far = datetime.now(UTC) + timedelta(days=90)
        [appointment] = await plan(database, [far])
        await database.execute(
            "INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, expires_at,"
            " publish_after) SELECT gen_random_uuid(), kind, priority, state, appointment_id, client_id,"
            " due_at + n * interval '1 s', expires_at + interval '1 year', publish_after + n * interval '1 s'"
            " FROM jobs, generate_series(1, $2::int) AS n WHERE id = $1",
            UUID(appointment),
            count,
        )
        await database.execute("VACUUM ANALYZE jobs")
        await database.execute("CHECKPOINT")  # what was just inserted is months old in real life


def in_the_window(count: int) -> list[datetime]:
    begin = datetime.now(UTC) + timedelta(seconds=LEAD)
    return [begin + timedelta(seconds=random.uniform(0, WINDOW)) for _ in range(count)]


async def lateness(bench: Bench, backend: str, pending: int) -> list[object]:
    async with punctual(bench, backend) as (database, api, notifier):
        await pend(database, pending)
        found = await bench.arrival_of(await plan(database, in_the_window(bench.reminders)), 30)
        broker = bench.rabbitmq.process
        memory = [resident_mib(api.process.pid), resident_mib(notifier.process.pid)]
        memory.append(resident_mib(broker.pid) if broker else 0)
        return [f"Punctual, {backend}", f"{pending:,}", found, found.missing, *(f"{each:.0f}" for each in memory)]


async def burst(bench: Bench, backend: str, count: int) -> list[object]:
    """Many due at the same second, while bookings go on."""
    async with punctual(bench, backend) as (database, api, _):
        due = (datetime.now(UTC) + timedelta(seconds=LEAD)).replace(microsecond=0)
        expected = await plan(database, [due] * count)
        confirmations: dict[str, float] = {}
        token = tokens.issue(SECRET, subject="b", roles=["client"], email="b@patients.example")
        headers = {"Authorization": f"Bearer {token}"}

        async def book() -> None:
            async with aiohttp.ClientSession(headers=headers) as http:
                while True:
                    async with http.post(f"{api.url}/api/client/appointments", json=a_wish()) as answer:
                        job = (await answer.json())["jobs"][0]
                        confirmations[job["id"]] = datetime.fromisoformat(job["dueAt"]).timestamp()
                    await asyncio.sleep(0.05)

        await asyncio.sleep(max(due.timestamp() - time.time() - 1, 0))
        booking = asyncio.create_task(book())
        found = await bench.arrival_of(expected, 120)
        booking.cancel()
        await asyncio.gather(booking, return_exceptions=True)
        told = await bench.arrival_of(confirmations, 30)
        return [
            f"Punctual, {backend}",
            f"{count:,}",
            f"{found.largest / 1000:.1f}",
            found.missing,
            len(confirmations),
            told,
        ]


async def celery(bench: Bench) -> list[object]:
    _, amqp_url = await bench.fresh()
    environment = {"AMQP_URL": amqp_url.replace("amqp://", "pyamqp://"), "SMTP_PORT": str(bench.sink.port)}
    os.environ.update(environment)
    from tests.bench.peers.celery_app import remind

    worker = spawn(
        [sys.executable, "-m", "celery", "-A", "tests.bench.peers.celery_app", "worker", "-c", "4", "-l", "WARNING"],
        log=bench.home / "celery.log",
        environment={**environment, "PYTHONPATH": str(ROOT)},
        dies_with_us=signal.SIGKILL,
    )
    due = {str(new_id()): moment for moment in in_the_window(bench.reminders)}
    await asyncio.to_thread(lambda: [remind.apply_async((key,), eta=moment) for key, moment in due.items()])
    found = await bench.arrival_of({key: moment.timestamp() for key, moment in due.items()}, 30)
    await asyncio.to_thread(worker.stop, within=10)
    return ["Celery, eta", "0", found, found.missing, "", "", ""]


async def procrastinate(bench: Bench) -> list[object]:
    database_url, _ = await bench.fresh()
    environment = {"DATABASE_URL": database_url, "SMTP_PORT": str(bench.sink.port), "PYTHONPATH": str(ROOT)}
    os.environ.update(environment)
    from tests.bench.peers.procrastinate_app import app, remind

    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        worker = spawn(
            [
                sys.executable,
                "-m",
                "procrastinate",
                "-a",
                "tests.bench.peers.procrastinate_app.app",
                "worker",
                "-c",
                "8",
            ],
            log=bench.home / "procrastinate.log",
            environment=environment,
            dies_with_us=signal.SIGKILL,
        )
        due = {str(new_id()): moment for moment in in_the_window(bench.reminders)}
        for key, moment in due.items():
            await remind.configure(schedule_at=moment).defer_async(message_id=key)
        found = await bench.arrival_of({key: moment.timestamp() for key, moment in due.items()}, 30)
        await asyncio.to_thread(worker.stop, within=10)
    return ["procrastinate, schedule_at", "0", found, found.missing, "", "", ""]


async def main() -> None:
    parser = argparse.ArgumentParser("bench-reminders")
    parser.add_argument("--reminders", type=int, default=2000)
    parser.add_argument("--pending", type=int, nargs="*", default=[0, 100_000, 1_000_000])
    parser.add_argument("--burst", type=int, default=20_000)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--write", type=Path, help="replace this file with the tables")
    options = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="punctual-bench-"))
    home.chmod(0o755)  # noqa: ASYNC240 - once, before anything runs
    bench = Bench(home, options.reminders)
    backends = ["relay"] + (["exchange"] if delayed_plugin.find(server_folder(), os.environ) else [])
    try:
        await bench.start()
        rows = []
        for pending in options.pending:
            for backend in backends:
                rows.append(await lateness(bench, backend, pending))
                print("|", *rows[-1], sep=" ", flush=True)
        if not options.no_peers:
            for peer in (celery, procrastinate):
                rows.append(await peer(bench))
                print("|", *rows[-1], sep=" ", flush=True)
        bursts = [await burst(bench, backend, options.burst) for backend in backends]
    finally:
        await asyncio.to_thread(bench.stop)
        shutil.rmtree(home, ignore_errors=True)
    text = report(options.reminders, rows, bursts)
    print(text)
    if options.write:
        options.write.write_text(text, "utf-8")


def report(reminders: int, rows: list[list[object]], bursts: list[list[object]]) -> str:
    head = ["who", "others pending", "lateness p50 / p99 / max, ms", "missing", "API MiB", "notifier MiB", "broker MiB"]
    burst_head = [
        "who",
        "due at one second",
        "all sent after, s",
        "missing",
        "bookings meanwhile",
        "their mail after p50 / p99 / max, ms",
    ]
    return (
        "# Benchmarks\n\n"
        f"Reminders, {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, Python {platform.python_version()}:"
        " `make bench-reminders`. One run, one after the other, on private servers; broker, database, mail sink and"
        " both services share the cores.\n\n"
        f"{reminders:,} reminders due in {WINDOW:.0f} s.\n\n{table(head, rows)}\n"
        f"A burst, while bookings go on at about 20 a second.\n\n{table(burst_head, bursts)}"
    )


if __name__ == "__main__":
    asyncio.run(main())
