"""Owns the API's settings."""

from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from api_service.identity.public_key import usable
from api_service.web.limits.proxies import Network
from api_service.web.limits.rate import Rate
from shared.process.environment import Environment, Fault
from shared.process.settings import (
    MOST,
    CommonSettings,
    Host,
    ListOfSeconds,
    OffOrCount,
    Pause,
    Seconds,
    Sender,
    WebAddress,
    web_address,
)


def _rate(value: object) -> object:
    if not isinstance(value, str):
        return value
    return None if value.strip().lower() == "off" else Rate.parse(value)


def _list(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _origin(text: str) -> str:
    parts = urlsplit(web_address(text))
    if text != f"{parts.scheme}://{parts.netloc}":
        raise ValueError("must be origins as browsers send them, such as https://app.clinic.example")
    return text.lower()


OffOrRate = Annotated[Rate | None, NoDecode, BeforeValidator(_rate)]
"""Such as 20/s, 300/min, 1000/h, or `off`."""
Origins = Annotated[tuple[Annotated[str, AfterValidator(_origin)], ...], NoDecode, BeforeValidator(_list)]
Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_list)]


class KeySettings(Environment):
    """The keys that verify tokens, and that `api-service token` signs them with."""

    jwt_secret: SecretStr | None = Field(None, min_length=32, description="Key of HS256 tokens, 32 bytes or more.")
    jwt_public_key: Annotated[str, AfterValidator(usable)] | None = Field(
        None, description="Public key (PEM) of RS256 or ES256 tokens."
    )
    jwt_jwks_url: WebAddress | None = Field(
        None, description="Where the keys of RS256 or ES256 tokens are published (http or https)."
    )
    jwt_issuer: str | None = Field(None, description="The `iss` that tokens must bear, if set.")
    jwt_audience: str | None = Field(None, description="The `aud` that tokens must bear, if set.")

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        names = ("jwt_secret", "jwt_public_key", "jwt_jwks_url")
        if sum(getattr(self, name) is not None for name in names) != 1:
            yield Fault(names, "set exactly one of them")


class ApiSettings(CommonSettings, KeySettings):
    """The settings of api_service, from its environment."""

    api_host: Host = Field("127.0.0.1", description="Where the API listens.")
    api_port: int = Field(5000, ge=0, le=65535, description="Port of the API.")
    admin_host: Host | None = Field(
        None, description="Where /ops, /api/ops and /metrics listen instead, with ADMIN_PORT."
    )
    admin_port: int | None = Field(None, ge=1, le=65535, description="Port of that second listener.")
    max_body: int = Field(65_536, ge=1_024, le=MOST, description="Largest request body, in bytes.")
    shutdown_delay: Pause = Field(
        5.0, description="How long a stopping API is unready but answers, so that balancers look elsewhere in time."
    )
    migrate_on_start: bool = Field(True, description="Bring the database to the newest schema at start.")

    rate_limit: OffOrRate = Field(
        Rate(20),
        description="Requests of one client (the token's `sub`) in one process, or `off`; operators have none.",
    )
    address_rate_limit: OffOrRate = Field(
        Rate(10), description="The same for requests without a valid token, by address."
    )
    rate_burst: int = Field(100, ge=1, le=MOST, description="How many requests at once both rates allow after a pause.")
    open_bookings: OffOrCount = Field(
        100, description="Appointments ahead that one client may have, over all instances, or `off`."
    )
    trusted_proxies: Networks = Field(
        (), description="Networks (CIDR, commas between) whose X-Forwarded-For and -Proto are believed."
    )
    cors_origins: Origins = Field(
        (), description="Origins (commas between) whose pages may call the client API; none unless set."
    )
    head_timeout: Seconds = Field(10.0, description="Longest wait for the head of a request.")
    body_timeout: Seconds = Field(20.0, description="Longest wait for the body of a request.")
    write_timeout: Seconds = Field(30.0, description="Longest wait for a client that does not read its answer.")
    keepalive_timeout: Seconds = Field(75.0, description="Longest wait for the next request of a connection.")
    max_connections: int = Field(10_000, ge=1, le=MOST, description="Most client connections of one process.")
    mail_from: Sender | None = Field(
        None,
        description="The sender of the notifier's mails, as Name <address>: the organizer in calendar files;"
        " `sender` in `CLINIC_FILE` stands in for it.",
    )

    reminder_offsets: ListOfSeconds = Field(
        (3600.0,), description="How long before an appointment its reminders are due."
    )
    delay_backend: Literal["auto", "exchange", "relay"] = Field(
        "auto", description="Who holds reminders until they are due: the broker's delayed exchange, or the relay."
    )
    delay_horizon: Seconds = Field(
        3600.0, le=86_400.0, description="How long before its time a reminder may be given to the delayed exchange."
    )
    delay_grace: Seconds = Field(
        30.0, description="How long all instances must be able to use the delayed exchange before it is used."
    )
    delay_max_pending: int = Field(100_000, ge=1, le=MOST, description="Most messages that the delayed exchange holds.")
    relay_enabled: bool = Field(True, description="Run a relay in the API; false where relays run alone.")
    lifeline_interval: Seconds = Field(5.0, description="Pause between two looks for lost jobs.")
    parked_limit: Seconds = Field(
        900.0, description="How long a mail may wait for the mail server before an alert names it."
    )
    lost_grace: Seconds = Field(30.0, description="How long after its time a message may count as lost.")

    deliveries_key: SecretStr | None = Field(
        None,
        min_length=16,
        description="Opens /api/ops/deliveries to mail providers, as a bearer token or as the password of basic"
        " authentication; unset: operators' tokens alone.",
    )

    stream_interval: Seconds = Field(
        15.0, description="An open stream looks at the table, and shows that it lives, at least this often."
    )
    stream_write_timeout: Seconds = Field(
        20.0, description="A stream whose client does not take what was written for this long is closed."
    )
    streams_per_client: int = Field(
        10, ge=1, le=MOST, description="Streams that one client may have open in one process."
    )
    streams_most: int = Field(5_000, ge=1, le=MOST, description="Streams that one process holds open.")

    def faults(self) -> Iterator[Fault]:
        yield from super().faults()
        if (self.admin_host is None) != (self.admin_port is None):
            yield Fault(("admin_host", "admin_port"), "set both of them, or neither")
        if self.admin_port == self.api_port:
            yield Fault(("admin_port", "api_port"), "must differ")
