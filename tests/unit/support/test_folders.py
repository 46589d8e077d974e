"""Folders of test servers: in memory where there is room, else on disk; those of killed runs go."""

import os
import stat
from pathlib import Path

import pytest

from tests.support import folders


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


def test_what_killed_tests_have_left_goes_and_nothing_else(memory: Path) -> None:
    (memory / f"{folders._PREFIX}{2**31}-x" / "postgres").mkdir(parents=True)
    kept = {memory / "of-others", memory / f"{folders._PREFIX}{os.getpid()}-x"}
    for each in kept:
        each.mkdir()
    assert set(memory.iterdir()) - kept
    kept.add(folders.server_folder())
    assert set(memory.iterdir()) == kept
