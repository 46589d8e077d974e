"""The settings that both services read, and the types of values that settings have."""

import re
from collections.abc import Callable, Iterator
from email.utils import getaddresses
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from shared.clinic import Clinic
from shared.clinic import read as read_clinic
from shared.errors import ConfigurationError
from shared.links.appointments import AppointmentLinks, AppointmentTokens, links_at
from shared.people.addresses import InvalidAddress, parse
from shared.process.backoff import parse_duration
from shared.process.environment import Environment, SettingFault
from shared.process.server_urls import check_broker_url, check_postgres_url, is_host
from shared.wording import Languages
from shared.wording import load as load_languages


def _seconds(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _list_of_seconds(value: object) -> object:
    return [parse_duration(step) for step in value.split(",")] if isinstance(value, str) else value


def _durations(durations: tuple[float, ...]) -> tuple[float, ...]:
    if not all(0 < duration <= LONGEST for duration in durations):
        raise ValueError("must be durations above 0s and of 3650d at most")
    if len(set(durations)) < len(durations):
        raise ValueError("must name each duration once")
    return durations


def _host(text: str) -> str:
    if not is_host(text):
        raise ValueError("must be a host name of ASCII letters and digits, or an IP address; no port, no scheme")
    return text


def web_address(text: str) -> str:
    """An http or https URL with a valid host. Raises ValueError."""
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and is_host(parts.hostname or "") and parts.port != 0
    except ValueError:  # unbalanced brackets, or a port that is not a number
        usable = False
    if not usable or not text.isprintable() or " " in text:
        raise ValueError("must be an http or https URL, as https://clinic.example")
    return text


def _public(text: str) -> str:
    parts = urlsplit(web_address(text))
    if not _PATH.fullmatch(parts.path) or "?" in text or "#" in text or "@" in parts.netloc or len(text) > 200:
        raise ValueError("must be an http or https URL without user, query or fragment, as https://booking.example")
    return text.rstrip("/")


def _sender(text: str) -> str:
    """One address that needs no SMTPUTF8: a server without it would refuse every mail."""
    addresses = [address for _, address in getaddresses([text])]
    if len(addresses) != 1 or not text.isprintable() or not text.rstrip(" >").endswith(addresses[0]):
        raise ValueError("must be one e-mail address, as Name <address>")
    try:
        address = parse(addresses[0])
    except InvalidAddress as error:
        raise ValueError("must be one e-mail address, as Name <address>") from error
    if address.needs_smtputf8:
        raise ValueError("must be ASCII in front of the @")
    return text


def _off(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() == "off" else value


LONGEST: Final = 3650 * 86_400.0
"""Seconds. A longer time is a typing error, and overflows timers and PostgreSQL's intervals."""
MOST: Final = 1_000_000_000
"""The largest count that PostgreSQL's integers hold."""
MOST_SHARDS: Final = 64
_LONGEST_RETRY: Final = 30 * 86_400.0
_PATH: Final = re.compile(r"(/[A-Za-z0-9._~-]+)*/?")

Seconds = Annotated[float, BeforeValidator(_seconds), Field(gt=0, le=LONGEST)]
"""A duration, written as 200ms, 5s, 2min, 1h or 7d."""
Pause = Annotated[float, BeforeValidator(_seconds), Field(ge=0, le=LONGEST)]
"""A duration that may be zero: 0s."""
ListOfSeconds = Annotated[tuple[float, ...], NoDecode, BeforeValidator(_list_of_seconds), AfterValidator(_durations)]
"""Durations with commas between them."""
Host = Annotated[str, AfterValidator(_host)]
"""A host name or an IP address."""
WebAddress = Annotated[str, AfterValidator(web_address)]
"""An http or https URL."""
Sender = Annotated[str, AfterValidator(_sender)]
"""The sender of our mails, as "Name <address>"."""
OffOrSeconds = Annotated[Seconds | None, NoDecode, BeforeValidator(_off)]
"""A duration, or `off`."""
OffOrCount = Annotated[Annotated[int, Field(ge=1, le=MOST)] | None, BeforeValidator(_off)]
"""A number from 1 on, or `off`."""


_DATABASE: Final = (
    "PostgreSQL, as postgresql://user:password@host:port/name. Several servers: host:port,host:port; the one that takes"
    " writes is used. TLS, always verified: ?sslmode=verify-full; &sslrootcert=FILE names an authority of your own."
)
_BROKER: Final = (
    "RabbitMQ, as amqp://user:password@host:port/vhost. A cluster: the URLs of its nodes, with commas between them."
    " TLS, always verified: amqps; ?cafile=FILE names an authority of your own."
)

PublicUrl = Annotated[str, AfterValidator(_public)]
"""An http or https URL; a slash at its end is removed."""


class WordingSettings(Environment):
    """The clinic's own details and look, used by mails and pages. Raises ConfigurationError."""

    clinic_file: str | None = Field(
        None,
        description="A TOML file with the clinic's name, address, telephone, look and languages"
        " (deploy/clinic.example.toml).",
    )
    wordings_dir: str | None = Field(
        None,
        description="A directory with texts of your own, one file for each language, such as de.ftl. They replace"
        " our texts, or add a language (docs/languages.md).",
    )

    calendar_alarm: OffOrSeconds = Field(
        None,
        description="How long before an appointment the calendar entry in our mails and files reminds of it, such as"
        " 1h. `off`: the client's calendar decides.",
    )

    @property
    def clinic(self) -> Clinic:
        """Raises ConfigurationError."""
        return read_clinic(self.clinic_file)

    @property
    def languages(self) -> Languages:
        """The texts and languages, read from their files at each call. Raises ConfigurationError."""
        return load_languages(self.wordings_dir, self.clinic.languages or ())

    def faults(self) -> Iterator[SettingFault]:
        yield from super().faults()
        try:
            offered = self.clinic.languages or ()
        except ConfigurationError as error:
            yield SettingFault(("clinic_file",), str(error))
            offered = ()
        try:
            load_languages(self.wordings_dir, offered)
        except ConfigurationError as error:
            yield SettingFault(("wordings_dir",), str(error))


class CommonSettings(WordingSettings):
    """The settings of both services."""

    database_url: SecretStr = Field(description=_DATABASE, examples=[SecretStr("-")])
    amqp_url: SecretStr = Field(description=_BROKER, examples=[SecretStr("-")])
    database_pool_size: int = Field(
        10, ge=2, le=200, description="The largest number of PostgreSQL connections of one process."
    )
    database_timeout: Seconds = Field(10.0, description="The longest time of one statement.")
    retry_steps: ListOfSeconds = Field(
        (5.0, 30.0, 120.0, 600.0, 3600.0),
        description="The pauses before the retries of a job that has failed for a passing reason. After the last"
        " retry the job is failed.",
    )
    shards: int = Field(
        1,
        ge=1,
        le=MOST_SHARDS,
        description="Work queues for each priority. With more than one, a broker's cluster shares them out among its"
        " nodes (docs/scaling.md). API, relays and notifiers have the same value; a change of it loses nothing.",
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="`json`: one JSON object on a line; `console`: for people."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The lowest level that is logged."
    )
    library_internals: Literal["tested", "off"] = Field(
        "tested",
        description="`tested`: undocumented names of aiohttp, aiormq, pamqp and aiosmtplib are used with the"
        " versions that they were tested with. `off`: they are never used, which costs CPU time and the"
        " time-outs for slow clients (docs/decisions/0020).",
    )
    unsubscribe_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="The key that signs the links that switch reminder e-mails off, 32 characters or more. Unset:"
        " mails carry no such link.",
    )
    link_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="The key that signs the links in mails that show, move and cancel an appointment. Unset: a key"
        " derived from `UNSUBSCRIBE_KEY`. Without either key, or without `PUBLIC_URL`, mails carry no"
        " such links.",
    )
    public_url: PublicUrl | None = Field(
        None,
        description="The address at which clients reach the API, for links in mails, such as https://booking.example.",
    )
    suppress_after: OffOrCount = Field(
        2, description="E-mails that must come back from an address for good before it is suppressed, or `off`: never."
    )
    metrics_token: SecretStr | None = Field(None, description="The bearer token that /metrics requires. Unset: none.")
    tracing_endpoint: WebAddress | None = Field(
        None,
        validation_alias=AliasChoices("TRACING_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        description="The collector of traces (OTLP over HTTP), such as http://collector:4318;"
        " OTEL_EXPORTER_OTLP_ENDPOINT means the same. Unset: no tracing.",
    )

    @property
    def appointment_tokens(self) -> AppointmentTokens | None:
        """Signs and reads the tokens of appointment links; None when no key is set."""
        key = self.link_key or self.unsubscribe_key
        return None if key is None else AppointmentTokens(key.get_secret_value())

    @property
    def appointment_links(self) -> Callable[[UUID], AppointmentLinks] | None:
        """Makes the links of an appointment; None where key or PUBLIC_URL is not set."""
        tokens, url = self.appointment_tokens, self.public_url
        return None if tokens is None or url is None else links_at(url, tokens)

    def faults(self) -> Iterator[SettingFault]:
        yield from super().faults()
        checks: tuple[tuple[str, SecretStr, Callable[[str], None]], ...] = (
            ("database_url", self.database_url, check_postgres_url),
            ("amqp_url", self.amqp_url, check_broker_url),
        )
        for name, url, check in checks:
            try:
                check(url.get_secret_value())
            except ValueError as error:
                yield SettingFault((name,), str(error))
        if max(self.retry_steps) > _LONGEST_RETRY:
            yield SettingFault(
                ("retry_steps",), "must be of 30d at most each, since RabbitMQ keeps no message for 50 days"
            )
