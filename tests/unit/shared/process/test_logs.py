"""Logs have ids, types and places; no words of exceptions, no addresses, no passwords. In a process of its own, since
logging is configured once a process."""

import subprocess
import sys

import pytest

CANARY = "kanarienvogel"
_PROGRAM = """
import asyncio, gc, logging, structlog
from uuid import uuid4
from shared.process import logs
from notifier_service.channels.adapter import ChannelAdapter
from notifier_service.consuming.attempt import deliver
from notifier_service.channels.notice import Notice
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

class Crashing(ChannelAdapter):
    async def deliver(self, notice, attempt):
        await crash(notice, attempt)

async def lost():
    raise RuntimeError(SECRET)

async def main():
    now = datetime.now(UTC)
    notice = Notice(uuid4(), "k", uuid4(), date.today(), time(), "UTC", now, now, SECRET, SECRET, "", "", "c", SECRET,
                    SECRET, "en")
    await deliver(Crashing(), notice, 1)
    await asyncio.wait([asyncio.create_task(lost())])
    gc.collect()
    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: 1 / 0)
    failed = loop.create_future()
    loop.call_soon(failed.set_result, None)
    await failed
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


_SERVED = """
import asyncio
from aiohttp import web
from shared.process import logs

logs.configure("json", "debug")

async def broken(request):
    raise ValueError("ours")

async def echo(request):
    return web.Response(body=await request.read())

async def main():
    app = web.Application()
    app.router.add_get("/broken", broken)
    app.router.add_post("/", echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    for sent in {sent!r}:
        reader, writer = await asyncio.open_connection(*runner.addresses[0][:2])
        writer.write(sent)
        writer.write_eof()
        await reader.read()
        writer.close()
    await runner.cleanup()

asyncio.run(main())
"""
_ODD = [
    b"hello\r\n\r\n",
    b"GET / HTTP/1.1\r\nX Y: 1\r\n\r\n",
    b"GET http://[::1/livez HTTP/1.1\r\nHost: x\r\n\r\n",
    b"GET / HTTP/1.1\r\nX: " + b"a" * 20_000 + b"\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\nhello",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nhello",
]


def _served(*sent: bytes) -> str:
    command = [sys.executable, "-c", _SERVED.format(sent=sent)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def test_odd_bytes_on_a_port_that_answers_probes_are_not_logged() -> None:
    assert _served(*_ODD) == ""


def test_a_fault_of_ours_on_such_a_port_is_logged() -> None:
    assert "ValueError" in _served(b"GET /broken HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")


_LOSING = """
import os, sys, threading
import structlog
from shared.process import logs
from shared.process.log_stream import LIMIT, LOST

reader, writer = os.pipe()
os.dup2(writer, 2)
logs.configure({form!r}, "debug")
log = structlog.get_logger("x")
while not LOST._value.get():
    log.info("unread", text="x" * 50_000)
threading.Thread(target=lambda: [None for _ in iter(lambda: os.read(reader, 65536), b"")], daemon=True).start()
logging = threading.Thread(target=lambda: [log.info("read again") for _ in range(5_000)], daemon=True)
logging.start()
logging.join(30)
print("stuck" if logging.is_alive() else "done")
"""


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_thread_that_reports_lost_lines_does_not_wait_for_itself(form: str) -> None:
    done = subprocess.run([sys.executable, "-c", _LOSING.format(form=form)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["done"]
