"""A real Prometheus that scrapes what a test runs, by the configuration and rules that are shipped."""

import math
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
import pytest

from deploy.local import prometheus
from deploy.local.ports import free_port
from deploy.local.processes import spawn, wait_ready

BINARY: Final = shutil.which("prometheus")
needs_prometheus: Final = pytest.mark.skipif(
    BINARY is None, reason="Prometheus is not installed (Debian's package prometheus)"
)


class Prometheus:
    def __init__(self, url: str) -> None:
        self._url = url

    async def ask(self, expression: str) -> list[tuple[dict[str, str], float]]:
        """The series that an instant query gives now, those that are no number left out."""
        result = (await self._get("/api/v1/query", query=expression))["result"]
        series = ((each["metric"], float(each["value"][1])) for each in result)
        return [(labels, value) for labels, value in series if not math.isnan(value)]

    async def rules(self) -> list[dict[str, Any]]:
        """Recording rules and alerts, with their health and last error."""
        groups = (await self._get("/api/v1/rules"))["groups"]
        return [rule for group in groups for rule in group["rules"]]

    async def targets(self) -> dict[str, str]:
        """The health of each job."""
        active = (await self._get("/api/v1/targets"))["activeTargets"]
        return {each["labels"]["job"]: each["health"] for each in active}

    async def ready(self) -> bool:
        try:
            async with aiohttp.ClientSession() as http, http.get(f"{self._url}/-/ready") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False

    async def _get(self, path: str, **query: str) -> Any:
        async with aiohttp.ClientSession() as http, http.get(self._url + path, params=query) as answer:
            body = await answer.json()
            assert body["status"] == "success", (query, body)
            return body["data"]


@asynccontextmanager
async def scraping(home: Path, targets: Mapping[str, int]) -> AsyncIterator[Prometheus]:
    """A Prometheus that scrapes these ports (by host name in deploy/prometheus) every second."""
    assert BINARY is not None
    port = free_port()
    command = prometheus.command(BINARY, home / "prometheus", port, targets, every="1s")
    log = home / "prometheus.log"
    process = spawn(command, log=log, dies_with_us=signal.SIGKILL)
    server = Prometheus(f"http://127.0.0.1:{port}")
    try:
        await wait_ready("Prometheus", server.ready, process=process, log=log)
        yield server
    finally:
        process.stop(within=5)
