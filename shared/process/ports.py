"""Binds the ports of a service before anything else of it starts."""

import asyncio
import errno
import os
import socket
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Final, NamedTuple

from shared.errors import PunctualError
from shared.process.service_manager import take_sockets

BACKLOG: Final = 128
_SKIPPED: Final = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
"""Errors of a single address of a name: localhost is also ::1, which this host may not have."""


class CannotListen(PunctualError):
    """A port is in use, or a host is not this machine's. The message names the settings, the host and the port."""


class ListenAddress(NamedTuple):
    """A host and port to listen on, and the settings that name them."""

    host: str
    port: int
    settings: str


async def bind(places: Sequence[ListenAddress]) -> list[socket.socket]:
    """Listening sockets. Connections wait until somebody serves them. Raises CannotListen.

    A port that the service manager has opened for us is taken over: connections wait there while one process ends and
    the next one starts.
    """
    with ExitStack() as opened:
        sockets = [
            opened.enter_context(each) for place in places for each in take_sockets(place.port) or await _bind(place)
        ]
        opened.pop_all()
    return sockets


@contextmanager
def closing(sockets: Sequence[socket.socket]) -> Iterator[Sequence[socket.socket]]:
    """The sockets for the length of the block; closed at its end."""
    try:
        yield sockets
    finally:
        for each in sockets:
            each.close()


def port_of(bound: socket.socket) -> int:
    """The port that the kernel has chosen for a setting of 0."""
    return int(bound.getsockname()[1])


async def _bind(place: ListenAddress) -> list[socket.socket]:
    try:
        found = await asyncio.get_running_loop().getaddrinfo(
            place.host, place.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
    except OSError as error:
        raise _refused(place, error) from error
    sockets: list[socket.socket] = []
    skipped: OSError | None = None
    for family, *_, address in dict.fromkeys(found):
        try:
            sockets.append(_listening(family, address))
        except OSError as error:
            if error.errno not in _SKIPPED:
                for each in sockets:
                    each.close()
                raise _refused(place, error) from error
            skipped = error
    if not sockets:
        raise _refused(place, skipped or OSError(errno.EADDRNOTAVAIL, "")) from skipped
    return sockets


def _listening(family: int, address: tuple[str | int, ...] | tuple[int, bytes]) -> socket.socket:
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the owner of the port may have ended just now
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind(address)
        made.listen(BACKLOG)
        made.setblocking(False)
    except OSError:
        made.close()
        raise
    return made


def _refused(place: ListenAddress, error: OSError) -> CannotListen:
    host = f"[{place.host}]" if ":" in place.host else place.host
    if isinstance(error, socket.gaierror):
        reason = "the host name cannot be resolved"
    else:
        reason = os.strerror(error.errno or 0).lower()
    return CannotListen(f"{place.settings}: cannot listen on {host}:{place.port}: {reason}")
