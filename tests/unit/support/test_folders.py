"""Folders of test servers: in memory where there is room, else on disk; those of killed runs go."""

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import folders

OWNER = """
import pathlib, sys
from tests.support import folders
folders._IN_MEMORY, folders.ROOM = pathlib.Path(sys.argv[1]), 1
print(folders.server_folder(), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "memory"
    place.mkdir()
    monkeypatch.setattr(folders, "_IN_MEMORY", place)
    monkeypatch.setattr(folders, "ROOM", 1)
    return place


def test_it_is_in_memory_and_another_user_can_reach_it(memory: Path) -> None:
    folder = folders.server_folder()
    assert folder.parent == memory
    assert stat.S_IMODE(folder.stat().st_mode) == 0o755


@pytest.mark.parametrize("room", [1, 2**80])
def test_without_room_in_memory_it_is_elsewhere(
    memory: Path, room: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "ROOM", room)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    if room == 1:
        memory.rmdir()
    assert folders.server_folder().parent == tmp_path


def test_a_folder_goes_with_its_process_and_not_before(memory: Path) -> None:
    """Its owner may be one whose process id means nothing here, as in another container."""
    command = [sys.executable, "-c", OWNER, str(memory)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        theirs = Path(owner.stdout.readline().strip())
        unrelated = memory / "of-others"
        unrelated.mkdir()
        first = folders.server_folder()
        assert set(memory.iterdir()) == {theirs, unrelated, first}
        owner.kill()

    assert {folders.server_folder(), unrelated, first} == set(memory.iterdir())
