"""A notifier that the messages of some jobs kill as soon as they are read, whichever attempt they are of."""

import os
import signal
from pathlib import Path
from typing import Any

from shared.jobs.model import Ticket


def notifier() -> int:
    from notifier_service import cli
    from shared.jobs import envelope

    poison = Path(os.environ["POISON"])  # job ids, a line each
    parse = envelope.parse

    def swallow(body: bytes, **properties: Any) -> Ticket:
        ticket = parse(body, **properties)
        # the dead-letter recorder reads without properties, and must live
        if properties and poison.exists() and str(ticket.job_id) in poison.read_text("utf-8").split():
            os.kill(os.getpid(), signal.SIGKILL)
        return ticket

    envelope.parse = swallow
    return cli.main(["serve"])
