"""The examples of the documentation run as pasted, again and again."""

import hashlib
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.integration.stack.commands import command, values
from tests.support.repository import ROOT
from tests.support.waiting import eventually
from tests.support.world import World

# Says to stderr how each call was answered
CURL = """\
#!/bin/sh
exec /usr/bin/curl --write-out '%{stderr}\\nHTTP %{http_code} %{method} %{url_effective}\\n' "$@"
"""

SUCCEEDED = "# a job that has succeeded → 200\n"
"""The example after it takes the newest job that has succeeded, which depends on how far the notifier is."""
AT_REST = """
import asyncio, os, asyncpg

async def wait():
    connection = await asyncpg.connect(os.environ["DATABASE_URL"])
    waiting = ("SELECT FROM jobs WHERE state IN ('enqueued', 'processing', 'retrying')"
               " OR state = 'scheduled' AND due_at <= now()")
    while await connection.fetch(waiting):
        await asyncio.sleep(0.05)
    await connection.close()

asyncio.run(asyncio.wait_for(wait(), 120))
"""


@pytest.fixture
def clone(home: Path, world: World) -> Iterator[Path]:
    """A folder that looks like a clone of the project, with a stack of its own in .local; its stack ends here."""
    assert is_built(), "run make install first: make up would build .venv anew, out of the clone"
    folder = home / "clone"
    folder.mkdir()
    for entry in ROOT.iterdir():
        if entry.name not in (".local", ".git", ".venv.lock"):
            (folder / entry.name).symlink_to(entry)
    (folder / "bin").mkdir()
    (folder / "bin" / "curl").write_text(CURL)
    (folder / "bin" / "curl").chmod(0o755)
    yield folder
    command("down", folder / ".local")


def is_built() -> bool:
    """Whether .venv is that of the lock file, as deploy/local/venv.sh judges it."""
    content = (ROOT / "requirements" / "dev.txt").read_bytes() + (ROOT / "pyproject.toml").read_bytes()
    stamp = (ROOT / ".venv" / ".built-from").read_text("utf-8")
    return stamp.startswith(hashlib.sha256(content).hexdigest())


def script_of(document: str, section: str) -> str:
    """The sh blocks of a section, one after the other."""
    text = (ROOT / document).read_text("utf-8")
    found = re.search(rf"^## {re.escape(section)}$(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found, f"{document} has no section {section}"
    blocks = re.findall(r"^```sh\n(.*?)^```$", found[1], re.MULTILINE | re.DOTALL)
    assert blocks, f"{section} of {document} has no example"
    return "\n".join(blocks)


def pasted(script: str, clone: Path, world: World) -> list[str]:
    """The calls of a script that ran to its end, each as "201 POST http://…"."""
    kept = {key: value for key, value in os.environ.items() if not key.endswith("_URL")}
    own = {
        "PATH": f"{clone / 'bin'}:{os.environ['PATH']}",
        "PUNCTUAL_HOME": str(clone / ".local"),
        "DATABASE_URL": world.database_url,
        "AMQP_URL": world.amqp_url,
    }
    ran = subprocess.run(
        ["sh", "-eu", "-c", script],  # noqa: S607 - as a person's shell finds it
        cwd=clone,
        env=kept | own,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert ran.returncode == 0, f"{ran.stderr}\n{ran.stdout}"
    calls = re.findall(r"^HTTP (.*)$", ran.stderr, re.MULTILINE)
    assert len(calls) == script.count("curl -"), ran.stderr
    return calls


def statuses(calls: list[str]) -> list[str]:
    return [call.partition(" ")[0] for call in calls]


@pytest.mark.timeout(900)
async def test_the_examples_run_as_pasted_again_and_again(clone: Path, world: World) -> None:
    """One stack for both documents, since each costs its start."""
    readme, api = script_of("README.md", "Use it"), script_of("docs/api.md", "The examples")
    assert SUCCEEDED in api
    api = api.replace(SUCCEEDED, f"{SUCCEEDED}{shlex.quote(sys.executable)} -c {shlex.quote(AT_REST)}\n")
    said = re.findall(r"→ (\d{3})", api)
    assert len(said) > 20

    first = pasted(readme, clone, world)
    assert not [call for call in first if not call.startswith("2")]

    mailbox = values(clone / ".local")["MAILBOX_URL"]
    async with aiohttp.ClientSession() as http:
        # the last example makes the mailbox fail: on a busy machine before the cancellation's mail has gone
        async with http.delete(f"{mailbox}/api/faults") as answer:
            assert answer.status == 204

        async def told() -> bool:
            async with http.get(f"{mailbox}/api/messages") as answer:
                return "Appointment cancelled" in await answer.text()

        assert await eventually(told)
    assert statuses(pasted(readme, clone, world)) == statuses(first)
    rows = await world.database.fetch("SELECT status, local_time::text FROM appointments")
    assert [tuple(row) for row in rows] == [("cancelled", "15:00:00")] * 2

    for _ in range(2):
        assert statuses(pasted(api, clone, world)) == said
