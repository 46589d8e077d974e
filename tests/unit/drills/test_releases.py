"""The drill of an upgrade needs the commit of the release before, and says plainly why a clone does not have it."""

import subprocess
from pathlib import Path

import pytest

from tests.drills import releases
from tests.drills.places import NotHere


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Test", "-c", "user.email=test@punctual.example")
    command = ["git", "-C", str(folder), *identity, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """A repository of two commits."""
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "-q")
    for message in ("first", "second"):
        git(origin, "commit", "-q", "--allow-empty", "-m", message)
    return origin


async def test_the_commit_of_a_whole_history_is_found(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = git(history, "rev-parse", "HEAD~1")
    monkeypatch.setattr(releases, "ROOT", history)
    monkeypatch.setenv(releases.FROM, first[:12])
    assert await releases.commit() == first


async def test_a_shallow_history_is_named(history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = git(history, "rev-parse", "HEAD~1")
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{history}", "shallow")
    monkeypatch.setattr(releases, "ROOT", tmp_path / "shallow")
    monkeypatch.setenv(releases.FROM, first)
    with pytest.raises(NotHere, match=f"shallow: `git fetch --unshallow` brings {first}"):
        await releases.commit()


async def test_a_folder_without_history_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "ROOT", tmp_path)
    with pytest.raises(NotHere, match="is no clone"):
        await releases.commit()


async def test_an_unknown_commit_is_named(history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(releases, "ROOT", history)
    monkeypatch.setenv(releases.FROM, "0" * 40)
    with pytest.raises(NotHere, match=f"has no commit {'0' * 40}"):
        await releases.commit()
