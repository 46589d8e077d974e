"""A stack that a crash has left is recognised, mended and ended."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from deploy.local.left_behind import left_behind
from deploy.local.processes import LocalProcess
from deploy.local.state import StackState
from tests.integration.stack.commands import begun, command, values
from tests.support.waiting import eventually


@pytest.mark.slow
async def test_a_start_that_was_killed_halfway_is_finished_and_what_was_forgotten_is_ended(stack_home: Path) -> None:
    halfway = begun("up", stack_home)
    await eventually(lambda: {"postgres", "rabbitmq"} <= set(StackState.load(stack_home).processes))
    halfway.kill()
    await asyncio.to_thread(halfway.wait)
    before = dict(StackState.load(stack_home).processes)
    assert all(process.alive for process in before.values())

    assert (await asyncio.to_thread(command, "up", stack_home)).returncode == 0

    after = StackState.load(stack_home).processes
    assert {name: after[name] for name in before} == before, "what ran already was started again"
    assert command("status", stack_home).returncode == 0

    (stack_home / "state.json").unlink()
    assert {process.pid for process in after.values()} <= {process.pid for process in left_behind(stack_home, [])}
    assert command("down", stack_home).returncode == 0
    assert not [name for name, process in after.items() if process.alive]
    assert not left_behind(stack_home, [])


@pytest.mark.slow
async def test_after_everything_was_killed_the_data_are_there_and_nothing_of_the_old_is_trusted(
    stack_home: Path,
) -> None:
    assert command("up", stack_home).returncode == 0
    old = values(stack_home)
    for process in StackState.load(stack_home).processes.values():
        process.send(signal.SIGKILL)
    await eventually(lambda: not any(process.alive for process in StackState.load(stack_home).processes.values()))
    # as after a reboot: the pids that were noted belong to others now
    state = StackState.load(stack_home)
    state.processes["api"] = LocalProcess(os.getpid(), 1, "an earlier boot")
    state.save()

    assert command("up", stack_home).returncode == 0  # and we are still here

    new = values(stack_home)
    assert new["DATABASE_URL"] == old["DATABASE_URL"]
    assert new["API_PID"] != old["API_PID"]
    assert command("status", stack_home).returncode == 0
