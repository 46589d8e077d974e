"""Keeps a service running as a supervisor would: what is killed is started again, on the same port."""

import asyncio
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from deploy.local.ports import free_port
from deploy.local.processes import Process, spawn, wait_ready
from tests.support.services import Service

_PORTS = {"api": "API_PORT", "notifier": "NOTIFIER_PORT"}
_COMMANDS = {"api": ("api-service", "serve"), "notifier": ("notifier-service", "serve")}


class Keeper:
    def __init__(self, name: str, environment: Mapping[str, str], log: Path, command: Sequence[str] = ()) -> None:
        """`command`: instead of the console script, for the harness's own negative controls."""
        script, *arguments = _COMMANDS[name]
        self._command = [*command] or [str(Path(sys.executable).parent / script), *arguments]
        self._port = free_port()
        self._environment = {**environment, _PORTS[name]: str(self._port)}
        self._log = log
        self._process: Process | None = None
        self.name = name

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def start(self) -> None:
        """Starts it, without waiting until it is ready: what it needs may be away."""
        self._process = spawn(self._command, log=self._log, environment=self._environment, dies_with_us=signal.SIGKILL)

    async def ready(self) -> None:
        assert self._process is not None
        service = Service(self._process, self.url, self._log)
        await wait_ready(self.name, service.ready, process=self._process, log=self._log)

    async def mind(self) -> None:
        """Starts it again whenever it has ended, until cancelled."""
        while True:
            if self._process is not None and not self._process.alive:
                await self.start()
            await asyncio.sleep(0.2)

    def send(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send(number)

    def end(self) -> None:
        if self._process is not None:
            self._process.stop(within=5, first=signal.SIGKILL)
