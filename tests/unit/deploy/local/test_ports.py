"""The ports of a stack's servers."""

import random
from pathlib import Path

import pytest

from deploy.local.ports import free_port
from deploy.local.settings import Ports
from deploy.local.state import StackState


def test_two_servers_of_a_stack_never_have_the_same_port(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first server has not bound its port yet when the second one's is chosen."""
    taken, other = (free_port(owner=str(tmp_path)) for _ in range(2))
    monkeypatch.setattr(random, "sample", lambda _range, k: [taken, other][:k])
    ports = Ports(StackState(tmp_path), prefer_known=False)

    assert {ports.choose("smtp"), ports.choose("mailbox")} == {taken, other}


def test_a_server_has_the_port_that_it_had_before(tmp_path: Path) -> None:
    ports = Ports(StackState(tmp_path), prefer_known=False)

    assert ports.choose("smtp") == ports.choose("smtp")


def test_a_process_does_not_choose_a_port_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first server has not bound the port yet, or is away for a moment."""
    taken = free_port()
    monkeypatch.setattr(random, "sample", lambda _range, k: [taken])
    with pytest.raises(RuntimeError):
        free_port()
