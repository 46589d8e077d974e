"""python -m deploy.local {run,up,down,status,plugin}: the private stack on loopback."""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any

import aiohttp

from deploy.local import demo
from deploy.local.fetch_plugin import NotFetched, PluginRequest, fetch
from deploy.local.processes import NotReady
from deploy.local.rabbitmq import server_folder
from deploy.local.stack import Stack
from deploy.local.state import StackState, default_home, locked, stack_home
from deploy.local.status import lines, rows
from deploy.local.steps import printed


async def run() -> None:
    """Starts the stack, shows the demo, stays until Ctrl-C, SIGTERM or SIGHUP; then ends the processes that it
    started."""
    home = stack_home()
    with locked(home):
        stack = Stack(home, prefer_known=home == default_home(), dies_with_us=True, tell=printed)
    found_running = any(stack.alive().values())
    watching: asyncio.Task[None] | None = None
    try:
        with locked(home):
            await stack.up()
        environment = stack.environment.of_shells()
        watching = asyncio.create_task(_watch(stack))
        await demo.show(environment)
        _print_places(environment, str(home))
        print("\nCtrl-C ends it.", flush=True)
        await watching
    finally:
        if watching is not None:
            watching.cancel()
        if found_running:
            print("\nThis stack ran before; it stays. `make down` ends it.", flush=True)
        else:
            print("\nStopping ...", flush=True)
            with locked(home):
                await asyncio.shield(stack.down())


async def up() -> None:
    home = stack_home()
    with locked(home):
        stack = Stack(home, tell=printed)
        await stack.up()
    _print_places(stack.environment.of_shells(), str(home))


async def down() -> None:
    home = stack_home()
    with locked(home):
        await Stack(home).down()
    print("The stack is down; its data stay.")


async def status() -> None:
    """Prints what runs, and the last words of what has ended. The exit code is 1 when a started process has ended."""
    stack = Stack(stack_home())
    found = await rows(stack)
    if not found:
        print("Nothing of this stack runs; `make up` starts it.")
        return
    print("\n".join(lines(found, datetime.now(UTC))))
    ended = [row.name for row in found if not row.alive]
    for name in ended:
        print(f"\n{name} {stack.ending(name, stack.state.processes[name])}")
    if ended:
        print("\n`make up` starts again what has ended.")
        sys.exit(1)


async def plugin() -> None:
    """Fetches the delayed-message plugin for the broker of this stack. Raises NotFetched."""
    print(await fetch(server_folder(), stack_home() / "rabbitmq", PluginRequest.given(os.environ)))
    print("RabbitMQ loads it at its next start: make down, then make run.")


async def _watch(stack: Stack) -> None:
    """Reports each process of the stack that ends, until cancelled."""
    told: set[int] = set()
    while True:
        for name, process in StackState.load(stack.home).processes.items():
            if not process.alive and process.pid not in told:
                told.add(process.pid)
                print(f"\n{name} {stack.ending(name, process)}", flush=True)
                print("`make up` in another terminal starts it again.", flush=True)
        await asyncio.sleep(0.2)


def _print_places(environment: Mapping[str, str], home: str) -> None:
    places = {
        "API": environment["API_URL"],
        "Its documentation": environment["API_URL"] + "/docs",
        "Jobs dashboard": environment["API_URL"] + "/ops",
        "Mailbox": environment["MAILBOX_URL"],
        "RabbitMQ management": environment["RABBITMQ_MANAGEMENT_URL"],
        "Notifier (metrics)": environment["NOTIFIER_URL"] + "/metrics",
        "Prometheus": environment["PROMETHEUS_URL"] or "not installed (apt-get install prometheus)",
        "Client token": environment["CLIENT_TOKEN"],
        "Operator token": environment["OPS_TOKEN"],
        "All of it": f"{home}/stack.env",
    }
    print()
    for name, place in places.items():
        if place:
            print(f"{name:20} {place}")
    sys.stdout.flush()


async def _until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Runs a command. A signal cancels it, and it cleans up before it ends."""
    task = asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await task


def main() -> int:
    commands: dict[str, Callable[[], Coroutine[Any, Any, None]]] = {
        "run": run,
        "up": up,
        "down": down,
        "status": status,
        "plugin": plugin,
    }
    parser = argparse.ArgumentParser("python -m deploy.local", description=__doc__)
    parser.add_argument("command", choices=list(commands))
    options = parser.parse_args()
    try:
        asyncio.run(_until_signal(commands[options.command]()))
    except (NotReady, NotFetched, RuntimeError, aiohttp.ClientError) as error:
        print(f"punctual: {error}", file=sys.stderr)
        return 1
    return 0


sys.exit(main())
