"""A cluster whose process is killed, started again, or told to end: nothing is left, and nobody else's is touched."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from deploy.cluster.lock import AlreadyRuns, ClusterLock, abandoned
from deploy.cluster.network import Network, NotAllowed
from deploy.cluster.servers import ClusterServers

# as `make cluster` in the middle of its start: locked, the network made, one server started, a copy begun
_MIDWAY = """
import asyncio, sys
from pathlib import Path
from deploy.cluster.servers import ClusterServers

async def main():
    servers = ClusterServers(Path(sys.argv[1]), ends_with_us=False)
    servers.lock.take()
    servers.home.mkdir(parents=True)
    await servers.network.make(servers.machines)
    servers.machines["api1"].spawn(["sleep", "600"], log=servers.home / "api1.log")
    for data in (each.data for each in servers.databases):
        for name in (data.name, f"{data.name}.new"):
            data.with_name(name).mkdir(parents=True)
        data.with_name(f"{data.name}.new.password").touch()
    print("midway", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


@pytest.fixture
async def home(tmp_path: Path) -> AsyncIterator[Path]:
    """That of a stack; its cluster is in a folder below."""
    probe = Network(tmp_path / "probe")
    try:
        await probe.make({"one": probe.machine("one", 11)})
    except NotAllowed as reason:
        pytest.skip(str(reason))
    finally:
        await probe.remove()
    yield tmp_path
    await command(tmp_path, "down")


@asynccontextmanager
async def midway(home: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", _MIDWAY, str(home / "cluster"), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        assert await asyncio.wait_for(process.stdout.readline(), 60) == b"midway\n"
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def command(home: Path, *words: str) -> tuple[int | None, str]:
    """The status and the output of a command of deploy.cluster."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.cluster", *words),
        env=os.environ | {"PUNCTUAL_HOME": str(home)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output = (await asyncio.wait_for(process.communicate(), 60))[0].decode()
    return process.returncode, output


async def traces(home: Path) -> list[object]:
    """Whatever there is of a cluster."""
    servers = ClusterServers(home / "cluster")
    folders = [each for database in servers.databases for each in database.data.parent.glob(f"{database.data.name}*")]
    locks = [each for each in abandoned() if each == servers.home]
    data = [servers.home] if servers.home.exists() else []
    return [*await servers.network._spaces(), *folders, *locks, *data]


async def test_down_removes_all_that_a_killed_run_has_left(home: Path) -> None:
    async with midway(home) as process:
        process.kill()
        await process.wait()
    assert await traces(home)
    status, said = await command(home, "down")
    assert status == 0, said
    assert await traces(home) == []


async def test_down_removes_what_killed_runs_of_other_folders_have_left(home: Path) -> None:
    other = home / "other"
    async with midway(other) as process:
        process.kill()
        await process.wait()
    status, said = await command(home, "down")
    assert status == 0, said
    assert await traces(other) == []


async def test_a_second_run_says_who_runs_and_touches_nothing(home: Path) -> None:
    async with midway(home) as process:
        before = await traces(home)
        status, said = await command(home, "run")
        assert status == 1
        assert f"process {process.pid} runs the cluster of {home / 'cluster'} already" in said
        assert len(said.splitlines()) == 1
        assert await traces(home) == before


async def test_down_from_another_folder_leaves_a_running_cluster_alone(home: Path) -> None:
    async with midway(home):
        before = await traces(home)
        status, said = await command(home / "other", "down")
        assert status == 0, said
        assert await traces(home) == before


async def test_down_ends_the_process_that_runs_the_cluster(home: Path) -> None:
    async with midway(home) as process:
        status, said = await command(home, "down")
        assert status == 0, said
        assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGTERM
    assert await traces(home) == []


async def test_a_process_that_does_not_end_is_killed(tmp_path: Path) -> None:
    locks = tmp_path / "locks"
    code = (
        "import signal, sys, time; from pathlib import Path; from deploy.cluster.lock import ClusterLock;"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); lock = ClusterLock(Path(sys.argv[1]), Path(sys.argv[2]));"
        "lock.take(); print('held', flush=True); time.sleep(600)"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, str(tmp_path), str(locks), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"held\n"
    lock = ClusterLock(tmp_path, locks)
    await lock.take_over(within=0.2)
    assert await process.wait() == -signal.SIGKILL
    lock.release()
    assert list(locks.iterdir()) == []


def test_a_lock_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    one, two = (ClusterLock(tmp_path, tmp_path / "locks") for _ in range(2))
    one.take()
    with pytest.raises(AlreadyRuns, match=f"process {os.getpid()} runs"):
        two.take()
    assert not two.held
    two.release()  # gives back nothing that it does not have
    with pytest.raises(AlreadyRuns):
        two.take()
    one.release()
    two.take()
    assert two.held
    two.release()


async def test_two_that_clean_wait_for_each_other(tmp_path: Path) -> None:
    one, two = (ClusterLock(tmp_path, tmp_path / "locks") for _ in range(2))
    one.take(to_clean=True)
    assert two.owner() is None  # whoever cleans is not asked to end
    waiting = asyncio.create_task(two.take_over(within=0))
    await asyncio.sleep(0)
    assert not two.held
    one.release()
    await asyncio.wait_for(waiting, 60)
    assert two.held
    two.release()


def test_a_lock_that_was_given_back_is_not_abandoned(tmp_path: Path) -> None:
    lock = ClusterLock(tmp_path, tmp_path / "locks")
    lock.take()
    assert list(abandoned(tmp_path / "locks")) == []
    lock.release()
    assert list(abandoned(tmp_path / "locks")) == []
