"""A service whose loop is broken by a fault of ours ends soon, in order, by a status of its own."""

import signal
import sys
from types import ModuleType
from typing import Final

import pytest

from deploy.local.ports import free_port
from deploy.local.processes import spawn
from shared.jobs import pauses, store
from tests.support.waiting import eventually
from tests.support.world import World

BREAKING: Final = """
import sys
import {module} as module
from shared.process import loops
from {service} import cli

async def broken(*_, **__):
    raise KeyError("ours")

assert hasattr(module, "{function}")
module.{function} = broken
loops.LIMITS = loops.FailureLimits(in_a_row=3, over=0.2)
sys.exit(cli.main(["{command}"]))
"""


@pytest.mark.parametrize(
    ("service", "command", "module", "function"),
    [
        ("api_service", "serve", store, "seconds_until_due"),
        ("api_service", "relay", store, "seconds_until_due"),
        ("notifier_service", "serve", pauses, "in_force"),
    ],
)
async def test_a_fault_of_ours_that_stays_ends_a_service_with_70(
    world: World, service: str, command: str, module: ModuleType, function: str
) -> None:
    log = world.home / f"{service}-{command}.log"
    code = BREAKING.format(service=service, command=command, module=module.__name__, function=function)
    process = spawn(
        [sys.executable, "-c", code],
        log=log,
        environment=world.environment
        | {"API_PORT": str(free_port()), "NOTIFIER_PORT": str(free_port()), "STOP_DEADLINE": "10min"},
        dies_with_us=signal.SIGKILL,
    )
    try:
        await eventually(lambda: not process.alive)
        assert process.status == 70
        told = log.read_text("utf-8")
        assert told.count("builtins.KeyError") == 2, "once where it happened, once as the cause of the end"
        assert "LoopBroken" in told
    finally:
        process.stop(within=1, first=signal.SIGKILL)
