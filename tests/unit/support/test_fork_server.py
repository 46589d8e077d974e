"""What the fork server starts is what the console scripts start."""

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Final

import pytest

from deploy.local.processes import LocalProcess
from tests.support.fork_server import SERVICES, fork_server
from tests.support.waiting import eventually

NOWHERE: Final = {"DATABASE_URL": "postgresql://u:p@127.0.0.1:1/d", "AMQP_URL": "amqp://u:p@127.0.0.1:1/"}
WHOLE: Final = NOWHERE | {
    "JWT_SECRET": "s" * 32,
    "SMTP_HOST": "127.0.0.1",
    "MAIL_FROM": "Clinic <clinic@mail.example>",
    "API_PORT": "0",
    "NOTIFIER_PORT": "0",
}


@pytest.mark.parametrize("script", SERVICES)
async def test_arguments_settings_output_and_status_are_its_own(script: str, tmp_path: Path) -> None:
    wrong = {**NOWHERE, "LOG_LEVEL": "loud", "CLINIC_FILE": "missing.toml"}
    process = fork_server().start(script, "serve", wrong, tmp_path / "here.log")
    await eventually(lambda: process.status == os.EX_CONFIG)
    text = (tmp_path / "here.log").read_text("utf-8")
    assert text.startswith(f"{script}: ")
    assert "LOG_LEVEL: " in text
    assert "Traceback" not in text


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGKILL, -signal.SIGKILL)])
@pytest.mark.parametrize("script", SERVICES)
async def test_it_ends_by_a_signal_as_the_script_does(
    script: str, number: signal.Signals, status: int, tmp_path: Path
) -> None:
    process = fork_server().start(script, "serve", WHOLE, tmp_path / "here.log")
    try:
        await eventually(lambda: "waiting for PostgreSQL" in (tmp_path / "here.log").read_text("utf-8"))
        assert os.getsid(process.pid) == process.pid
        process.send(number)
        await eventually(lambda: process.status == status)
    finally:
        process.send(signal.SIGKILL)


FORKS_AND_WAITS: Final = """
import sys, time
from pathlib import Path
from tests.support.fork_server import fork_server
from tests.unit.support.test_fork_server import WHOLE
print(fork_server().start("api-service", "serve", WHOLE, Path(sys.argv[1])).pid, flush=True)
time.sleep(600)
"""


async def test_it_is_killed_with_the_tests_that_wanted_it(tmp_path: Path) -> None:
    tests = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", FORKS_AND_WAITS, str(tmp_path / "here.log")), stdout=asyncio.subprocess.PIPE
    )
    try:
        assert tests.stdout is not None
        service = LocalProcess.of(int(await tests.stdout.readline()))
        assert service is not None
    finally:
        tests.kill()
        await tests.wait()
    await eventually(lambda: not service.alive)
