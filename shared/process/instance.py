"""Names this process, for leases, logs and the management UI of the broker."""

import os
import socket


def instance() -> str:
    """Host and process id: unique while it runs, and found by whoever looks for the process."""
    return f"{socket.gethostname()}:{os.getpid()}"
