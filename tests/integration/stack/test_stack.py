"""The local stack, by the commands that people type."""

import os
import re
import signal
from pathlib import Path

import aiohttp
import pytest

from deploy.local.state import StackState
from tests.integration.stack.commands import command, values


async def test_up_repairs_and_down_leaves_nothing(stack_home: Path) -> None:
    first = command("up", stack_home)
    assert first.returncode == 0, first.stderr
    assert (stack_home / "stack.env").stat().st_mode & 0o777 == 0o600
    before = values(stack_home)
    async with aiohttp.ClientSession() as http, http.get(before["API_URL"] + "/api/doctors/1") as answer:
        assert answer.status == 401
    assert any(re.fullmatch(r"RECORD_KEY=.{32,}", each) for each in environment_of(before["API_PID"]))

    os.kill(int(before["NOTIFIER_PID"]), signal.SIGKILL)
    told = command("status", stack_home)
    assert told.returncode == 1
    assert "without a word" in told.stdout
    assert "notifier ready  worker=" in told.stdout
    refused = command("up", stack_home, LOG_FORMAT="xml")
    assert refused.returncode == 1
    assert "LOG_FORMAT: must be 'json' or 'console'" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert command("up", stack_home).returncode == 0

    after = values(stack_home)
    assert after["NOTIFIER_PID"] != before["NOTIFIER_PID"]
    assert after["API_PID"] == before["API_PID"]
    assert after["DATABASE_URL"] == before["DATABASE_URL"]
    assert command("status", stack_home).returncode == 0

    processes = dict(StackState.load(stack_home).processes)
    assert {"api", "notifier", "mailbox", "postgres", "rabbitmq", "epmd"} <= set(processes)
    assert command("down", stack_home).returncode == 0
    assert not [name for name, process in processes.items() if process.alive]
    assert not (stack_home / "stack.env").exists()


@pytest.mark.slow
async def test_given_servers_are_used_and_left_alone(world_urls: dict[str, str], stack_home: Path) -> None:
    started = command("up", stack_home, **world_urls)
    assert started.returncode == 0, started.stderr

    processes = StackState.load(stack_home).processes
    assert set(processes) <= {"api", "notifier", "mailbox", "prometheus"}
    assert values(stack_home)["DATABASE_URL"] == world_urls["DATABASE_URL"]
    assert command("down", stack_home).returncode == 0


def environment_of(pid: str) -> list[str]:
    return Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
