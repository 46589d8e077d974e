"""Runs the real services as processes of their own, as an operator would, but for their imports."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from deploy.local.ports import free_port
from deploy.local.processes import LocalProcess, spawn, wait_ready
from tests.support.fork_server import fork_server
from tests.support.waiting import eventually

_PORTS: Final = {"api-service": "API_PORT", "notifier-service": "NOTIFIER_PORT"}


@dataclass(frozen=True, slots=True)
class Service:
    """A running service; `url` is where its probes answer."""

    process: LocalProcess
    url: str
    log: Path

    def kill(self) -> None:
        """SIGKILL: no chance to clean up."""
        self.process.stop(within=10, first=signal.SIGKILL)

    async def stop(self) -> None:
        """SIGTERM, and waits for the orderly end."""
        assert await asyncio.to_thread(self.process.stop, within=30), "it had to be killed"

    async def ready(self) -> bool:
        return (await self.text("/readyz")) is not None

    async def metric(self, sample: str) -> float:
        """The value of one sample, such as `name{label="value"}`; 0 where it is not there yet. For conditions of
        `eventually`; a test that asserts a value uses `shows`."""
        metrics = await self.text("/metrics")
        assert metrics is not None, "/metrics does not answer"
        for line in metrics.splitlines():
            name, _, value = line.rpartition(" ")
            if name == sample:
                return float(value)
        return 0.0

    async def shows(self, sample: str, value: float) -> None:
        """Returns once a sample has this value: the service sets it a moment after the thing that a test has waited
        for. Raises AssertionError with the last value."""

        async def shown() -> bool:
            found = await self.metric(sample)
            assert found == value, f"{sample} is {found:g}, not {value:g}"
            return True

        await eventually(shown)

    async def text(self, path: str) -> str | None:
        """The body of a GET that was answered by 200."""
        try:
            async with aiohttp.ClientSession() as http, http.get(self.url + path) as answer:
                return await answer.text() if answer.status == 200 else None
        except aiohttp.ClientError:
            return None


@asynccontextmanager
async def running(
    script: str, environment: Mapping[str, str], log: Path, *, command: str = "serve", wait: bool = True
) -> AsyncIterator[Service]:
    """`script command` for the block, ready unless `wait` is false; killed at the end if it still runs. Its port is a
    free one, unless the environment names it."""
    port = int(environment.get(_PORTS[script]) or free_port())
    process = await _started(script, command, {**environment, _PORTS[script]: str(port)}, log)
    service = Service(process, f"http://127.0.0.1:{port}", log)
    try:
        if wait:
            await wait_ready(script, service.ready, process=process, log=log)
        yield service
    finally:
        service.kill()


async def _started(script: str, command: str, environment: Mapping[str, str], log: Path) -> LocalProcess:
    if any(name.startswith("PYTHON") for name in environment):  # read by the interpreter, before any import
        program = Path(sys.executable).parent / script
        return spawn([program, command], log=log, environment=environment, dies_with_us=signal.SIGKILL)
    return await asyncio.to_thread(fork_server().start, script, command, environment, log)
