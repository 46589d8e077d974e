"""Network namespaces as machines, joined by a bridge in a namespace of its own; links that can be cut.

Everything is found again by its name, so that a run cleans up after one that was killed.
"""

import os
import signal
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from deploy.local.machines import Machine
from deploy.local.processes import LocalProcess, run

DELAY: Final = "1ms"
"""Of each packet, on its way out of a machine."""
_HUB: Final = "hub"
_ENTERING: Final = ("nsenter", "--net={}")


class NotAllowed(Exception):
    """This machine does not let us make network namespaces. The message says why."""


@dataclass(frozen=True, slots=True)
class Remains:
    """What a cluster had left: the namespaces that were removed, the pids of the processes in them that were killed."""

    spaces: tuple[str, ...]
    killed: tuple[int, ...]


class Network:
    """`home` names it: another home has another network. Its machines are reached from here, at their addresses."""

    def __init__(self, home: Path) -> None:
        digest = sha256(str(home.absolute()).encode()).digest()
        self._tag = digest[:4].hex()
        self._subnet = f"10.{192 + digest[4] % 60}.{digest[5]}"
        self.delayed = False
        self.why_not_delayed = ""

    def machine(self, name: str, number: int) -> Machine:
        """The machine with that last part of its address, whether or not it has been made."""
        enter = tuple(word.format(f"/run/netns/{self._name(name)}") for word in _ENTERING)
        return Machine(self._address(number), enter)

    @property
    def here(self) -> str:
        """The address at which the machines reach this one."""
        return self._address(1)

    def _address(self, number: int) -> str:
        return f"{self._subnet}.{number}"

    def _name(self, machine: str) -> str:
        return f"punctual-{self._tag}-{machine}"

    @property
    def _bridge(self) -> str:
        return self._name(_HUB)

    @property
    def _link_here(self) -> str:
        return f"pc{self._tag}"

    async def make(self, machines: dict[str, Machine]) -> None:
        """Makes the namespaces and their links. Raises NotAllowed."""
        must_be_root()
        try:
            await _ip(
                f"netns add {self._bridge}",
                f"-n {self._bridge} link add bridge type bridge",
                f"-n {self._bridge} link set bridge up",
                f"link add {self._link_here} type veth peer name to-here netns {self._bridge}",
                f"-n {self._bridge} link set to-here master bridge up",
                f"addr add {self.here}/24 dev {self._link_here}",
                f"link set {self._link_here} up",
            )
            for name, machine in machines.items():
                await self._join(name, machine)
        except (OSError, RuntimeError) as error:
            await self.remove()
            raise NotAllowed(f"network namespaces cannot be made: {error}") from error
        await self._delay(machines)

    async def _join(self, name: str, machine: Machine) -> None:
        space = self._name(name)
        await _ip(
            f"netns add {space}",
            f"-n {self._bridge} link add to-{name} type veth peer name eth0 netns {space}",
            f"-n {self._bridge} link set to-{name} master bridge up",
            f"-n {space} addr add {machine.address}/24 dev eth0",
            f"-n {space} link set lo up",
            f"-n {space} link set eth0 up",
        )

    async def _delay(self, machines: Iterable[str]) -> None:
        """Some kernels are built without netem; then the machines are as near as the bridge makes them."""
        try:
            for name in machines:
                await run(["tc", "-n", self._name(name), *f"qdisc add dev eth0 root netem delay {DELAY}".split()])
            self.delayed = True
        except (OSError, RuntimeError) as error:
            self.why_not_delayed = str(error).splitlines()[-1]

    async def cut(self, machine: str) -> None:
        """Drops every packet from and to a machine, without a word to either side."""
        await _ip(f"-n {self._bridge} link set to-{machine} down")

    async def mend(self, machine: str) -> None:
        await _ip(f"-n {self._bridge} link set to-{machine} up")

    async def kill(self, machine: str) -> None:
        """SIGKILL to all processes of a machine."""
        await _end_all_in(self._name(machine))

    async def send(self, machine: str, number: signal.Signals) -> None:
        """A signal to all processes of a machine."""
        for process in await _processes_in(self._name(machine)):
            process.send(number)

    async def remove(self) -> Remains:
        """Ends all processes in its namespaces and removes these, also those of a run that was killed."""
        if self._link_here in {name for _, name in socket.if_nameindex()}:
            await _ip(f"link del {self._link_here}")
        spaces, killed = await self._spaces(), list[int]()
        for space in spaces:
            killed += await _end_all_in(space)
            await _ip(f"netns del {space}")
        return Remains(tuple(spaces), tuple(killed))

    async def _spaces(self) -> list[str]:
        listed = (await run(["ip", "netns", "list"])).split()
        return [name for name in listed if name.startswith(self._name(""))]


def must_be_root() -> None:
    """Raises NotAllowed for any other user."""
    if os.getuid() != 0:
        raise NotAllowed("network namespaces are made as root only")


async def _end_all_in(space: str) -> list[int]:
    processes = await _processes_in(space)
    for process in processes:
        process.stop(within=0, first=signal.SIGKILL)
    return [process.pid for process in processes]


async def _processes_in(space: str) -> list[LocalProcess]:
    """Only our own processes are there: nobody else enters a namespace of that name."""
    pids = (await run(["ip", "netns", "pids", space])).split()
    return [process for pid in pids if (process := LocalProcess.of(int(pid))) is not None]


async def _ip(*commands: str) -> None:
    for command in commands:
        await run(["ip", *command.split()])
