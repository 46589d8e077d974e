"""A whole private stack: servers, mailbox, both services. Starts missing processes, and ends only its own."""

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final

from deploy.local import prometheus
from deploy.local.environment import BROKER_PORTS, StackEnvironment, node
from deploy.local.exit_reports import how, last_words
from deploy.local.fetch_plugin import NotFetched, PluginRequest, fetch
from deploy.local.health import READY, asked
from deploy.local.left_behind import left_behind, mark_children
from deploy.local.postgres import Postgres
from deploy.local.processes import LocalProcess, run, spawn, wait_ready
from deploy.local.rabbitmq import RabbitMQ, server_folder
from deploy.local.settings import Given, Ports
from deploy.local.state import StackState
from deploy.local.steps import Tell, silent, timed

_LOGS: Final = dict.fromkeys(("rabbitmq", "epmd"), "rabbitmq/rabbitmq.log")
_LAST_FIRST: Final = ("api", "notifier", "prometheus", "mailbox", "rabbitmq", "epmd", "postgres")
_LONGEST_WAITS: Final = {"rabbitmq": 30.0, "postgres": 20.0, "api": 20.0, "notifier": 30.0}
_FIRST_SIGNAL: Final = {"postgres": signal.SIGINT, "epmd": signal.SIGKILL}


