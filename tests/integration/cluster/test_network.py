"""Machines in network namespaces: joined, cut off, and gone without a trace, also after a run that was killed."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.cluster.network import Network, NotAllowed, Remains
from deploy.local.machines import Machine
from deploy.local.processes import LocalProcess, accepts, run
from tests.support.waiting import eventually

PORT = 5000


@pytest.fixture
async def network(tmp_path: Path) -> AsyncIterator[Network]:
    if os.getuid() != 0:
        pytest.skip("network namespaces are made as root only")
    made = Network(tmp_path)
    try:
        await made.make(machines(made))
    except NotAllowed as reason:
        pytest.skip(str(reason))
    yield made
    await made.remove()


def machines(network: Network) -> dict[str, Machine]:
    return {name: network.machine(name, number) for name, number in (("one", 11), ("two", 12))}


def server_on(machine: Machine, log: Path) -> LocalProcess:
    return machine.spawn([sys.executable, "-m", "http.server", str(PORT), "--bind", machine.address], log=log)


async def can_reach(machine: Machine) -> bool:
    return await accepts(PORT, machine.address)


async def traces(network: Network) -> list[str]:
    """What there is of a network: its namespaces, and its link here."""
    links = [name for _, name in socket.if_nameindex() if name == network._link_here]
    return [*await network._spaces(), *links]


async def test_machines_reach_each_other_and_are_reached_until_one_is_cut_off(network: Network, tmp_path: Path) -> None:
    one, two = machines(network).values()
    server_on(one, tmp_path / "one.log")
    await eventually(lambda: can_reach(one))
    asking = [
        *two.enter,
        sys.executable,
        "-c",
        f"import socket; socket.create_connection(('{one.address}', {PORT}), 2)",
    ]
    await run(asking)

    await network.cut("one")
    with pytest.raises(RuntimeError):
        await run(asking)

    await network.mend("one")
    await eventually(lambda: can_reach(one))
    await run(asking)


async def test_a_second_run_removes_what_a_killed_one_has_left(network: Network, tmp_path: Path) -> None:
    one, _ = machines(network).values()
    process = server_on(one, tmp_path / "one.log")
    await eventually(lambda: can_reach(one))
    assert len(await traces(network)) == 4

    again = Network(tmp_path)  # knows nothing but the folder
    assert (await again.remove()).killed == (process.pid,)
    assert not process.alive
    assert await traces(again) == []
    assert await again.remove() == Remains((), ())

    await again.make(machines(again))
    assert len(await traces(again)) == 4


async def test_a_network_of_another_folder_is_left_alone(network: Network, tmp_path: Path) -> None:
    other = Network(tmp_path / "other")
    await other.remove()
    assert len(await traces(network)) == 4


async def test_the_signal_of_our_end_reaches_a_process_of_another_user(network: Network, tmp_path: Path) -> None:
    one, _ = machines(network).values()
    code = (
        "import ctypes, os; number = ctypes.c_int(); ctypes.CDLL(None).prctl(2, ctypes.byref(number));"
        "print(number.value, os.getuid())"  # 2: PR_GET_PDEATHSIG
    )
    log = tmp_path / "log"
    process = one.spawn([sys.executable, "-c", code], log=log, user="nobody", dies_with_us=signal.SIGINT)
    await asyncio.to_thread(process.stop, within=60, first=signal.SIGCONT)
    number, uid = log.read_text("utf-8").split()
    assert int(number) == signal.SIGINT
    assert int(uid) == 65534
