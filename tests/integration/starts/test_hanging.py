"""SIGTERM ends a start that hangs, at once: not after the time-out of whatever it hangs in."""

import asyncio
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.integration.starts.processes import COMMANDS, SCRIPTS, SERVICES, SETTINGS, begun, ended, mute
from tests.support.waiting import eventually

PATIENT = {"DATABASE_TIMEOUT": "1h", "SMTP_TIMEOUT": "1h"}


@pytest.mark.parametrize(
    ("command", "number"), [*((service, signal.SIGTERM) for service in SERVICES), (SERVICES[2], signal.SIGINT)]
)
async def test_a_service_whose_database_says_nothing_has_done_what_it_was_told(
    command: Sequence[str], number: signal.Signals
) -> None:
    async with (
        mute() as server,
        begun(command, DATABASE_URL=f"postgresql://u:p@127.0.0.1:{server.port}/d", **PATIENT) as process,
    ):
        await eventually(server.asked.is_set)
        process.send_signal(number)
        end = await ended(process)
    assert end.status == 0
    assert "stopped while waiting for PostgreSQL" in end.last_line
    assert f"127.0.0.1:{server.port}" in end.last_line


@pytest.mark.parametrize(
    ("command", "number"), [(COMMANDS[0], signal.SIGTERM), (COMMANDS[0], signal.SIGINT), (COMMANDS[2], signal.SIGTERM)]
)
async def test_a_command_whose_database_says_nothing_has_not_done_its_work(
    command: Sequence[str], number: signal.Signals
) -> None:
    async with (
        mute() as server,
        begun(command, DATABASE_URL=f"postgresql://u:p@127.0.0.1:{server.port}/d", **PATIENT) as process,
    ):
        await eventually(server.asked.is_set)
        process.send_signal(number)
        end = await ended(process)
    assert (end.status, end.text) == (128 + number, "")


async def test_a_mail_server_that_says_nothing_holds_up_no_check() -> None:
    async with (
        mute() as server,
        begun(("notifier-service", "check-email"), SMTP_PORT=str(server.port), **PATIENT) as process,
    ):
        await eventually(server.asked.is_set)
        process.send_signal(signal.SIGTERM)
        end = await ended(process)
    assert end.status == 128 + signal.SIGTERM
    assert "Traceback" not in end.text


@pytest.mark.parametrize("command", SERVICES[1:])
async def test_a_broker_that_says_nothing_holds_up_no_stop(command: Sequence[str], database_url: str) -> None:
    async with (
        mute() as server,
        begun(command, DATABASE_URL=database_url, AMQP_URL=f"amqp://u:p@127.0.0.1:{server.port}/") as process,
    ):
        await eventually(server.asked.is_set)
        process.send_signal(signal.SIGTERM)
        assert (await ended(process)).status == 0


@pytest.mark.parametrize("command", SERVICES[1:])
async def test_a_service_that_is_told_to_stop_before_it_runs_has_done_so(command: Sequence[str]) -> None:
    """While it imports, no loop takes the signal."""
    async with begun(command) as process:
        await eventually(lambda: handles_sigterm(process.pid), every=0.005)
        process.send_signal(signal.SIGTERM)
        assert (await ended(process)).status == 0


def handles_sigterm(pid: int) -> bool:
    lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    caught = next(line for line in lines if line.startswith("SigCgt:"))
    return bool(int(caught.split()[1], 16) >> (signal.SIGTERM - 1) & 1)


def can_unshare() -> bool:
    unshare = shutil.which("unshare")
    return (
        unshare is not None
        and subprocess.run([unshare, "-m", "true"], capture_output=True, check=False).returncode == 0
    )


MUTE_RESOLVER = """
import socket, subprocess, sys
from pathlib import Path
resolver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
resolver.bind(("127.0.0.77", 53))
resolver.settimeout(50)
Path(sys.argv[1]).write_text("nameserver 127.0.0.77\\n")
subprocess.run(["mount", "--bind", sys.argv[1], "/etc/resolv.conf"], check=True)
service = subprocess.Popen(sys.argv[2:])
resolver.recv(512)
service.terminate()
sys.exit(service.wait())
"""
"""As root of mounts of its own: a resolver that is asked and says nothing; then the service is told to stop."""


@pytest.mark.skipif(not can_unshare(), reason="mounts of its own need rights of root")
@pytest.mark.parametrize(
    ("command", "settings"),
    [
        (("api-service", "serve"), {"DATABASE_URL": "postgresql://u:p@database.hangs.example/d"}),
        (("api-service", "serve"), {"API_HOST": "api.hangs.example"}),
    ],
)
async def test_a_name_that_nobody_resolves_holds_up_no_stop(
    command: Sequence[str], settings: dict[str, str], tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        *("unshare", "-m", str(SCRIPTS / "python"), "-c", MUTE_RESOLVER, str(tmp_path / "resolv.conf")),
        *(str(SCRIPTS / command[0]), *command[1:]),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd="/",
        env={**os.environ, **SETTINGS, **settings, "RES_OPTIONS": "timeout:25 attempts:4"},
    )
    end = await ended(process)
    assert end.status == 0, end.text
    assert "Traceback" not in end.text
