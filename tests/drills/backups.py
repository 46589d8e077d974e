"""A PostgreSQL with an archive of its log, its base backup, and its restore to a moment, as in docs/backup.md."""

import asyncio
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from deploy.local.postgres import Postgres, binaries
from deploy.local.processes import run
from tests.drills.servers import Servers, process_of
from tests.support.databases import administer, make_template
from tests.support.waiting import eventually

ARCHIVING: Final = ("archive_mode = on", "archive_command = 'test ! -f ARCHIVE/%f && cp %p ARCHIVE/%f'")
RESTORING: Final = (
    "restore_command = 'cp ARCHIVE/%f %p'",
    "recovery_target_name = 'MOMENT'",
    "recovery_target_action = 'promote'",
)
"""Settings of docs/backup.md, with the folder and the moment to be filled in."""
_ARCHIVED: Final = "SELECT FROM pg_stat_archiver WHERE last_archived_wal >= '{}'"


@dataclass(frozen=True, slots=True)
class Backups:
    """Of one server: `archive` has its log, `base` its base backup."""

    server: Postgres
    archive: Path
    base: Path

    async def take(self) -> None:
        """A base backup, while everything runs."""
        await run(
            [binaries() / "pg_basebackup", "-D", self.base, "-d", self.server.url, "-X", "fetch", "-c", "fast"],
        )

    async def mark(self, moment: str) -> None:
        """Names this moment, and returns when the archive has it."""
        await administer(self.server.url, f"SELECT pg_create_restore_point('{moment}')")
        [row] = await administer(self.server.url, "SELECT pg_walfile_name(pg_switch_wal()) AS segment")
        archived = _ARCHIVED.format(row["segment"])
        await eventually(lambda: administer(self.server.url, archived), within=30)

    async def lose(self) -> None:
        """The server dies, and its disk is gone."""
        await asyncio.to_thread(process_of(self.server).stop, within=10, first=signal.SIGKILL)
        self.server.remove()

    async def restore(self, moment: str) -> None:
        """The base backup, and the log up to a named moment; returns when the server takes writes."""
        await asyncio.to_thread(shutil.copytree, self.base, self.server.data)
        with (self.server.data / "postgresql.auto.conf").open("a", encoding="utf-8") as settings:
            settings.writelines(f"{self._filled(each, moment)}\n" for each in RESTORING)
        (self.server.data / "recovery.signal").touch()
        if self.server.user:
            await run(["chown", "-R", f"{self.server.user}:", self.server.data])
        await self.server.start()
        primary = "SELECT WHERE NOT pg_is_in_recovery()"
        await eventually(lambda: administer(self.server.url, primary), within=60)

    async def archive_from_now_on(self) -> None:
        """Sets the archive up; the server is started again for it."""
        self.archive.mkdir(mode=0o700)
        if self.server.user:
            shutil.chown(self.archive, self.server.user)
        for each in ARCHIVING:
            await administer(self.server.url, f"ALTER SYSTEM SET {self._filled(each)}")
        await asyncio.to_thread(self.server.stop)
        await self.server.start()

    def _filled(self, setting: str, moment: str = "") -> str:
        return setting.replace("ARCHIVE", str(self.archive)).replace("MOMENT", moment)


def backups_of(where: Servers) -> Backups:
    """Of the drill's own PostgreSQL."""
    return Backups(where.postgres, where.postgres.home / "archive", where.postgres.home / "base")


@asynccontextmanager
async def with_archive(where: Servers) -> AsyncIterator[Servers]:
    """A PostgreSQL of its own whose log is archived, beside the broker of all drills."""
    home = where.home / "archived"
    server = Postgres(home, dies_with_us=signal.SIGINT)
    own = replace(where, postgres=server)
    try:
        await server.start()
        await make_template(server.url)
        await backups_of(own).archive_from_now_on()
        yield own
    finally:
        await asyncio.to_thread(server.stop)
        server.remove()
        shutil.rmtree(home, ignore_errors=True)
