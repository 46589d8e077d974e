"""Logs have ids, types and places; no words of exceptions, no addresses, no passwords. In a process of its own, since
logging is configured once a process."""

import subprocess
import sys

import pytest

CANARY = "kanarienvogel"
_PROGRAM = """
import asyncio, gc, logging, structlog
from uuid import uuid4
from shared import logs
from notifier_service.handlers import attempt
from notifier_service.notice import Notice
from datetime import date, datetime, time, UTC

logs.configure({form!r}, "debug")
log = structlog.get_logger("notifier_service.x")
SECRET = "kanarienvogel"

async def crash(notice, number):
    local = SECRET
    try:
        raise KeyError(f"{{SECRET}}@patients.example")
    except KeyError as error:
        raise ValueError(f"cannot say {{SECRET}}") from error

async def lost():
    raise RuntimeError(SECRET)

async def main():
    now = datetime.now(UTC)
    notice = Notice(uuid4(), "k", uuid4(), date.today(), time(), "UTC", now, now, SECRET, SECRET, "", "", "c", SECRET,
                    SECRET, "en")
    await attempt(crash, notice, 1)
    asyncio.create_task(lost())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gc.collect()
    asyncio.get_running_loop().call_soon(lambda: 1 / 0)
    await asyncio.sleep(0)
    try:
        raise ExceptionGroup(SECRET, [OSError(5, SECRET), ValueError(SECRET)])
    except ExceptionGroup:
        logging.getLogger("somebody").exception("library\\nsays %s", SECRET)
    log.warning("told", error=f"<{{SECRET}}@patients.example>: no", url=f"amqp://me:{{SECRET}}@host:5672/v", n=5)
    raise SystemError(SECRET)

asyncio.run(main())
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_no_word_of_an_exception_and_no_address_is_logged(form: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(form=form)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert CANARY not in done.stdout + done.stderr.lower(), done.stderr
    for expected in (
        *("handler failed", "builtins.ValueError", "caused by", "builtins.KeyError", "in crash"),
        *("Task exception was never retrieved", "builtins.RuntimeError", "builtins.ZeroDivisionError"),
        *("library", "OSError, ValueError", "<address>", "uncaught exception", "builtins.SystemError"),
    ):
        assert expected in done.stderr, f"{expected} is missing in {done.stderr}"
