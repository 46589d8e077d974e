"""Finds free ports on loopback. Two stacks that start at once do not choose the same port."""

import os
import random
import socket
import tempfile
import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

# Below the kernel's range for outgoing connections (32768 and up), so that nothing else takes a server's
# port while it restarts.
_RANGE: Final = range(20_000, 32_000)
_RESERVED_FOR: Final = 120.0
"""Seconds for which a chosen port stays reserved while its server has not bound it."""
_US: Final = f"process {os.getpid()}"


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(*preferred: int, owner: str | None = None, besides: Collection[int] = ()) -> int:
    """The first free port of `preferred`, else a random one; reserved for `owner`, who gets it again, against other
    stacks. Without an owner, this process does not get it again either, since its server may not have bound it yet.
    `besides`: the owner's other ports, which its servers may not have bound yet."""
    for port in (*preferred, *random.sample(_RANGE, k=500)):
        if port not in besides and is_free(port) and _reserve(port, owner):
            return port
    raise RuntimeError("no free port found on loopback")


def _reserve(port: int, owner: str | None) -> bool:
    folder = Path(tempfile.gettempdir()) / f"punctual-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / str(port)
    try:
        if file.read_text("utf-8") == owner or time.time() - file.stat().st_mtime > _RESERVED_FOR:
            file.unlink(missing_ok=True)
    except FileNotFoundError:
        pass
    claim = folder / f"{port}.{os.getpid()}"
    claim.write_text(owner or _US, "utf-8")
    try:
        file.hardlink_to(claim)  # fails if another process was first; never visible half written
    except FileExistsError:
        return False
    finally:
        claim.unlink()
    return True
