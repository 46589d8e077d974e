"""A service whose database is away, or refuses it, waits for it: it lives, is not ready, and says what it waits for."""

import asyncio
import socket
from collections.abc import Sequence
from itertools import count

import aiohttp
import pytest

from deploy.local.ports import free_port
from deploy.local.postgres import Postgres
from tests.integration.starts.processes import NOBODY, SERVICES, begun, ended
from tests.support.databases import TEMPLATE
from tests.support.tls_servers import administer
from tests.support.waiting import eventually

_numbers = count(1)


async def answer(port: int, path: str) -> tuple[int, str]:
    url = f"http://127.0.0.1:{port}{path}"
    try:
        async with aiohttp.ClientSession() as http, http.get(url) as found:
            return found.status, await found.text()
    except aiohttp.ClientError as error:
        return 0, str(error)


def ports(port: int) -> dict[str, str]:
    return {"API_PORT": str(port), "NOTIFIER_PORT": str(port)}


@pytest.mark.parametrize("command", SERVICES)
async def test_it_waits_for_a_database_that_is_not_there_and_goes_on_when_it_comes(
    command: Sequence[str], postgres: Postgres
) -> None:
    name, port = f"late_{next(_numbers)}", free_port()
    url = f"{postgres.url.rpartition('/')[0]}/{name}"
    async with begun(command, DATABASE_URL=url, **ports(port)) as process:
        await eventually(lambda: is_answered(port, "/livez", 200))
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        assert "waiting for PostgreSQL" in line
        assert f'database \\"{name}\\" does not exist' in line
        status, text = await answer(port, "/readyz")
        assert (status, "database" in text) == (503, True)
        assert (await answer(port, "/api/doctors"))[0] == 503

        await administer(postgres.url, f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
        await eventually(lambda: goes_on(port))
        process.terminate()
        end = await ended(process)
    assert end.status == 0
    assert "Traceback" not in end.text


async def test_it_waits_for_the_schema_where_it_does_not_migrate(postgres: Postgres) -> None:
    name, port = f"empty_{next(_numbers)}", free_port()
    await administer(postgres.url, f'CREATE DATABASE "{name}"')
    url = f"{postgres.url.rpartition('/')[0]}/{name}"
    async with begun(SERVICES[2], DATABASE_URL=url, **ports(port)) as process:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        assert "its schema lacks" in line
        async with begun(("api-service", "migrate"), DATABASE_URL=url) as migrating:
            assert (await ended(migrating)).status == 0
        await eventually(lambda: goes_on(port))


async def test_a_refusal_is_told_with_its_server_and_without_the_password(postgres: Postgres) -> None:
    server = postgres.url.rpartition("@")[2]
    url = f"postgresql://punctual:hidden-word@{server}"
    async with begun(SERVICES[2], DATABASE_URL=url) as process:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        process.terminate()
        end = await ended(process)
    for said in (line, end.last_line):
        assert f"{server.partition('/')[0]}" in said
        assert "DATABASE_URL" in said
        assert "hidden-word" not in said
        assert "28P01" in said or "28000" in said
    assert end.status == 0


async def test_the_ports_are_taken_over_without_a_gap(postgres: Postgres) -> None:
    """Whoever connects while the service is starting is answered, if later."""
    name, port = f"gapless_{next(_numbers)}", free_port()
    url = f"{postgres.url.rpartition('/')[0]}/{name}"
    async with begun(SERVICES[0], DATABASE_URL=url, **ports(port)) as process:
        await eventually(lambda: is_answered(port, "/livez", 200))
        await administer(postgres.url, f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"')
        refused = 0
        while (await answer(port, "/readyz"))[0] != 200:
            refused += not accepts(port)
            assert process.returncode is None
        assert refused == 0


def accepts(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


async def is_answered(port: int, path: str, status: int) -> bool:
    return (await answer(port, path))[0] == status


async def goes_on(port: int) -> bool:
    """Its database is no longer what is missing: there is no broker in these tests."""
    return '"database": "ok"' in (await answer(port, "/readyz"))[1]


async def test_nobody_at_the_port_is_waited_for() -> None:
    async with begun(SERVICES[2]) as process:
        assert process.stdout is not None
        line = (await asyncio.wait_for(process.stdout.readline(), 60)).decode()
        process.terminate()
        end = await ended(process)
    assert NOBODY in line
    assert "refused" in line
    assert (end.status, NOBODY in end.last_line) == (0, True)
