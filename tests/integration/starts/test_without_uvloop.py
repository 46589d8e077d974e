"""Services where uvloop cannot be imported: they run on asyncio's own loop, say so once, and stop in order."""

import signal
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.integration.starts.processes import SERVICES, begun, ended, run

SAID = "uvloop cannot be used, asyncio's own event loop runs"


@pytest.fixture
def without_uvloop(tmp_path: Path) -> str:
    """A folder for PYTHONPATH that hides the installed one."""
    (tmp_path / "uvloop.py").write_text('raise ImportError("no uvloop for this machine")\n', "utf-8")
    return str(tmp_path)


@pytest.mark.parametrize("command", SERVICES, ids=" ".join)
async def test_a_service_runs_and_stops_in_order(
    command: Sequence[str], without_uvloop: str, database_url: str
) -> None:
    async with begun(command, DATABASE_URL=database_url, PYTHONPATH=without_uvloop) as process:
        assert process.stdout is not None
        lines = [await process.stdout.readline()]
        while lines[-1] and b"broker unavailable" not in lines[-1]:
            lines.append(await process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        end = await ended(process)
    assert end.status == 0, end.text
    assert [SAID in line.decode() for line in lines].count(True) == 1


async def test_a_command_runs_to_its_end(without_uvloop: str, database_url: str) -> None:
    command = ("api-service", "doctor", "1", "--name", "Dr. Ada Weber", "--timezone", "Europe/Berlin")
    end = await run(command, DATABASE_URL=database_url, PYTHONPATH=without_uvloop)
    assert (end.status, end.last_line) == (0, "doctor 1: Dr. Ada Weber, Europe/Berlin")
    assert end.text.count(SAID) == 1
