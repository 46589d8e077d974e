"""Names this process, for leases, logs and the management UI of the broker."""

import os
import socket


def instance() -> str:
    """Host and process id: unique while the process runs, and enough to find it."""
    return f"{socket.gethostname()}:{os.getpid()}"
