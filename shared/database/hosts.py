"""Connects to whichever of DATABASE_URL's hosts takes writes, and does not wait for one that is silent.

asyncpg tries the hosts one after the other within one time-out, so that a dead machine named first uses it up, and goes
on to the next for a refused connection only. Here each has a try of its own: the host that was right last begins, and
the others follow it quickly.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlunsplit

import asyncpg

from shared.database.errors import words
from shared.errors import ConfigurationError, DatabaseUnavailable
from shared.process.tls import split_postgres

STAGGER: Final = 0.25
"""Seconds that a host has before the next one is tried beside it."""
WRITES: Final = "read-write"
"""What is asked of a server unless the URL says otherwise: a standby would refuse nearly all that we do."""

Opened = asyncpg.Connection


class Hosts:
    """The servers of a URL, of which one takes writes."""

    def __init__(self, url: str, *, stagger: float = STAGGER) -> None:
        """`url` without its words on TLS. `stagger` in seconds. Raises ConfigurationError."""
        self._urls = apart(url)
        self._stagger = stagger

    async def connect(self, *_: object, **options: Any) -> Opened:
        """A connection to a server that takes writes; for `asyncpg.create_pool(connect=…)` too.

        Raises DatabaseUnavailable, which says of each host why not; ConfigurationError.
        """
        tries = [self._try(url, options) for url in self._urls]
        index, connection, faults = await _first(tries, self._stagger)
        if connection is None:
            raise DatabaseUnavailable("; ".join(dict.fromkeys(faults)))
        self._urls.insert(0, self._urls.pop(index))
        return connection

    @staticmethod
    def _try(url: str, options: dict[str, Any]) -> Callable[[], Awaitable[Opened]]:
        async def connect() -> Opened:
            try:
                return await asyncpg.connect(url, **options)
            except asyncpg.ClientConfigurationError as error:
                raise ConfigurationError(f"DATABASE_URL: {str(error).partition(chr(10))[0]}") from None

        return connect


async def _first(
    tries: Sequence[Callable[[], Awaitable[Opened]]], stagger: float
) -> tuple[int, Opened | None, list[str]]:
    """The first try that succeeds, by its place; without one, what each met. The others are given up."""
    running: dict[asyncio.Task[Opened], int] = {}
    faults: list[str] = []
    try:
        for place, each in enumerate(tries):
            running[asyncio.ensure_future(each())] = place
            last = place == len(tries) - 1
            while running:
                done, _ = await asyncio.wait(
                    running, timeout=None if last else stagger, return_when=asyncio.FIRST_COMPLETED
                )
                for task in done:
                    index = running.pop(task)
                    if (fault := _fault(task)) is None:
                        return index, task.result(), faults
                    faults.append(fault)
                if not done:
                    break
        return -1, None, faults
    finally:
        await _give_up(running)


def _fault(task: asyncio.Task[Opened]) -> str | None:
    """Why a try has failed; None where it has not. Raises ConfigurationError, and what is a bug."""
    error = asyncio.CancelledError() if task.cancelled() else task.exception()
    if error is None:
        return None
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):
        return "the server takes no writes"
    if isinstance(error, asyncpg.PostgresError | asyncpg.InterfaceError | asyncpg.InternalClientError | OSError):
        return words(error)
    if isinstance(error, TimeoutError):
        return "no answer in time"
    raise error


async def _give_up(running: dict[asyncio.Task[Opened], int]) -> None:
    for task in running:
        task.cancel()
    await asyncio.gather(*running, return_exceptions=True)
    for task in running:
        if not task.cancelled() and task.exception() is None:
            task.result().terminate()


def apart(url: str) -> list[str]:
    """One URL a host, in their order; each asks for a server that takes writes unless the URL asks for another.

    Hosts stand where RFC 3986 has one, with commas between them, or in `host` and `port` of the query, as libpq reads
    them (https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS).

    >>> apart("postgresql://u@a:1,b/d")
    ['postgresql://u@a:1/d?target_session_attrs=read-write', 'postgresql://u@b/d?target_session_attrs=read-write']
    """
    parts = split_postgres(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query.setdefault("target_session_attrs", WRITES)
    user, at, places = parts.netloc.rpartition("@")
    hosts, ports = query.pop("host", ""), query.pop("port", "").split(",")
    named = hosts.split(",") if hosts else places.split(",")
    if len(ports) not in (1, len(named)):
        raise ConfigurationError(f"DATABASE_URL: {len(ports)} ports for {len(named)} hosts")
    if len(ports) == 1:
        ports *= len(named)
    return [
        _single(parts._replace(netloc=user + at), host, port, query) for host, port in zip(named, ports, strict=True)
    ]


def _single(parts: SplitResult, host: str, port: str, query: dict[str, str]) -> str:
    if host.startswith("/"):  # a folder of sockets stands in the query
        return urlunsplit(parts._replace(query=urlencode({**query, "host": host, **({"port": port} if port else {})})))
    netloc = f"{parts.netloc}{host}{f':{port}' if port else ''}"
    return urlunsplit(parts._replace(netloc=netloc, query=urlencode(query)))
