"""Connects to the host of DATABASE_URL that takes writes, and does not wait for a silent one.

asyncpg tries the hosts in turn within one time-out. A dead machine that is named first uses it up; asyncpg goes on to
the next host only when a connection is refused. Here each host has an attempt of its own. The host that worked last
begins, and the others follow shortly after.
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
"""Seconds that a host has before the next host is tried beside it."""
WRITES: Final = "read-write"
"""The kind of server to connect to, unless the URL says otherwise: a standby would refuse nearly all our statements."""

Opened = asyncpg.Connection


class Hosts:
    """The servers of a URL; one of them takes writes."""

    def __init__(self, url: str, *, stagger: float = STAGGER) -> None:
        """`url` without its parameters of TLS. `stagger` in seconds. Raises ConfigurationError."""
        self._urls = apart(url)
        self._stagger = stagger

    async def connect(self, *_: object, **options: Any) -> Opened:
        """Connects to a server that takes writes; also for `asyncpg.create_pool(connect=…)`.

        Raises DatabaseUnavailable, with the reason for each host, and ConfigurationError.
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
    """The first attempt that succeeds, with its position; if none does, the error of each. All other attempts are given
    up."""
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
    """The error of an attempt; None when it succeeded. Raises ConfigurationError, and our bugs."""
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
    if host.startswith("/"):  # the folder of a Unix socket stands in the query
        return urlunsplit(parts._replace(query=urlencode({**query, "host": host, **({"port": port} if port else {})})))
    netloc = f"{parts.netloc}{host}{f':{port}' if port else ''}"
    return urlunsplit(parts._replace(netloc=netloc, query=urlencode(query)))
