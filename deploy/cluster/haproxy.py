"""HAProxy in front of the APIs: asks each for /readyz, and never sends a booking twice."""

import shutil
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.local.machines import Machine
from deploy.local.processes import LocalProcess, accepts, wait_ready

PORT: Final = 80
STATISTICS: Final = 8404
_TEMPLATE: Final = Path(__file__).with_name("haproxy.cfg")
API_PORT: Final = 5000


class HAProxy:
    def __init__(
        self, home: Path, machine: Machine, apis: Mapping[str, Machine], *, dies_with_us: signal.Signals | None
    ) -> None:
        self.log = home / "haproxy.log"
        self.process: LocalProcess | None = None
        self._file = home / "haproxy.cfg"
        self._machine = machine
        self._apis = apis
        self._dies_with_us = dies_with_us

    @property
    def url(self) -> str:
        return f"http://{self._machine.address}"

    @property
    def statistics_url(self) -> str:
        return f"{self.url}:{STATISTICS}/"

    async def start(self) -> None:
        """Raises RuntimeError without HAProxy, NotReady."""
        binary = shutil.which("haproxy", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        if binary is None:
            raise RuntimeError("HAProxy is not installed: apt-get install haproxy")
        self._file.parent.mkdir(parents=True, exist_ok=True)
        self._file.write_text(self._configuration(), "utf-8")
        self.process = self._machine.spawn(
            [binary, "-db", "-f", self._file], log=self.log, dies_with_us=self._dies_with_us
        )

        async def listens() -> bool:
            return await accepts(PORT, self._machine.address)

        await wait_ready("HAProxy", listens, process=self.process, log=self.log, within=20)

    def _configuration(self) -> str:
        servers = [f"    server {name} {machine.address}:{API_PORT}" for name, machine in self._apis.items()]
        return _TEMPLATE.read_text("utf-8") + "\n".join([*servers, ""])

    def stop(self) -> None:
        if self.process is not None:
            self.process.stop(within=5)
