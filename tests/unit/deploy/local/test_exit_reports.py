"""How a process has ended is told by its status, or by what it said last."""

import os
import signal
from pathlib import Path

import pytest

from deploy.local.exit_reports import how, last_words

STOPPED = '{"status":0,"event":"notifier stopped","level":"info","timestamp":"2026-11-25T19:01:47.012Z"}\n'
BROKEN = '{"status":70,"event":"notifier stopped","level":"info","timestamp":"2026-11-25T19:01:47.012Z"}\n'
WAITED = '{"error":"x","event":"stopped while waiting for PostgreSQL","level":"warning","timestamp":"-"}\n'
READY = '{"worker":"w","event":"notifier ready","level":"info","timestamp":"2026-11-25T19:01:40.012Z"}\n'
FAILED = (
    '{"event":"internal error","level":"critical","timestamp":"2026-11-25T19:01:41Z",'
    '"exception":"  File \\"a.py\\", line 1, in f\\n  File \\"b.py\\", line 2, in g\\nbuiltins.KeyError"}\n'
)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "service.log"


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        (READY, -signal.SIGKILL, "SIGKILL"),
        (READY, os.EX_CONFIG, "status 78"),
        (READY, 0, "told to stop"),
        (READY, None, "without a word"),
        (STOPPED, None, "was stopped"),
        (WAITED, None, "was stopped"),
        (BROKEN, None, "status 70"),
        ("api-service: LOG_LEVEL: must be loud\n", None, "ended"),
        ("[1]\n", None, "ended"),
        ("", None, "ended"),
    ],
)
def test_how_it_ended(log: Path, text: str, status: int | None, said: str) -> None:
    log.write_text(text, "utf-8")
    assert said in how(status, log)


def test_json_is_made_readable_and_the_rest_is_left_as_it_is(log: Path) -> None:
    log.write_text(f"{READY}{FAILED}plain text\n", "utf-8")
    assert last_words(log) == (
        "    19:01:40 info  notifier ready  worker=w\n"
        '    19:01:41 critical  internal error  builtins.KeyError File "b.py", line 2, in g\n'
        "    plain text"
    )


def test_only_the_end_is_read_and_no_log_is_no_error(log: Path) -> None:
    assert "empty" in last_words(log)
    log.write_bytes(b"\xff" * 1_000_000 + b"\nlast\n")
    assert last_words(log, 1) == "    last"
