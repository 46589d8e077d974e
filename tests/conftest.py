"""The servers of a run: private, on loopback, in a folder of their own, gone when pytest is."""

import asyncio
import gc
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from shared.database import Database
from shared.process import library_internals as internals
from tests.support.databases import Databases, make_template
from tests.support.folders import server_folder
from tests.support.waiting import LONGEST
from tests.support.world import World, a_world

# the same examples at each run, so that a change is judged by what it changed; `make test-all` looks for new ones.
# How long an example takes says how busy the machine is, and nothing else.
settings.register_profile("exploring", deadline=None)
settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")


_folders = pytest.StashKey[list[Path]]()


def pytest_collection_finish() -> None:
    """Takes modules and tests out of the garbage collector, which would spend a second on each full collection."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)  # after the fixtures of a run that was interrupted
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Removes the folders of the servers. A fixture would do so in the time of the last test, and the files of some
    hundred databases take longer than that on a busy machine."""
    for folder in session.config.stash.get(_folders, []):
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def home(pytestconfig: pytest.Config) -> Path:
    """A folder that the postgres user can reach too; it goes with the run."""
    folder = Path(tempfile.mkdtemp(prefix="punctual-tests-"))
    folder.chmod(0o755)
    pytestconfig.stash.setdefault(_folders, []).append(folder)
    return folder


@pytest.fixture(scope="session")
def servers(pytestconfig: pytest.Config) -> Path:
    """Where the servers have their data; it goes with the run."""
    folder = server_folder()
    pytestconfig.stash.setdefault(_folders, []).append(folder)
    return folder


@pytest.fixture(scope="session")
async def postgres(servers: Path, pytestconfig: pytest.Config) -> AsyncIterator[Postgres]:
    server = Postgres(servers, durable=False, dies_with_us=signal.SIGQUIT)
    await server.start()
    await make_template(server.url)
    yield server
    await asyncio.to_thread(server.stop)
    pytestconfig.stash[_folders].append(server.data)  # elsewhere, if its user cannot reach the folder


@pytest.fixture(scope="session")
async def rabbitmq(servers: Path) -> AsyncIterator[RabbitMQ]:
    server = RabbitMQ(servers / "rabbitmq", dies_with_us=signal.SIGKILL)
    await server.start()
    yield server
    await asyncio.to_thread(server.stop)


@pytest.fixture(scope="session")
async def databases(postgres: Postgres) -> AsyncIterator[Databases]:
    its = Databases(postgres.url)
    yield its
    await its.close()


@pytest.fixture
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """A fresh, migrated database of this test's own."""
    async with databases.own() as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    pool = await Database.connect(database_url, size=20, name="tests", timeout=LONGEST)
    yield pool
    await pool.close()


@pytest.fixture
async def world(database_url: str, rabbitmq: RabbitMQ, home: Path) -> AsyncIterator[World]:
    async with a_world(database_url, rabbitmq, home) as one:
        yield one


@pytest.fixture(params=["tested", "off"])
def library_internals(request: pytest.FixtureRequest) -> Iterator[str]:
    """A test that uses it runs twice, as with each LIBRARY_INTERNALS."""
    internals.allow(request.param == "tested")
    yield request.param
    internals.allow(True)


@pytest.fixture
def undisturbed() -> Iterator[None]:
    """For what parses sources in a thread (Hypothesis): CPython 3.11 loses count of its recursion when the garbage
    collector runs a finalizer meanwhile (https://github.com/python/cpython/issues/106905)."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()
