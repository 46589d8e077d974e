"""Plans reminders: Punctual's as rows, as bookings make them; those of peers by their own schedulers."""

import asyncio
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from shared.database import Database
from shared.ids import new_id
from tests.bench.contenders import Peer
from tests.bench.running import Running
from tests.bench.servers import connected

_CLIENTS: Final = 2_000


async def schedule(running: Running, due: Mapping[str, float]) -> None:
    """Reminders by id, each due at its Unix time."""
    if not isinstance(running.contender, Peer):
        async with connected(running.place.database_url) as database:
            await _plan(database, due)
        return
    environment = {**os.environ, **running.place.environment, **running.contender.settings}
    command = [str(word) for word in running.contender.scheduler]
    scheduler = await asyncio.create_subprocess_exec(*command, env=environment, stdin=asyncio.subprocess.PIPE)
    await scheduler.communicate(json.dumps(due).encode())
    assert scheduler.returncode == 0, f"{running.contender.name} took no reminders"


async def pend(running: Running, count: int) -> None:
    """That many other reminders of Punctual, months ahead."""
    first = str(new_id())
    async with connected(running.place.database_url) as database:
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


async def _plan(database: Database, due: Mapping[str, float]) -> None:
    """Of as many clients that nobody reaches the mails of an hour."""
    moments = [datetime.fromtimestamp(moment, UTC) for moment in due.values()]
    starts = max(moments) + timedelta(hours=1)
    await database.execute(
        "INSERT INTO clients (id, email)"
        " SELECT 'c' || n, 'c' || n || '@patients.example' FROM generate_series(1, $1::int) AS n"
        " ON CONFLICT DO NOTHING",
        _CLIENTS,
    )
    doctor = f"of {new_id()}"  # one for each plan: appointments of two plans may be at the same time
    await database.execute("INSERT INTO doctors (id, name, timezone) VALUES ($1, 'Dr. Ada', 'UTC')", doctor)
    appointments = [new_id() for _ in range(_CLIENTS)]
    await database.execute(
        "INSERT INTO appointments (id, doctor_id, client_id, local_date, local_time, timezone, starts_at, ends_at,"
        " status) SELECT id, $3, 'c' || n, starts_at::date, starts_at::time, 'UTC', starts_at,"
        " starts_at + interval '1 min', 'booked' FROM unnest($1::uuid[]) WITH ORDINALITY AS a (id, n)"
        " CROSS JOIN LATERAL (SELECT $2::timestamptz + n * interval '1 min' AS starts_at) AS at",
        appointments,
        starts,
        doctor,
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
