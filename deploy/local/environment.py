"""The variables of a stack: those that its services start with, and those that stack.env gives to shells."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from api_service.identity import tokens
from deploy.local.postgres import Postgres
from deploy.local.rabbitmq import RabbitMQ
from deploy.local.settings import Given
from deploy.local.state import StackState, write_private

CLIENT: Final = {"subject": "client-1", "email": "client-1@patients.example", "name": "Alex Example"}
_TOKEN_LIFETIME: Final = 30 * 86_400.0
_LIMITS: Final = ("RATE_LIMIT", "ADDRESS_RATE_LIMIT", "OPEN_BOOKINGS", "MAILS_PER_HOUR")


BROKER_PORTS: Final = ("amqp", "management", "rabbitmq_prometheus", "distribution", "epmd", "ctl")


def node(home: Path, state: StackState, *, dies_with_us: signal.Signals | None = None) -> RabbitMQ:
    """The stack's own RabbitMQ with the ports that the state knows; 0 for one that is not chosen yet."""
    ports = {name.removeprefix("rabbitmq_"): state.ports.get(name, 0) for name in BROKER_PORTS}
    return RabbitMQ(home / "rabbitmq", ports=ports, dies_with_us=dies_with_us)


class StackEnvironment:
    """Reads the state at each call: a port stands there once it is chosen."""

    def __init__(self, home: Path, state: StackState, given: Given) -> None:
        self._home = home
        self._state = state
        self._given = given

    def url(self, name: str) -> str:
        """The address of a process of ours that answers over HTTP."""
        return f"http://127.0.0.1:{self._state.ports[name]}"

    def servers(self) -> dict[str, str]:
        """The URLs that identify a set of servers: services that were started with others start again."""
        return {
            "public": self._public_url(),
            "database": self._database_url(),
            "amqp": self._amqp_url(),
            "smtp": f"{self._given.smtp_host}:{self._given.smtp_port or self._state.ports.get('smtp')}",
        }

    def of_services(self) -> dict[str, str]:
        """The settings that both services start with."""
        ports = self._state.ports
        own_mailbox = self._given.smtp_host is None
        defaults = {
            "SMTP_SECURITY": "none" if own_mailbox else os.environ.get("SMTP_SECURITY", "starttls"),
            "MAIL_FROM": os.environ.get("MAIL_FROM", "Punctual <appointments@punctual.example>"),
            "LOG_FORMAT": os.environ.get("LOG_FORMAT", "json"),
            "SHUTDOWN_DELAY": os.environ.get("SHUTDOWN_DELAY", "0s"),  # there is no load balancer to wait for
            # everybody who tries the stack is one client with one address
            **{name: os.environ.get(name, "off") for name in _LIMITS},
        }
        return defaults | {
            "DATABASE_URL": self._database_url(),
            "AMQP_URL": self._amqp_url(),
            **self._smtp(),
            "API_PORT": str(ports.get("api", 0)),
            "NOTIFIER_PORT": str(ports.get("notifier", 0)),
            "JWT_SECRET": self._state.secret("jwt"),
            "UNSUBSCRIBE_KEY": self._state.secret("unsubscribe"),
            "RECORD_KEY": self._state.secret("record"),
            "PUBLIC_URL": self._public_url(),
        }

    def of_shells(self) -> dict[str, str]:
        """The variables of stack.env: URLs, tokens and pids."""
        broker = self._broker()
        return {
            "API_URL": self.url("api"),
            "NOTIFIER_URL": self.url("notifier"),
            "DATABASE_URL": self._database_url(),
            "AMQP_URL": self._amqp_url(),
            "RABBITMQ_MANAGEMENT_URL": "" if self._given.amqp_url else broker.management_url,
            "RABBITMQ_PROMETHEUS_URL": "" if self._given.amqp_url else broker.prometheus_url,
            **self._smtp(),
            "MAILBOX_URL": "" if self._given.smtp_host else self.url("mailbox"),
            "PROMETHEUS_URL": self.url("prometheus") if self._state.running("prometheus") else "",
            "CLIENT_TOKEN": self._token("client", **CLIENT),
            "OPS_TOKEN": self._token("ops", subject="operator"),
            "API_PID": str(self._state.processes["api"].pid),
            "NOTIFIER_PID": str(self._state.processes["notifier"].pid),
        }

    def write(self) -> None:
        """Writes stack.env for shells, and services.env with the settings of the services."""
        write_private(self._home / "stack.env", _shell(self.of_shells()))
        write_private(self._home / "services.env", _shell(self.of_services()))

    def _database_url(self) -> str:
        return self._given.database_url or Postgres(self._home, port=self._state.ports["postgres"]).url

    def _amqp_url(self) -> str:
        return self._given.amqp_url or self._broker().amqp_url

    def _broker(self) -> RabbitMQ:
        return node(self._home, self._state)

    def _smtp(self) -> dict[str, str]:
        return {
            "SMTP_HOST": self._given.smtp_host or "127.0.0.1",
            "SMTP_PORT": str(self._given.smtp_port or self._state.ports.get("smtp", 0)),
        }

    def _public_url(self) -> str:
        """The API's URL; before its start, the URL that it will have."""
        return os.environ.get("PUBLIC_URL") or f"http://127.0.0.1:{self._state.ports.get('api', 0)}"

    def _token(self, role: str, *, subject: str, **claims: str) -> str:
        secret = self._state.secret("jwt")
        return tokens.issue(secret, subject=subject, roles=[role], lifetime=_TOKEN_LIFETIME, **claims)


def _shell(values: Mapping[str, str]) -> str:
    """NAME=value lines that a POSIX shell can read."""
    quoted = ((name, value.replace("'", "'\\''")) for name, value in values.items())
    return "".join(f"{name}='{value}'\n" for name, value in quoted)
