"""A second PostgreSQL that follows a first one by streaming, and can take its place."""

import shutil
import signal
from pathlib import Path

import asyncpg

from deploy.local.postgres import NAME, Postgres, binaries
from deploy.local.processes import run


async def a_standby(primary: Postgres, home: Path) -> Postgres:
    """Started, and caught up."""
    standby = Postgres(home, durable=False, dies_with_us=signal.SIGQUIT)
    copied = _place(primary, standby)
    source = ["-h", "127.0.0.1", "-p", str(primary.port), "-U", NAME]
    await run(
        [binaries() / "pg_basebackup", *source, "-D", copied, "-R", "-X", "stream", "-c", "fast", "--no-sync"],
        user=standby.user,
        PGPASSWORD=primary.password_file.read_text("utf-8"),
    )
    copied.rename(standby.data)
    await standby.start()
    return standby


def _place(primary: Postgres, standby: Postgres) -> Path:
    """An empty folder beside the standby's data, of its user; the password is the primary's."""
    standby.home.mkdir(parents=True, exist_ok=True)
    shutil.copy(primary.password_file, standby.password_file)
    copied = standby.data.with_name(f"{standby.data.name}.copy")
    copied.mkdir(parents=True, mode=0o700)
    if standby.user:
        shutil.chown(copied, standby.user)
    return copied


async def demote(former: Postgres, primary: Postgres) -> None:
    """Starts a stopped server again as a standby of the one that has taken its place."""
    password = primary.password_file.read_text("utf-8")
    with (former.data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
        settings.write(f"primary_conninfo = 'host=127.0.0.1 port={primary.port} user={NAME} password={password}'\n")
    mark = former.data / "standby.signal"
    mark.touch()
    if former.user:
        shutil.chown(mark, former.user)
    await former.start()


async def promote(standby: Postgres) -> None:
    """Returns when it takes writes."""
    connection = await asyncpg.connect(standby.url)
    try:
        assert await connection.fetchval("SELECT pg_promote(true, 30)")
    finally:
        await connection.close()
