"""How late reminders are."""

import asyncio
import json
import os
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from shared.database import Database
from shared.ids import new_id
from tests.bench import bookings
from tests.bench.contenders import Contender, Peer, Running
from tests.bench.figures import Latency
from tests.bench.phases import on_new_servers
from tests.bench.servers import Servers, connected
from tests.bench.wire import pace

WINDOW: Final = 20.0
LEAD: Final = 8.0
"""Seconds from the planning of reminders to the first that is due."""
_CLIENTS: Final = 2_000
_LOOK_EVERY: Final = 0.1


@dataclass(frozen=True, slots=True)
class Kept:
    """`lateness` of what came, `missing` of what did not; `memory` in MiB by process."""

    lateness: Latency
    missing: int
    memory: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Burst:
    """`seconds` until all was sent; `told`: from the answers of bookings meanwhile to their mails."""

    seconds: float
    missing: int
    told: Latency


async def keep(servers: Servers, contender: Contender, *, reminders: int, pending: int = 0) -> Kept:
    """Reminders due evenly over WINDOW, with others months ahead (Punctual only)."""
    async with on_new_servers(servers, contender) as running:
        running.start_worker()
        if pending:
            async with connected(running.place.database_url) as database:
                await _pend(database, pending)
        begin = time.time() + LEAD
        due = {str(new_id()): begin + random.uniform(0, WINDOW) for _ in range(reminders)}
        await _schedule(running, due)
        arrived = await _arrivals(servers, due, patience=30)
        late = [arrived[key] - moment for key, moment in due.items() if key in arrived]
        return Kept(Latency.of(late), len(due) - len(late), running.memory())


async def burst(servers: Servers, contender: Contender, *, reminders: int) -> Burst:
    """Many reminders due at the same second, while bookings go on at 20 a second."""
    async with on_new_servers(servers, contender) as running:
        running.start_worker()
        moment = float(int(time.time() + LEAD))
        due = {str(new_id()): moment for _ in range(reminders)}
        await _schedule(running, due)
        await asyncio.sleep(max(moment - time.time() - 1, 0))
        answers = await pace(running.urls, bookings.requests(), per_second=20, seconds=10)
        arrived = await _arrivals(servers, due | answers.told, patience=120)
        told = [arrived[key] - answered for key, answered in answers.told.items() if key in arrived]
        sent = [arrived[key] for key in due if key in arrived]
        return Burst(max(sent) - moment, len(due) - len(sent), Latency.of(told))


async def _schedule(running: Running, due: Mapping[str, float]) -> None:
    if not isinstance(running.contender, Peer):
        async with connected(running.place.database_url) as database:
            await _plan(database, due)
        return
    environment = {**os.environ, **running.place.environment, **running.contender.settings}
    command = [str(word) for word in running.contender.scheduler]
    scheduler = await asyncio.create_subprocess_exec(*command, env=environment, stdin=asyncio.subprocess.PIPE)
    await scheduler.communicate(json.dumps(due).encode())
    assert scheduler.returncode == 0, f"{running.contender.name} took no reminders"


async def _plan(database: Database, due: Mapping[str, float]) -> None:
    """Reminders due then, as bookings make them, of as many clients that nobody reaches the mails of an hour."""
    moments = [datetime.fromtimestamp(moment, UTC) for moment in due.values()]
    starts = max(moments) + timedelta(hours=1)
    await database.execute(
        "INSERT INTO clients (id, email)"
        " SELECT 'c' || n, 'c' || n || '@patients.example' FROM generate_series(1, $1::int) AS n"
        " ON CONFLICT DO NOTHING",
        _CLIENTS,
    )
    appointments = [new_id() for _ in range(_CLIENTS)]
    await database.execute(
        "INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at,"
        " status) SELECT id, '1', 'c' || n, starts_at::date, starts_at::time, 'UTC', starts_at,"
        " starts_at + interval '1 min', 'booked' FROM unnest($1::uuid[]) WITH ORDINALITY AS a (id, n)"
        " CROSS JOIN LATERAL (SELECT $2::timestamptz + n * interval '1 min' AS starts_at) AS at",
        appointments,
        starts,
    )
    await database.execute(
        "INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, expires_at, publish_after)"
        " SELECT t.id, 'appointment_reminder', 'normal', 'scheduled', a.id, a.client_id, due, $3, due"
        "   FROM unnest($1::uuid[], $2::timestamptz[]) WITH ORDINALITY AS t (id, due, n)"
        "   JOIN appointments a ON a.id = ($4::uuid[])[t.n % $5 + 1]",
        [UUID(key) for key in due],
        moments,
        starts,
        appointments,
        _CLIENTS,
    )


async def _pend(database: Database, count: int) -> None:
    """That many other reminders, months ahead."""
    first = str(new_id())
    await _plan(database, {first: (datetime.now(UTC) + timedelta(days=90)).timestamp()})
    await database.execute(
        "INSERT INTO jobs (id, kind, priority, state, appointment_id, client_id, due_at, expires_at,"
        " publish_after) SELECT gen_random_uuid(), kind, priority, state, appointment_id, client_id,"
        " due_at + n * interval '1 s', expires_at + interval '1 year', publish_after + n * interval '1 s'"
        " FROM jobs, generate_series(1, $2::int) AS n WHERE id = $1",
        UUID(first),
        count,
    )
    await database.execute("VACUUM ANALYZE jobs")
    await database.execute("CHECKPOINT")  # what was just inserted is months old in real life


async def _arrivals(servers: Servers, due: Mapping[str, float], *, patience: float) -> dict[str, float]:
    """When what arrived; waits until all have, or until `patience` seconds after the last is due."""
    deadline = max(due.values()) + patience
    while servers.sink.count() < len(due) and time.time() < deadline:  # noqa: ASYNC110 - another process counts
        await asyncio.sleep(_LOOK_EVERY)
    return servers.sink.arrived()
