"""A private RabbitMQ node, on loopback unless told otherwise, with its own epmd, cookie and password.

It uses the scripts in the server's own folder, since Debian's wrappers in /usr/sbin switch to the rabbitmq user.
"""

import os
import secrets
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import aiohttp
import aiormq

from deploy.local import delayed_plugin
from deploy.local.machines import LOOPBACK, Machine
from deploy.local.ports import free_port
from deploy.local.processes import LocalProcess, accepts, wait_ready

USER: Final = "punctual"
_SETTINGS: Final = Path(__file__).parents[1] / "rabbitmq"


def server_folder() -> Path:
    """The newest installed server. Raises RuntimeError without one."""
    installed = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*"))
    if not installed:
        raise RuntimeError("RabbitMQ is not installed: run `make install`, or set AMQP_URL")
    return installed[-1]


class RabbitMQ:
    """`home` has the configuration, the data, the logs and the passwords."""

    def __init__(
        self,
        home: Path,
        *,
        ports: Mapping[str, int] | None = None,
        node: str = "punctual",
        plugins: bool = True,
        joins: "RabbitMQ | None" = None,
        machine: Machine = LOOPBACK,
        dies_with_us: signal.Signals | None = None,
    ) -> None:
        """`ports`: the ports of an earlier run, by name, so that data and URLs fit. `plugins=False`: without the
        delayed exchange, even if the machine has it. `joins`: the running node whose cluster it joins at its first
        start, with that node's cookie and password, and on its machine its epmd."""
        self.home = home
        self.log = home / "rabbitmq.log"
        self.process: LocalProcess | None = None
        self.epmd: LocalProcess | None = None
        self.ports = dict(ports or {}) or {
            "amqp": free_port(),
            "management": free_port(),
            "prometheus": free_port(),
            "distribution": free_port(),
            "epmd": free_port(),
            "ctl": free_port(),
        }
        self.machine: Machine = machine
        if joins is not None and joins.machine == machine:
            self.ports["epmd"] = joins.ports["epmd"]
        self._node = node
        self._plugins = plugins
        self._joins = joins
        self._dies_with_us = dies_with_us

    @property
    def name(self) -> str:
        """The name of the node among Erlang nodes."""
        return f"{self._node}@{'localhost' if self.machine.is_this_one else self.machine.address}"

    @property
    def amqp_url(self) -> str:
        return f"amqp://{USER}:{self.secret('password')}@{self.machine.address}:{self.ports['amqp']}/"

    @property
    def management_url(self) -> str:
        return f"http://{USER}:{self.secret('password')}@{self.machine.address}:{self.ports['management']}"

    @property
    def prometheus_url(self) -> str:
        return f"http://{self.machine.address}:{self.ports['prometheus']}"

    async def start(self, started: Callable[[str, LocalProcess], None] = lambda name, process: None) -> None:
        """Starts the node, and returns when AMQP and the management API answer.

        `started` is called with each process ("epmd", "rabbitmq") at once, so that it is known whatever happens next.
        """
        plugins = self._configure()
        await self._start_epmd(started)
        self.process = self.machine.spawn(
            [server_folder() / "sbin" / "rabbitmq-server"],
            log=self.log,
            environment=self.environment(plugins),
            dies_with_us=self._dies_with_us,
        )
        started("rabbitmq", self.process)
        await self.ready()

    async def ready(self) -> None:
        """Returns when AMQP and the management API answer. Raises NotReady."""
        assert self.process is not None  # noqa: S101 - it was started, here or by another command
        await wait_ready("RabbitMQ", self._answers, process=self.process, log=self.log, within=90)

    def environment(self, plugins: str | None = None) -> dict[str, str]:
        """The environment in which the processes of the node and of rabbitmqctl find each other."""
        home, ports, address = self.home, self.ports, self.machine.address
        environment = {
            "HOME": str(home),
            "RABBITMQ_CONF_ENV_FILE": str(home / "rabbitmq-env.conf"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_DIST_PORT": str(ports["distribution"]),
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_PID_FILE": str(home / "pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"-kernel inet_dist_use_interface {{{address.replace('.', ',')}}}",
            "ERL_EPMD_ADDRESS": address,
            "ERL_EPMD_PORT": str(ports["epmd"]),
            "RABBITMQ_CTL_DIST_PORT_MIN": str(ports["ctl"]),
            "RABBITMQ_CTL_DIST_PORT_MAX": str(ports["ctl"]),
            "RUNNING_UNDER_SYSTEMD": "1",  # the script then becomes the node, so our signals reach it
            "NOTIFY_SOCKET": "",
        }
        if plugins:
            environment["RABBITMQ_PLUGINS_DIR"] = plugins
        if not self.machine.is_this_one:
            environment["RABBITMQ_USE_LONGNAME"] = "true"  # what is behind the @ is an address
        return environment

    def _configure(self) -> str | None:
        """Writes the node's files; also the plugin folders if there are more than the standard one."""
        self.home.mkdir(parents=True, exist_ok=True)
        cookie = self.home / ".erlang.cookie"
        if not cookie.exists():
            shared = self._joins and (self._joins.home / cookie.name).read_text("utf-8")
            cookie.touch(0o600)
            cookie.write_text(shared or secrets.token_hex(16), "utf-8")
            cookie.chmod(0o400)
        configuration = self.home / "rabbitmq.conf"
        configuration.touch(0o600)
        configuration.write_text(self._conf(), "utf-8")
        (self.home / "rabbitmq-env.conf").touch()
        shutil.copy(_SETTINGS / "advanced.config", self.home)
        plugin = delayed_plugin.find(server_folder(), os.environ, self.home) if self._plugins else None
        names = ["rabbitmq_management", "rabbitmq_prometheus"] + ([delayed_plugin.NAME] if plugin else [])
        (self.home / "enabled_plugins").write_text(f"[{','.join(names)}].\n", "utf-8")
        return f"{server_folder() / 'plugins'}:{plugin}" if plugin else None

    def _conf(self) -> str:
        ports, address = self.ports, self.machine.address
        return "\n".join(
            [
                f"listeners.tcp.1 = {address}:{ports['amqp']}",
                f"management.tcp.ip = {address}",
                f"management.tcp.port = {ports['management']}",
                f"prometheus.tcp.ip = {address}",
                f"prometheus.tcp.port = {ports['prometheus']}",
                f"default_user = {USER}",
                f"default_pass = {self.secret('password')}",
                "vm_memory_high_watermark.absolute = 2GB",
                "disk_free_limit.absolute = 200MB",
                "log.console = true",
                "log.file = false",
                *self._peers(),
                "",
            ]
        )

    def _peers(self) -> Iterator[str]:
        """https://www.rabbitmq.com/docs/cluster-formation#peer-discovery-classic-config"""
        if self._joins is not None:
            yield "cluster_formation.peer_discovery_backend = classic_config"
            for number, node in enumerate((self._joins, self), 1):
                yield f"cluster_formation.classic_config.nodes.{number} = {node.name}"
        if not self.machine.is_this_one:
            yield (_SETTINGS / "cluster.conf").read_text("utf-8")

    def secret(self, name: str) -> str:
        if self._joins is not None:
            return self._joins.secret(name)
        file = self.home / f"rabbitmq.{name}"
        if not file.exists():
            self.home.mkdir(parents=True, exist_ok=True)
            file.touch(0o600)
            file.write_text(secrets.token_urlsafe(24), "utf-8")
        return file.read_text("utf-8")

    async def _start_epmd(self, started: Callable[[str, LocalProcess], None]) -> None:
        """Starts an epmd of our own. The node would start one that outlives it and belongs to nobody."""
        shares = self._joins is not None and self._joins.machine == self.machine
        if shares or (self.epmd is not None and self.epmd.alive):
            return
        port = self.ports["epmd"]
        self.epmd = self.machine.spawn(
            ["epmd", "-address", self.machine.address, "-port", str(port)],
            log=self.log,
            dies_with_us=signal.SIGKILL if self._dies_with_us else None,
        )
        started("epmd", self.epmd)

        async def listens() -> bool:
            return await accepts(port, self.machine.address)

        await wait_ready("epmd", listens, process=self.epmd, log=self.log, within=60)

    async def _answers(self) -> bool:
        """Checks a real AMQP handshake, and the management API."""
        if not await accepts(self.ports["amqp"], self.machine.address):
            return False
        try:
            connection = await aiormq.connect(self.amqp_url)
            await connection.close()
            async with (
                aiohttp.ClientSession() as client,
                client.get(f"{self.management_url}/api/overview") as answer,
            ):
                return answer.status == 200
        except (OSError, aiormq.exceptions.AMQPError, aiohttp.ClientError, TimeoutError):
            return False

    def stop(self) -> None:
        """Stops the node in order, then its epmd."""
        if self.process is not None:
            self.process.stop(within=30)
        if self.epmd is not None:
            self.epmd.stop(within=2, first=signal.SIGKILL)
