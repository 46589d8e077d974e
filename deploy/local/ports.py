"""Finds free ports on loopback that two stacks starting at once will not both choose."""

import os
import random
import socket
import tempfile
import time
from pathlib import Path
from typing import Final

# Below the range that the kernel takes for outgoing connections (32768 and up), so that nothing else grabs
# a server's port while it restarts.
_RANGE: Final = range(20_000, 32_000)
_RESERVED_FOR: Final = 120.0
"""Seconds that a chosen port stays ours while its server has not bound it yet."""


def is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(preferred: int | None = None) -> int:
    """`preferred` if it is free, else a random one. Reserved from other stacks by a file of its own."""
    candidates = [] if preferred is None else [preferred]
    candidates += random.sample(_RANGE, k=500)
    for port in candidates:
        if is_free(port) and _reserve(port):
            return port
    raise RuntimeError("no free port found on loopback")


def _reserve(port: int) -> bool:
    folder = Path(tempfile.gettempdir()) / f"punctual-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    file = folder / str(port)
    try:
        if time.time() - file.stat().st_mtime > _RESERVED_FOR:
            file.unlink(missing_ok=True)
    except FileNotFoundError:
        pass
    try:
        os.close(os.open(file, os.O_CREAT | os.O_EXCL, 0o600))
    except FileExistsError:
        return False
    return True
