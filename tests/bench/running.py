"""The processes of a contender while it is measured."""

import asyncio
import signal
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp

from deploy.local.ports import free_port
from deploy.local.processes import LocalProcess, spawn, wait_ready
from tests.bench.contenders import Contender
from tests.bench.cpu import memory_mib
from tests.bench.servers import Place


@dataclass
class Running:
    """A contender's processes by what they are: api, worker. `urls`: where its APIs answer."""

    contender: Contender
    place: Place
    urls: list[str] = field(default_factory=list)
    processes: dict[str, list[LocalProcess]] = field(default_factory=dict)

    async def start_api(self) -> None:
        """Returns when it is ready."""
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        process = self._spawn("api", self.contender.api(port))

        async def ready() -> bool:
            try:
                async with aiohttp.ClientSession() as http, http.get(url + "/readyz") as answer:
                    return answer.status == 200
            except aiohttp.ClientError:
                return False

        await wait_ready("api", ready, process=process, log=self._log("api"))
        self.urls.append(url)

    def start_worker(self) -> None:
        self._spawn("worker", self.contender.worker())

    async def stop_workers(self) -> None:
        """Returns when they have ended."""
        await self._stop("worker")

    @property
    def pids(self) -> dict[str, list[int]]:
        """By what the processes are."""
        return {role: [one.pid for one in each] for role, each in self.processes.items()}

    def memory(self) -> dict[str, float]:
        """MiB by what the processes are."""
        return {role: sum(memory_mib(one.pid) for one in each) for role, each in self.processes.items()}

    async def stop(self) -> None:
        for role in ("worker", "api"):
            await self._stop(role)
        self.urls.clear()

    async def _stop(self, role: str) -> None:
        await asyncio.gather(*(asyncio.to_thread(each.stop, within=20) for each in self.processes.pop(role, ())))

    def _spawn(self, role: str, command: Sequence[str | Path]) -> LocalProcess:
        environment = {**self.place.environment, **self.contender.settings}
        process = spawn(command, log=self._log(role), environment=environment, dies_with_us=signal.SIGKILL)
        self.processes.setdefault(role, []).append(process)
        return process

    def _log(self, role: str) -> Path:
        name = self.contender.name.replace(" ", "-").replace(",", "")
        return self.place.home / f"{name}-{role}.log"


@asynccontextmanager
async def running(contender: Contender, place: Place) -> AsyncIterator[Running]:
    """Its API for the block, in a place that is prepared; the worker comes when it is started."""
    started = Running(contender, place)
    try:
        await started.start_api()
        yield started
    finally:
        await started.stop()
