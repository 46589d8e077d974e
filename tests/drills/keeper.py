"""Keeps a service running as a supervisor would: what has ended is started again, on the same port."""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.machines import LOOPBACK, Machine
from deploy.local.ports import free_port
from deploy.local.processes import LocalProcess, wait_ready
from tests.drills.complaints import Complaint, Kind
from tests.support.services import Service

_PORTS = {"api": "API_PORT", "notifier": "NOTIFIER_PORT"}
_COMMANDS = {"api": ("api-service", "serve"), "notifier": ("notifier-service", "serve")}
_EXPECTED = {signal.SIGKILL: {-signal.SIGKILL}, signal.SIGTERM: {0, -signal.SIGTERM}}
"""Statuses that a signal of ours explains; SIGTERM's own only of a process that has not come to handle it yet."""


class Keeper:
    def __init__(
        self,
        name: str,
        environment: Mapping[str, str],
        log: Path,
        command: Sequence[str] = (),
        *,
        restarts: bool = True,
        may_die: bool = False,
        folder: Path | None = None,
        waits: bool = False,
        machine: Machine = LOOPBACK,
        port: int | None = None,
    ) -> None:
        """`command`: instead of the console script, for services that a drill has tampered with. `restarts=False`:
        nobody starts again what has ended. `may_die`: the command kills itself, by SIGKILL. `folder`: of the
        console scripts, if they are not ours. `waits`: it is not started before it is called. `port`: a free one
        unless it is given."""
        script, *arguments = _COMMANDS[name]
        self._command = [*command] or [str((folder or Path(sys.executable).parent) / script), *arguments]
        self._machine = machine
        self._port = port or free_port()
        self.crashes = log.with_suffix(".crashes")
        place = {_PORTS[name]: str(self._port), _PORTS[name].replace("PORT", "HOST"): machine.address}
        self._environment = {**environment, **place, "CRASH_LOG": str(self.crashes)}
        self._process: LocalProcess | None = None
        self._restarts = restarts
        self._may_die = may_die
        self._sent: list[signal.Signals] = []
        self._seen_ending: LocalProcess | None = None
        self._wanted = not waits
        self.name = name
        self.log = log
        self.is_older = folder is not None
        self.starts = 0
        self.pids: list[int] = []
        self.ends: list[Complaint] = []

    @property
    def url(self) -> str:
        return f"http://{self._machine.address}:{self._port}"

    @property
    def side(self) -> str:
        """The release that it runs: "older" or "newer"."""
        return "older" if self.is_older else "newer"

    @property
    def wanted(self) -> bool:
        """Whether it should run now."""
        return self._wanted

    @property
    def service(self) -> Service:
        assert self._process is not None
        return Service(self._process, self.url, self.log)

    async def memory(self) -> float:
        """Resident MiB of its process."""
        return await self.service.metric("process_resident_memory_bytes") / 2**20

    async def start(self) -> None:
        """Starts it, without waiting until it is ready: what it needs may be away."""
        self.starts += 1
        self._sent.clear()
        self._process = self._machine.spawn(
            self._command, log=self.log, environment=self._environment, dies_with_us=signal.SIGKILL
        )
        self.pids.append(self._process.pid)

    async def ready(self) -> None:
        service = self.service
        await wait_ready(self.name, service.ready, process=service.process, log=self.log)

    async def mind(self) -> None:
        """Starts it again whenever it has ended, until cancelled; not while it was sent away."""
        while True:
            self.look()
            if self._process is not None and not self._process.alive and self._wanted and self._restarts:
                await self.start()
            await asyncio.sleep(0.2)

    def look(self) -> None:
        """Notes, once a process, that it has ended as it should not: with a status that no signal of ours explains."""
        process = self._process
        if process is None or process.alive or process is self._seen_ending:
            return
        self._seen_ending = process
        allowed = {status for number in self._sent for status in _EXPECTED.get(number, ())}
        if self._may_die:
            allowed.add(-signal.SIGKILL)
        if process.status not in allowed:
            self.ends.append(Complaint(Kind.ENDED, f"{self.log.stem} ended on its own, with status {process.status}"))

    def send_away(self) -> None:
        """An orderly stop, and nobody starts it again until it is called back."""
        self._wanted = False
        self.send(signal.SIGTERM)

    def call_back(self) -> None:
        self._wanted = True

    async def call(self) -> None:
        """Starts one that waits, and returns when it is ready."""
        self._wanted = True
        await self.start()
        await self.ready()

    async def replace(self) -> None:
        """An orderly stop, and the next one ready: a step of a rolling restart. The minder starts it."""
        old = self.service.process
        self.send(signal.SIGTERM)
        async with asyncio.timeout(60):
            while self.service.process is old:  # noqa: ASYNC110 - the minder tells nobody
                await asyncio.sleep(0.05)
        await self.ready()

    def send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._sent.append(number)
            self._process.send(number)

    def end(self) -> None:
        if self._process is not None:
            self._process.stop(within=5, first=signal.SIGKILL)
