"""Reads the caller's environment for a stack: given servers, wanted ports."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from deploy.local.ports import free_port
from deploy.local.state import StackState

KNOWN: Final = {"api": 5000, "mailbox": 8025, "management": 15672, "prometheus": 9090}
"""Well-known ports, which `make run` prefers."""
_VARIABLES: Final = {
    "api": "API_PORT",
    "notifier": "NOTIFIER_PORT",
    "mailbox": "MAILBOX_PORT",
    "management": "RABBITMQ_MANAGEMENT_PORT",
    "prometheus": "PROMETHEUS_PORT",
}


@dataclass(frozen=True, slots=True)
class Given:
    """Servers given by the caller, used instead of our own."""

    database_url: str | None
    amqp_url: str | None
    smtp_host: str | None
    smtp_port: int | None

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Self:
        host, port = environment.get("SMTP_HOST"), environment.get("SMTP_PORT")
        return cls(
            environment.get("DATABASE_URL"),
            environment.get("AMQP_URL"),
            host or ("127.0.0.1" if port else None),
            _port("SMTP_PORT", port) if port else 25 if host else None,
        )


class Ports:
    """Chooses a port just before its server starts: the caller's, a well-known one, the last one, or any free one."""

    def __init__(self, state: StackState, *, prefer_known: bool) -> None:
        self._state = state
        self._known = KNOWN if prefer_known else {}

    def choose(self, name: str) -> int:
        port = self._choose(name)
        self._state.ports[name] = port
        self._state.save()
        return port

    def _choose(self, name: str) -> int:
        variable = _VARIABLES.get(name, "")
        wished = os.environ.get(variable)
        if wished:
            return _port(variable, wished)
        preferred = (self._known.get(name), self._state.ports.get(name))
        others = {port for other, port in self._state.ports.items() if other != name}
        return free_port(*filter(None, preferred), owner=str(self._state.home), besides=others)


def _port(variable: str, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text[:6]) < 65536):
        raise RuntimeError(f"{variable}: must be a port, a number from 1 to 65535")
    return int(text)