class Stack:
    def __init__(
        self, home: Path, *, prefer_known: bool = False, dies_with_us: bool = False, tell: Tell = silent
    ) -> None:
        """`prefer_known`: take well-known ports if they are free. `dies_with_us`: the kernel ends the servers with this
        process. `tell` is called with one line for each step of `up`."""
        self.home = home
        self.state = StackState.load(home)
        self._given = Given.read(os.environ)
        self.environment = StackEnvironment(home, self.state, self._given)
        self._ports = Ports(self.state, prefer_known=prefer_known)
        self._dies = dies_with_us
        self._tell = tell
        mark_children(home)

    async def up(self) -> None:
        """Starts the missing processes, and returns when all are ready. Running processes stay. Processes that a crash
        has left behind are ended first."""
        await self._end_left_behind()
        if "api" not in self.state.ports:
            self._ports.choose("api")  # PUBLIC_URL names it, also for the command that seeds
        await asyncio.gather(
            self._database(),
            timed("RabbitMQ", self._rabbitmq(), self._tell),
            timed("mailbox", self._mailbox(), self._tell),
        )
        await asyncio.gather(
            timed("api_service", self._api(), self._tell),
            timed("notifier_service", self._notifier(), self._tell),
        )
        if binary := shutil.which("prometheus"):
            await timed("Prometheus", self._prometheus(binary), self._tell)
        self.environment.write()

    async def down(self) -> None:
        """Ends every process of this stack, the services first, and nothing else."""
        services, servers = _LAST_FIRST[:3], _LAST_FIRST[3:]
        await asyncio.gather(*(self._end(name) for name in services))
        await asyncio.gather(*(self._end(name) for name in servers if name != "epmd"))
        await self._end("epmd")
        await self._end_left_behind()
        (self.home / "stack.env").unlink(missing_ok=True)

    def alive(self) -> dict[str, bool]:
        """Whether each started process is alive, by name."""
        return {name: process.alive for name, process in self.state.processes.items()}

    def ending(self, name: str, process: LocalProcess) -> str:
        """How a process of this stack ended, and its last log lines."""
        log = self.home / _LOGS.get(name, f"{name}.log")
        return f"{how(process.status, log)}; its last words ({log}):\n{last_words(log)}"

    def _broker(self) -> RabbitMQ:
        return node(self.home, self.state, dies_with_us=signal.SIGTERM if self._dies else None)

    async def _database(self) -> None:
        """PostgreSQL with our schema, while RabbitMQ takes its longer time to start."""
        await timed("PostgreSQL", self._postgres(), self._tell)
        await timed("schema and doctor 1", self._seed(), self._tell)

    async def _postgres(self) -> None:
        if self._given.database_url:
            return
        running = self.state.running("postgres")
        port = self.state.ports["postgres"] if running else self._ports.choose("postgres")
        server = Postgres(self.home, port=port, dies_with_us=signal.SIGINT if self._dies else None)
        if running:
            server.process = running
            await server.ready()
        else:
            await server.start(lambda process: self._remember("postgres", process))

    async def _rabbitmq(self) -> None:
        if self._given.amqp_url:
            return
        if running := self.state.running("rabbitmq"):
            server = self._broker()
            server.process = running
            await server.ready()
            return
        await self._end("epmd")
        if wish := PluginRequest.of(os.environ):
            await self._fetch_plugin(wish)
        for name in BROKER_PORTS:
            self._ports.choose(name)
        await self._broker().start(self._remember)

    async def _fetch_plugin(self, wish: PluginRequest) -> None:
        try:
            self._tell(await fetch(server_folder(), self._broker().home, wish))
        except NotFetched as error:
            self._tell(f"{error}; without the plugin, the relay holds the reminders")

    async def _mailbox(self) -> None:
        if self._given.smtp_host or self.state.running("mailbox"):
            return
        smtp, http = self._ports.choose("smtp"), self._ports.choose("mailbox")
        command = [sys.executable, "-m", "deploy.local.mailbox", "--smtp-port", smtp, "--http-port", http]
        await self._start("mailbox", [str(word) for word in command], {}, self._answers("mailbox", "/api/stats"))

    async def _seed(self) -> None:
        """Migrates to the newest schema and adds doctor "1". Keeps operators' later changes to that doctor."""
        environment = self.environment.of_services()
        if self.state.seeded:
            await run([_script("api-service"), "migrate"], **environment)
            return
        await run(
            [
                *(_script("api-service"), "doctor", "1"),
                *("--name", "Dr. Ada Weber", "--specialty", "General practice"),
                *("--timezone", "Europe/Berlin", "--location", "Lindenstraße 12, 10969 Berlin"),
            ],
            **environment,
        )
        self.state.seeded = True
        self.state.save()

    async def _api(self) -> None:
        await self._service("api", [_script("api-service"), "serve"], "/readyz")

    async def _notifier(self) -> None:
        await self._service("notifier", [_script("notifier-service"), "serve"], "/readyz")

    async def _service(self, name: str, command: list[str], probe: str) -> None:
        """Starts a service. Restarts it if it was started with other servers than the present ones."""
        if self.state.running(name):
            if self.state.started_with.get(name) == self.environment.servers():
                return
            await self._end(name)
        self._ports.choose(name)
        environment = self.environment.of_services()
        self.state.started_with[name] = self.environment.servers()
        await self._start(name, command, environment, self._answers(name, probe))

    async def _prometheus(self, binary: str) -> None:
        if self.state.running("prometheus"):
            return
        port = self._ports.choose("prometheus")
        targets = {name: self.state.ports[name] for name in ("api", "notifier")}
        if not self._given.amqp_url:
            targets["rabbitmq"] = self.state.ports["rabbitmq_prometheus"]
        command = prometheus.command(binary, self.home / "prometheus", port, targets)
        await self._start("prometheus", command, {}, self._answers("prometheus", "/-/ready"))

    def _answers(self, name: str, path: str) -> Callable[[], Awaitable[bool]]:
        """An API that has no connection to RabbitMQ yet does not count as ready: a booking's mail would wait for the
        sweep, five seconds."""

        async def probe() -> bool:
            return await asked(self.environment.url(name) + path) == READY

        return probe

    async def _start(
        self,
        name: str,
        command: list[str],
        environment: Mapping[str, str],
        ready: Callable[[], Awaitable[bool]],
    ) -> None:
        log = self.home / f"{name}.log"
        process = spawn(command, log=log, environment=environment, dies_with_us=signal.SIGTERM if self._dies else None)
        self._remember(name, process)
        await wait_ready(name, ready, process=process, log=log)

    def _remember(self, name: str, process: LocalProcess) -> None:
        self.state.processes[name] = process
        self.state.save()

    async def _end_left_behind(self) -> None:
        for process in left_behind(self.home, self.state.processes.values()):
            await asyncio.to_thread(process.stop, within=10.0)

    async def _end(self, name: str) -> None:
        process = self.state.running(name)
        if process is not None:
            await asyncio.to_thread(
                process.stop,
                within=_LONGEST_WAITS.get(name, 10.0),
                first=_FIRST_SIGNAL.get(name, signal.SIGTERM),
            )
        if self.state.processes.pop(name, None) is not None:
            self.state.save()


def _script(name: str) -> str:
    """A console script of the virtual environment that runs us."""
    return str(Path(sys.executable).parent / name)
