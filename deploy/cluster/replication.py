"""Two PostgreSQL: one follows the other by streaming, and takes its place when told to."""

import shutil

import asyncpg

from deploy.local.postgres import Postgres, binaries
from deploy.local.processes import run

SYNCHRONOUS = "*"
"""synchronous_standby_names: a commit is answered when a standby has it on disk."""


async def follow(standby: Postgres, primary: Postgres) -> None:
    """Makes a stopped server a copy of another that goes on following it, and every commit there wait for it."""
    await alone(primary)  # the copy must wait for nobody
    standby.remove()
    standby.home.mkdir(parents=True, exist_ok=True)
    shutil.copy(primary.password_file, standby.password_file)
    standby.data.parent.mkdir(parents=True, exist_ok=True)
    fresh = standby.fresh
    await run(
        [binaries() / "pg_basebackup", "-D", fresh, "-d", primary.url, "-R", "-X", "stream", "-c", "fast", "--no-sync"]
    )
    if standby.user:
        await run(["chown", "-R", f"{standby.user}:", fresh])
    fresh.rename(standby.data)
    await standby.start()
    await wait_for_standby(primary)


async def wait_for_standby(primary: Postgres) -> None:
    """From now on each commit of the primary waits until a standby has it on disk: no answered booking is lost with the
    primary. While no standby answers, no booking is answered."""
    await _set(primary, f"synchronous_standby_names = '{SYNCHRONOUS}'")


async def alone(primary: Postgres) -> None:
    """From now on commits wait for no standby: bookings go on without one, and are lost if the primary is."""
    await _set(primary, None)


async def promote(heir: Postgres) -> None:
    """Makes the standby the primary; returns when it takes writes. It waits for no standby, since it has none. The
    former primary must be dead, or must never be reached again."""
    await administer(heir, "SELECT pg_promote(true, 60)")
    await alone(heir)


async def _set(server: Postgres, assignment: str | None) -> None:
    what = f"SET {assignment}" if assignment else "RESET synchronous_standby_names"
    await administer(server, f"ALTER SYSTEM {what}")
    await administer(server, "SELECT pg_reload_conf()")


async def administer(server: Postgres, statement: str) -> list[asyncpg.Record]:
    """Runs a statement as the administrator, outside of a transaction; its rows."""
    connection = await asyncpg.connect(f"{server.url.rpartition('/')[0]}/postgres", timeout=10)
    try:
        return await connection.fetch(statement)
    finally:
        await connection.close()
