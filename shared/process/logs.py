"""Sets up logs: one event on a line, with ids, without personal data.

The text of an exception may hold anything (a driver quotes the value that it refused). So a log entry has the
exception's type and the place where it was raised, and not its text. The text of a job's error is in `job_attempts`.
"""

import logging
import re
import sys
import traceback
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from types import TracebackType
from typing import Any, Final, Literal, TypeGuard

import orjson
import structlog
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.web import RequestPayloadError

from shared.process.log_stream import LogStream, standard_error
from shared.safe_text import storable

# any word with an @ inside: an address, or the user and password of a URL
_ADDRESS: Final = re.compile(rb"[^\s\"'<>(),;]+@[^\s\"'<>(),;]+")
_DEEPEST: Final = 8


def configure(form: Literal["json", "console"], level: str) -> None:
    """Sends our records and those of libraries to stderr in one form, without waiting for the reader.

    Ours go there as bytes, not through the standard library's records: that costs less than half (docs/profiles.md).
    """
    shared: list[structlog.typing.Processor] = [structlog.processors.add_log_level, _timed, _told_exception]
    stream = standard_error()
    console = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    rendering: list[structlog.typing.Processor] = [_json] if form == "json" else [console, _encoded]
    structlog.configure(
        processors=[*shared, *rendering, _masked],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer) if stream is None else partial(_Handing, stream),
        cache_logger_on_first_use=True,
    )
    handler = _Handler(stream) if stream else logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_first_line, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *rendering, _masked, _decoded],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("aiohttp.server").addFilter(_is_no_clients_fault)
    logging.getLogger("aiormq").setLevel(logging.CRITICAL)  # what ends a connection, shared.broker says in one line
    sys.excepthook = _uncaught


class _Handing:
    """Hands finished lines to the stream.

    structlog's own logger holds a lock meanwhile. The stream has one, and reports lost lines by a line of its own: a
    thread would then wait for itself.
    """

    __slots__ = ("_stream",)

    def __init__(self, stream: LogStream, *_: object) -> None:
        self._stream = stream

    def msg(self, line: bytes) -> None:
        self._stream.write(line + b"\n")

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


class _Handler(logging.Handler):
    """Sends the records of libraries the same way."""

    def __init__(self, stream: LogStream) -> None:
        super().__init__()
        self._stream = stream

    def emit(self, record: logging.LogRecord) -> None:
        self._stream.write(self.format(record).encode(errors="backslashreplace") + b"\n")


def _is_no_clients_fault(record: logging.LogRecord) -> bool:
    """aiohttp's server logs invalid HTTP, and a client that has gone, as errors with a traceback. Anybody could fill
    the log through the port of the probes."""
    error = record.exc_info[1] if record.exc_info else None
    return not isinstance(error, HttpProcessingError | RequestPayloadError | ConnectionResetError | zlib.error)


def _timed(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    event["timestamp"] = f"{datetime.now(UTC).isoformat()[:-6]}Z"  # without +00:00
    return event


def _told_exception(logger: object, name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Renders the exception of an event, if it has one. Most have none."""
    return _EXCEPTION(logger, name, event) if "exc_info" in event else event


def _json(_: object, __: str, event: structlog.typing.EventDict) -> bytes:
    try:
        return orjson.dumps(event, default=str)
    except (
        TypeError
    ):  # text that is not UTF-8, a number beyond 64 bits: input from outside must not cost more than its line
        return orjson.dumps({storable(str(name)): storable(str(value)) for name, value in event.items()})


def _encoded(_: object, __: str, line: Any) -> bytes:
    return str(line).encode(errors="backslashreplace")


def _decoded(_: object, __: str, line: Any) -> str:
    return bytes(line).decode()


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    structlog.get_logger("shared.process.logs").critical("uncaught exception", exc_info=(kind, error, trace))


def _first_line(_: object, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Cuts a library's record after its first line: asyncio and others write the exception's text in the next lines."""
    event["event"] = str(event["event"]).partition("\n")[0]
    return event


def _masked(_: object, __: str, line: Any) -> Any:
    """Masks addresses in a finished line. One search, since most lines have none."""
    return _ADDRESS.sub(b"<address>", line) if b"@" in line else line


def _without_words(exc_info: structlog.typing.ExcInfo) -> str:
    return "\ncaused by\n".join(_told(exc_info[1]))


_EXCEPTION: Final = structlog.processors.ExceptionRenderer(_without_words)


def _told(error: BaseException | None) -> Iterator[str]:
    """The types and places of an exception and its causes."""
    for _ in range(_DEEPEST):
        if error is None:
            return
        where = "".join(
            f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}\n'
            for frame in traceback.extract_tb(error.__traceback__)
        )
        number = f" [Errno {error.errno}]" if isinstance(error, OSError) and error.errno else ""
        within = f" of {', '.join(type(e).__qualname__ for e in error.exceptions)}" if _is_group(error) else ""
        yield f"{where}{type(error).__module__}.{type(error).__qualname__}{number}{within}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _is_group(error: BaseException) -> TypeGuard[BaseExceptionGroup[BaseException]]:
    return isinstance(error, BaseExceptionGroup)
