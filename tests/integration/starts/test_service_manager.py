"""A service under systemd: it tells that it is ready and lives, and takes over the sockets that are open for it."""

import asyncio
import os
import socket
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from pathlib import Path
from typing import Final

import aiohttp
import pytest

from tests.integration.starts.processes import LONGEST, SCRIPTS, SERVICES, SETTINGS, begun, mute
from tests.support.waiting import eventually

_START: Final = 'export LISTEN_PID=$$; exec "$@"'
"""LISTEN_PID is the id of the process that is started, which only that process knows in time."""


@contextmanager
def manager(folder: Path) -> Iterator[tuple[socket.socket, str]]:
    """The socket of a service manager, and its name for NOTIFY_SOCKET."""
    address = str(folder / "notify")
    with closing(socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)) as listening:
        listening.bind(address)
        listening.setblocking(False)
        yield listening, address


async def told(listening: socket.socket) -> str:
    return (await asyncio.wait_for(asyncio.get_running_loop().sock_recv(listening, 4096), LONGEST)).decode()


@pytest.mark.parametrize("command", SERVICES)
async def test_it_tells_that_it_is_ready_and_gives_signs_of_life(command: Sequence[str], tmp_path: Path) -> None:
    with manager(tmp_path) as (listening, address):
        async with (
            mute() as database,
            begun(
                command,
                NOTIFY_SOCKET=address,
                WATCHDOG_USEC="300000",
                DATABASE_URL=f"postgresql://u:hidden-word@127.0.0.1:{database.port}/d",
            ) as process,
        ):
            seen = [await told(listening) for _ in range(4)]
            process.terminate()
            assert process.stdout is not None
            await process.wait()
    assert "READY=1\nSTATUS=waiting for PostgreSQL" in seen
    assert seen.count("WATCHDOG=1") == 3


async def test_nobody_listening_changes_nothing(tmp_path: Path) -> None:
    async with mute() as database:
        url = f"postgresql://u:hidden-word@127.0.0.1:{database.port}/d"
        async with begun(SERVICES[1], NOTIFY_SOCKET=str(tmp_path / "gone"), DATABASE_URL=url) as process:
            await asyncio.wait_for(database.asked.wait(), LONGEST)
            process.terminate()
            output, _ = await process.communicate()
    assert process.returncode == 0
    assert b"the service manager cannot be told" in output
    assert b"Traceback" not in output


@asynccontextmanager
async def started_on(bound: socket.socket, **settings: str) -> AsyncIterator[Process]:
    """An API that gets the socket as systemd hands it over: file descriptor 3."""
    process = await asyncio.create_subprocess_exec(
        *("sh", "-c", _START, "sh", str(SCRIPTS / "api-service"), "serve"),
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd="/",
        env={**os.environ, **SETTINGS, "LISTEN_FDS": "1", "LISTEN_FDNAMES": "api", **settings},
        preexec_fn=lambda: os.dup2(bound.fileno(), 3),  # one system call, and no lock
        pass_fds=(3,),
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def asked(url: str) -> int:
    """The status of a request on a connection of its own."""
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(LONGEST)) as client,
        client.get(url) as answer,
    ):
        return answer.status


async def test_no_request_fails_while_one_process_replaces_another(database_url: str) -> None:
    with closing(socket.create_server(("127.0.0.1", 0), backlog=128)) as bound:
        port = bound.getsockname()[1]
        settings = {"DATABASE_URL": database_url, "API_PORT": str(port)}
        url = f"http://127.0.0.1:{port}/api/doctors"
        statuses: list[int] = []
        replaced = asyncio.Event()

        async def ask() -> None:
            while not replaced.is_set() or len(statuses) < 10:
                statuses.append(await asked(url))

        async with started_on(bound, **settings) as first:
            await eventually(lambda: _is(url, 401), within=LONGEST)
            asking = [asyncio.create_task(ask()) for _ in range(3)]
            first.terminate()
            assert await asyncio.wait_for(first.wait(), LONGEST) == 0
            async with started_on(bound, **settings) as second:
                before = len(statuses)
                await eventually(lambda: _more_than(statuses, before + 10), within=LONGEST)
                replaced.set()
                await asyncio.gather(*asking)
                second.terminate()
                assert await asyncio.wait_for(second.wait(), LONGEST) == 0
    assert set(statuses) == {401}


async def _is(url: str, status: int) -> bool:
    return await asked(url) == status


async def _more_than(statuses: Sequence[int], count: int) -> bool:
    return len(statuses) > count


async def test_sockets_for_another_process_are_left_alone(database_url: str) -> None:
    """LISTEN_PID tells whose they are: a child must not take those of its parent."""
    with closing(socket.create_server(("127.0.0.1", 0))) as bound:
        port = bound.getsockname()[1]
        async with begun(
            SERVICES[0], DATABASE_URL=database_url, API_PORT=str(port), LISTEN_FDS="1", LISTEN_PID="1"
        ) as process:
            output, _ = await asyncio.wait_for(process.communicate(), LONGEST)
    assert process.returncode == os.EX_UNAVAILABLE
    assert b"address already in use" in output
