"""Makes the release before this one ready to run beside it: its files come from the project's history, its virtual
environment from its own lock."""

import asyncio
import os
import shutil
import sys
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from deploy.local.processes import run
from deploy.local.state import stack_home
from tests.drills.places import NotHere
from tests.drills.servers import Servers
from tests.support.databases import administer
from tests.support.tokens import SECRET

ROOT: Final = Path(__file__).resolve().parents[2]
RELEASES: Final = ROOT / "deploy" / "release" / "releases.toml"
FROM: Final = "UPGRADE_FROM"
"""The environment variable that names another commit to upgrade from."""
_READY: Final = ".ready"
_one_at_a_time: Final = asyncio.Lock()
"""Both lanes of a series may want the same release."""


@dataclass(frozen=True, slots=True)
class Release:
    """A release that can run. `commands`: the folder of its console scripts."""

    commit: str
    commands: Path

    @property
    def template(self) -> str:
        """The name of a database with its schema."""
        return f"template_{self.commit[:12]}"


@asynccontextmanager
async def with_its_schema(where: Servers) -> AsyncIterator[Servers]:
    """The same servers; databases have the schema of the release before."""
    older = await _before()
    await _make_template(where.postgres.url, older)
    yield replace(where, older=older.commands, template=older.template)


@asynccontextmanager
async def with_our_schema(where: Servers) -> AsyncIterator[Servers]:
    """The same servers with the newest schema, and the release before to go back to."""
    yield replace(where, older=(await _before()).commands)


async def _before() -> Release:
    async with _one_at_a_time:
        whole = await commit()
        home = stack_home() / "releases" / f"{whole}-{sys.implementation.cache_tag}"
        if not (home / _READY).exists():
            shutil.rmtree(home, ignore_errors=True)
            await _build(whole, home)
            (home / _READY).touch()
        return Release(whole, home / ".venv" / "bin")


async def commit() -> str:
    """The whole id of the commit to upgrade from. Raises NotHere where this clone does not have it."""
    wanted = os.environ.get(FROM) or _last_release()
    try:
        return (await _git("rev-parse", "--verify", "--quiet", f"{wanted}^{{commit}}")).strip()
    except (OSError, RuntimeError) as error:
        raise NotHere(await _why_missing(wanted)) from error


def _last_release() -> str:
    """The commit of the newest release before this one."""
    released: dict[str, str] = tomllib.loads(RELEASES.read_text("utf-8"))
    return released[max(released, key=lambda version: tuple(map(int, version.split("."))))]


async def _why_missing(wanted: str) -> str:
    try:
        shallow = (await _git("rev-parse", "--is-shallow-repository")).strip() == "true"
    except (OSError, RuntimeError):
        return "the release before is made from the project's history, and this folder is no clone of it"
    if shallow:
        return f"the history of this clone is shallow: `git fetch --unshallow` brings {wanted}"
    return f"this clone has no commit {wanted}"


async def _git(*arguments: str) -> str:
    return await run(["git", "-C", ROOT, *arguments])


async def _build(commit: str, home: Path) -> None:
    """Its files, and a virtual environment as docs/deployment.md makes one."""
    await asyncio.to_thread(home.mkdir, parents=True)
    archive, python = home / "files.tar", home / ".venv" / "bin" / "python"
    pip = ["-m", "pip", "--quiet", "--disable-pip-version-check"]
    await _git("archive", f"--output={archive}", commit)
    await run(["tar", "-xf", archive, "-C", home])
    archive.unlink()
    await run([sys.executable, "-m", "venv", home / ".venv"])
    await run([python, *pip, "install", "--require-hashes", "-r", home / "requirements" / "production.txt"])
    wheels = home / "wheels"
    await run([sys.executable, *pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", wheels, home])
    await run([python, *pip, "install", "--no-deps", *wheels.glob("punctual-*.whl")])


async def _make_template(server_url: str, older: Release) -> None:
    """A database that the older release has migrated; once a server."""
    known = await administer(server_url, f"SELECT FROM pg_database WHERE datname = '{older.template}'")
    if known:
        return
    await administer(server_url, f'CREATE DATABASE "{older.template}"')
    url = f"{server_url.rpartition('/')[0]}/{older.template}"
    await migrated(older.commands / "api-service", {"DATABASE_URL": url, "JWT_SECRET": SECRET})


async def migrated(script: Path, environment: dict[str, str]) -> None:
    """Runs `migrate` of a release. Raises RuntimeError with its output when it fails."""
    await run([script, "migrate"], **{"AMQP_URL": "amqp://localhost/", **environment})
