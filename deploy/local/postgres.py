"""A private PostgreSQL cluster, on loopback unless told otherwise."""

import os
import secrets
import shutil
import signal
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import asyncpg

from deploy.local.machines import LOOPBACK, Machine
from deploy.local.ports import free_port
from deploy.local.processes import LocalProcess, run, running_pids, wait_ready

NAME: Final = "punctual"
_SETTINGS: Final = {
    "unix_socket_directories": "",
    "max_connections": "300",
    "shared_buffers": "256MB",
    "password_encryption": "scram-sha-256",
    "logging_collector": "off",
    "log_error_verbosity": "terse",  # a refused row's DETAIL names values, such as the id of a client
}
_FLEETING: Final = {"fsync": "off", "full_page_writes": "off", "autovacuum": "off"}
"""For tests: what would survive a power cut, and what serves databases that live longer than a minute."""


def binaries() -> Path:
    """The folder of the newest installed server, or POSTGRES_BIN. Raises RuntimeError without one."""
    if given := os.environ.get("POSTGRES_BIN"):
        return Path(given)
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: float(p.parts[-3]))
    found = installed[-1] if installed else shutil.which("initdb")
    if found is None:
        raise RuntimeError("PostgreSQL is not installed: run `make install`, or set DATABASE_URL")
    return Path(found).parent


class Postgres:
    """`home` has the password, the data and the log. PostgreSQL refuses to run as root; then it runs as `postgres`, and
    its data are in a folder that this user can reach."""

    def __init__(
        self,
        home: Path,
        *,
        port: int | None = None,
        durable: bool = True,
        machine: Machine = LOOPBACK,
        dies_with_us: signal.Signals | None = None,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        """`durable=False`: for tests, which never cut the power and have databases that live for a minute. `settings`:
        of the server, beside ours."""
        self.home = home
        self.port = port or free_port()
        self.log = home / "postgres.log"
        self.process: LocalProcess | None = None
        self.machine = machine
        self._settings = _SETTINGS | ({} if durable else _FLEETING) | dict(settings or {})
        self._dies_with_us = dies_with_us
        self.user = "postgres" if os.getuid() == 0 else None
        self.data = _reachable(home / "postgres") if self.user else home / "postgres"

    @property
    def url(self) -> str:
        return f"postgresql://{NAME}:{self._password}@{self.place}/{NAME}"

    @property
    def place(self) -> str:
        """Host and port, as they stand in its URL."""
        return f"{self.machine.address}:{self.port}"

    @property
    def password_file(self) -> Path:
        return self.home / "postgres.password"

    @property
    def fresh(self) -> Path:
        """The folder in which data are made; they move into place when they are complete."""
        return self.data.with_name(f"{self.data.name}.new")

    @property
    def _fresh_password(self) -> Path:
        return self.fresh.with_name(f"{self.fresh.name}.password")

    @property
    def _password(self) -> str:
        file = self.password_file
        if not file.exists():
            file.write_text(secrets.token_urlsafe(24), "utf-8")
            file.chmod(0o600)
        return file.read_text("utf-8")

    async def start(self, started: Callable[[LocalProcess], None] = lambda process: None) -> None:
        """Creates the cluster the first time, starts it, and returns when it answers.

        `started` is called with the process at once, so that it is known whatever happens next.
        """
        self.home.mkdir(parents=True, exist_ok=True)
        if not (self.data / "PG_VERSION").exists():
            await self._create()
        self._forget_the_dead()
        settings = self._settings | {"listen_addresses": self.machine.address, "port": str(self.port)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        self.process = self.machine.spawn(
            [binaries() / "postgres", "-D", self.data, *options],
            log=self.log,
            user=self.user,
            dies_with_us=self._dies_with_us,
        )
        started(self.process)
        await self.ready()

    async def ready(self) -> None:
        """Returns when it answers. Raises NotReady."""
        assert self.process is not None  # noqa: S101 - it was started, here or by another command
        await wait_ready("PostgreSQL", self._answers, process=self.process, log=self.log)

    async def _create(self) -> None:
        """Creates the data in another folder and moves it into place when it is complete, so that an interrupted start
        leaves no ruin."""
        fresh, password = self.fresh, self._fresh_password
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True, mode=0o700)
        password.touch(0o600)
        password.write_text(self._password, "utf-8")
        if self.user:
            shutil.chown(fresh, self.user)
            shutil.chown(password, self.user)
        options = ["-A", "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        try:
            await run(
                [binaries() / "initdb", "-D", fresh, "-U", NAME, "--pwfile", password, *options],
                user=self.user,
            )
        finally:
            password.unlink()
        if not self.machine.is_this_one:
            with (fresh / "pg_hba.conf").open("a") as rules:
                rules.writelines(f"host {whose} all samenet scram-sha-256\n" for whose in ("all", "replication"))
        shutil.rmtree(self.data, ignore_errors=True)
        fresh.rename(self.data)

    def _forget_the_dead(self) -> None:
        """Removes the lock file of a killed server, if no process uses the data any more. PostgreSQL would take the pid
        in it, now another process's or a zombie's, for a running server."""
        if not any(_works_in(pid, self.data) for pid in running_pids()):
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    async def _answers(self) -> bool:
        try:
            connection = await asyncpg.connect(self.url.rpartition("/")[0] + "/postgres", timeout=5)
        except (OSError, asyncpg.PostgresError, TimeoutError):
            return False
        try:
            if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", NAME):
                await connection.execute(f'CREATE DATABASE "{NAME}"')
        finally:
            await connection.close()
        return True

    def stop(self) -> None:
        """Stops the server fast: clients are disconnected, all data is on disk."""
        if self.process is not None:
            self.process.stop(within=20, first=signal.SIGINT)

    def remove(self) -> None:
        """Deletes the data of a stopped cluster, and what a start that was killed has left beside them."""
        for folder in (self.data, self.fresh):
            shutil.rmtree(folder, ignore_errors=True)
        self._fresh_password.unlink(missing_ok=True)


def _works_in(pid: int, folder: Path) -> bool:
    """Every process of a server has its data as its working directory."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder
    except OSError:
        return False


def _reachable(data: Path) -> Path:
    """`data` if the postgres user can reach it, else a folder below /var/tmp."""
    data = data.absolute()
    ancestors = [folder for folder in data.parents if folder.exists()]
    if all(folder.stat().st_mode & 0o001 for folder in ancestors):
        return data
    return Path("/var/tmp") / f"punctual-{sha256(str(data).encode()).hexdigest()[:16]}"  # noqa: S108
