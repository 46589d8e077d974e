"""Whoever has no rights of root can run it where the servers are installed, from a copy of their own."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.integration.stack.commands import values
from tests.support.repository import ROOT

USER = "nobody"
PYTHON = Path("/usr/bin/python3")
LEFT_OUT = shutil.ignore_patterns(".git", ".venv*", ".local", ".*_cache", "__pycache__", ".hypothesis", "*.egg-info")


@pytest.fixture
def copy() -> Iterator[Path]:
    """The project in a folder of that user's."""
    home = Path(tempfile.mkdtemp(prefix="punctual-nobody-"))
    shutil.copytree(ROOT, home / "punctual", ignore=LEFT_OUT)
    account = pwd.getpwnam(USER)
    for path in (home, *home.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid)
    yield home / "punctual"
    shutil.rmtree(home, ignore_errors=True)


def make(target: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/usr/bin/make", target],
        cwd=folder,
        env={**os.environ, "HOME": str(folder), "PATH": "/usr/local/bin:/usr/bin:/bin"},
        user=USER,
        group=pwd.getpwnam(USER).pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def of_that_user() -> set[int]:
    """The processes that run as that user; one that has ended and waits for its parent is none."""
    found = psutil.process_iter(["username", "status"])
    return {each.pid for each in found if each.info["username"] == USER and each.info["status"] != "zombie"}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
@pytest.mark.skipif(
    subprocess.run([PYTHON, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode != 0,
    reason=f"{PYTHON} cannot make virtual environments (apt-get install python3-venv)",
)
def test_make_up_and_make_down_as_an_ordinary_user(copy: Path) -> None:
    before = of_that_user()

    started = make("up", copy)

    assert started.returncode == 0, started.stdout + started.stderr
    stack = values(copy / ".local")
    assert psutil.Process(int(stack["API_PID"])).username() == USER
    assert make("status", copy).returncode == 0
    assert make("down", copy).returncode == 0
    assert of_that_user() == before
