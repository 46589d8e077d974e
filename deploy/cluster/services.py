"""Both services and the development mailbox on the machines of the cluster."""

import asyncio
import secrets
import signal
import sys
from pathlib import Path
from typing import Final

import aiohttp

from deploy.cluster.haproxy import API_PORT
from deploy.cluster.machines import of_kind
from deploy.cluster.servers import ClusterServers
from deploy.local.processes import LocalProcess, wait_ready

NOTIFIER_PORT: Final = 5001
SMTP_PORT: Final = 2525
MAILBOX_PORT: Final = 80
_LIMITS: Final = ("RATE_LIMIT", "ADDRESS_RATE_LIMIT", "OPEN_BOOKINGS", "MAILS_PER_HOUR")


class Services:
    def __init__(self, servers: ClusterServers, *, shards: int) -> None:
        self._servers = servers
        self._shards = shards
        self._started: list[LocalProcess] = []
        self.secret = secrets.token_urlsafe(32)

    @property
    def mailbox_url(self) -> str:
        return f"http://{self._servers.machines['mail'].address}:{MAILBOX_PORT}"

    async def start(self) -> None:
        """Starts the mailbox, the APIs, then the notifiers: the first API migrates the database. Raises NotReady."""
        mail = self._servers.machines["mail"].address
        ports = ["--host", mail, "--smtp-port", str(SMTP_PORT), "--http-port", str(MAILBOX_PORT)]
        await self._start(
            "mail", [sys.executable, "-m", "deploy.local.mailbox", *ports], f"{self.mailbox_url}/api/stats"
        )
        for kind, port in (("api", API_PORT), ("notifier", NOTIFIER_PORT)):
            command = [str(Path(sys.executable).parent / f"{kind}-service"), "serve"]
            urls = {name: f"http://{self._servers.machines[name].address}:{port}/readyz" for name in of_kind(kind)}
            await asyncio.gather(*(self._start(name, command, url) for name, url in urls.items()))

    def _environment(self, machine: str) -> dict[str, str]:
        address = self._servers.machines[machine].address
        return dict.fromkeys(_LIMITS, "off") | {
            "DATABASE_URL": self._servers.database_url,
            "AMQP_URL": self._servers.amqp_url,
            "SHARDS": str(self._shards),
            "API_HOST": address,
            "API_PORT": str(API_PORT),
            "NOTIFIER_HOST": address,
            "NOTIFIER_PORT": str(NOTIFIER_PORT),
            "TRUSTED_PROXIES": f"{self._servers.machines['haproxy'].address}/32",
            "SMTP_HOST": self._servers.machines["mail"].address,
            "SMTP_PORT": str(SMTP_PORT),
            "SMTP_SECURITY": "none",
            "MAIL_FROM": "Punctual <appointments@punctual.example>",
            "JWT_SECRET": self.secret,
            "UNSUBSCRIBE_KEY": self.secret,
            "PUBLIC_URL": self._servers.haproxy.url,
            "SHUTDOWN_DELAY": "3s",
        }

    async def _start(self, name: str, command: list[str], url: str) -> None:
        log = self._servers.home / f"{name}.log"
        process = self._servers.machines[name].spawn(
            command, log=log, environment=self._environment(name), dies_with_us=signal.SIGTERM
        )
        self._started.append(process)

        async def answers() -> bool:
            try:
                timeout = aiohttp.ClientTimeout(5)
                async with aiohttp.ClientSession(timeout=timeout) as client, client.get(url) as answer:
                    return answer.status == 200
            except (aiohttp.ClientError, TimeoutError):
                return False

        await wait_ready(name, answers, process=process, log=log, within=120)

    async def stop(self) -> None:
        """Stops them in order, all at once."""
        await asyncio.gather(*(asyncio.to_thread(each.stop, within=20) for each in self._started))
