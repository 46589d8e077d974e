"""Runs the commands of a console script. A user's error becomes one message and an exit status, never a traceback.

The exit statuses are those of sysexits.h, so that a supervisor can tell a wrong setting (78) from a server that is away
(69) and from a bug (70).
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from importlib.metadata import version
from threading import Timer
from typing import Any, Final

import structlog

from shared.errors import ConfigurationError, PunctualError, Unavailable
from shared.people.addresses import InvalidAddress, parse
from shared.process import service_manager
from shared.process.backoff import parse_duration
from shared.process.early_stop import INTERRUPTED
from shared.process.lifecycle import BROKEN
from shared.process.ports import CannotListen
from shared.process.settings import LONGEST

log = structlog.get_logger("shared.process.console")

REFUSED: Final = 1
WRONG_USAGE: Final = 2
"""The exit status of wrong arguments, as argparse has it."""
LEAVING: Final = 1.0
"""Seconds that closing the event loop may take."""


class WrongUsage(PunctualError):
    """An argument is not usable; the message names it."""


def finish(script: str, work: Callable[[], int]) -> int:
    """Runs a command and returns its exit status. Messages about a failure go to stderr."""
    try:
        return work()
    except KeyboardInterrupt:
        return INTERRUPTED + signal.SIGINT
    except PunctualError as error:
        sys.stderr.write(f"{script}: {error}\n")
        return _status(error)
    except Exception:
        log.critical("internal error", exc_info=True)
        return BROKEN


def add_version(parser: argparse.ArgumentParser) -> None:
    """Adds --version, which prints the version of the installed distribution."""
    parser.add_argument("--version", action="version", version=f"%(prog)s {version('punctual')}")


def run_service(script: str, work: Coroutine[Any, Any, int]) -> int:
    """Runs a service until it is told to stop. The service handles the signals itself. A service manager that watches
    this process gets its signs of life."""
    return _run(script, _watched(work))


def run_once(script: str, work: Coroutine[Any, Any, int]) -> int:
    """Runs a command that ends by itself. SIGTERM and SIGINT end it at once, with status 128 plus the signal's
    number."""
    return _run(script, _interruptible(work))


def duration(argument: str) -> float:
    """A duration among the arguments, in seconds. Raises argparse.ArgumentTypeError."""
    try:
        seconds = parse_duration(argument)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    if not 0 < seconds <= LONGEST:
        raise argparse.ArgumentTypeError("must be above 0s, and of 3650d at most")
    return seconds


def text(argument: str) -> str:
    """Text among the arguments. Raises argparse.ArgumentTypeError when its bytes are not UTF-8."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("must be UTF-8 text") from None
    return argument


def identifier(longest: int) -> Callable[[str], str]:
    """An id given by others: printable, 1 to `longest` characters, no white space at its ends."""

    def check(argument: str) -> str:
        if not argument.isprintable() or argument != argument.strip() or not 0 < len(argument) <= longest:
            raise argparse.ArgumentTypeError(f"must be printable text of 1 to {longest} characters")
        return argument

    return check


def mailbox(argument: str) -> str:
    """An e-mail address among the arguments. Raises argparse.ArgumentTypeError."""
    try:
        parse(text(argument))
    except InvalidAddress as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return argument


def _run(script: str, work: Coroutine[Any, Any, int]) -> int:
    """Bounds the closing of the loop: the work is done by then. Resolving a name occupies a thread that nobody can end,
    and closing the loop would wait for it."""
    done: Future[int] = Future()

    def leave() -> None:
        status = finish(script, done.result)
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)

    timer = Timer(LEAVING, leave)
    timer.daemon = True

    async def bounded() -> None:
        try:
            done.set_result(await work)
        except Exception as error:  # noqa: BLE001 - whoever asks for the result raises it
            done.set_exception(error)
        timer.start()

    try:
        _event_loop()(bounded())
    finally:
        timer.cancel()
    return done.result()


def _event_loop() -> Callable[[Coroutine[Any, Any, None]], None]:
    """Runs a coroutine to its end, on uvloop, or on asyncio's own loop if uvloop cannot be imported."""
    try:
        import uvloop
    except ImportError as error:
        log.warning("uvloop cannot be used, asyncio's own event loop runs", error=str(error))
        return asyncio.run
    return uvloop.run


async def _watched(work: Coroutine[Any, Any, int]) -> int:
    async with service_manager.watched():
        return await work


async def _interruptible(work: Coroutine[Any, Any, int]) -> int:
    task = asyncio.ensure_future(work)
    told: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        told.append(number)
        task.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    await asyncio.wait({task})
    if told and (task.cancelled() or task.exception() is not None):
        return INTERRUPTED + told[0]
    return task.result()


def _status(error: PunctualError) -> int:
    if isinstance(error, WrongUsage):
        return WRONG_USAGE
    if isinstance(error, ConfigurationError):
        return os.EX_CONFIG
    return os.EX_UNAVAILABLE if isinstance(error, Unavailable | CannotListen) else REFUSED
