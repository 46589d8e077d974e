"""The API's settings."""

from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr
from pydantic_settings import NoDecode

from api_service.identity.oidc.addresses import is_safe
from api_service.identity.public_key import usable
from api_service.oidc_settings import OidcSettings
from api_service.web.limits.proxies import Network
from api_service.web.limits.rate import Rate
from shared.jobs.forecast import Promises
from shared.process.environment import Environment, SettingFault
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
    """The keys that verify tokens. `api-service token` signs with the secret."""

    jwt_secret: SecretStr | None = Field(None, min_length=32, description="The key of HS256 tokens, 32 bytes or more.")
    jwt_public_key: Annotated[str, AfterValidator(usable)] | None = Field(
        None, description="The public key (PEM) of RS256 or ES256 tokens."
    )
    jwt_jwks_url: WebAddress | None = Field(
        None, description="The http or https URL of the key set of RS256 or ES256 tokens."
    )
    jwt_issuer: str | None = Field(None, description="The `iss` that tokens must have. Unset: any.")
    jwt_audience: str | None = Field(None, description="The `aud` that tokens must have. Unset: tokens must have none.")

    def faults(self) -> Iterator[SettingFault]:
        yield from super().faults()
        names = ("jwt_secret", "jwt_public_key", "jwt_jwks_url")
        if sum(getattr(self, name) is not None for name in names) != 1:
            yield SettingFault(names, "set exactly one of them")


class ApiSettings(CommonSettings, OidcSettings, KeySettings):
    """The settings of api_service, from its environment."""

    api_host: Host = Field("127.0.0.1", description="The host name or address on which the API listens.")
    api_port: int = Field(5000, ge=0, le=65535, description="The port of the API.")
    admin_host: Host | None = Field(
        None,
        description="The host name or address of a second listener, for /ops, /api/ops and /metrics; set together"
        " with ADMIN_PORT.",
    )
    admin_port: int | None = Field(None, ge=1, le=65535, description="The port of the second listener.")
    max_body: int = Field(65_536, ge=1_024, le=MOST, description="The largest request body, in bytes.")
    shutdown_delay: Pause = Field(
        5.0,
        description="How long a stopping API still answers while /readyz says 503, so that load balancers choose"
        " another instance in time.",
    )
    record_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="The secret from which the key that signs records of appointments is derived, 32 characters or"
        " more. Unset: records are not signed.",
    )
    migrate_on_start: bool = Field(True, description="Bring the database to the newest schema at start.")

    rate_limit: OffOrRate = Field(
        Rate(20),
        description="The request rate of one client (the token's `sub`) in one process, or `off`. Operators have no"
        " limit.",
    )
    address_rate_limit: OffOrRate = Field(
        Rate(10), description="The request rate of one address without a valid token, in one process, or `off`."
    )
    rate_burst: int = Field(
        100, ge=1, le=MOST, description="The number of requests that both rates allow at once after a pause."
    )
    open_bookings: OffOrCount = Field(
        100, description="The largest number of future appointments of one client, over all instances, or `off`."
    )
    trusted_proxies: Networks = Field(
        (),
        description="The networks (CIDR, commas between) of proxies whose X-Forwarded-For and X-Forwarded-Proto are"
        " believed.",
    )
    cors_origins: Origins = Field(
        (), description="The origins (commas between) of pages that may call the client API. Unset: none."
    )
    head_timeout: Seconds = Field(10.0, description="The longest wait for the head of a request.")
    body_timeout: Seconds = Field(20.0, description="The longest wait for the body of a request.")
    write_timeout: Seconds = Field(30.0, description="The longest wait for a client that does not read its answer.")
    keepalive_timeout: Seconds = Field(75.0, description="The longest wait for the next request on a connection.")
    max_connections: int = Field(
        10_000, ge=1, le=MOST, description="The largest number of client connections of one process."
    )
    mail_from: Sender | None = Field(
        None,
        description="The sender of the notifier's mails, as Name <address>: the organizer in calendar files;"
        " `sender` in `CLINIC_FILE` stands in for it.",
    )

    reminder_offsets: ListOfSeconds = Field(
        (3600.0,), description="How long before an appointment its reminders are due; one reminder for each."
    )
    delay_backend: Literal["auto", "exchange", "relay"] = Field(
        "auto",
        description="The holder of reminders until they are due: the broker's delayed exchange, or the relay."
        " `auto`: the exchange if the broker has its plugin.",
    )
    delay_horizon: Seconds = Field(
        3600.0, le=86_400.0, description="How long before its due time a reminder may be given to the delayed exchange."
    )
    delay_grace: Seconds = Field(
        30.0, description="How long all instances must be able to use the delayed exchange before it is used."
    )
    delay_max_pending: int = Field(
        100_000, ge=1, le=MOST, description="The largest number of messages in the delayed exchange."
    )
    relay_enabled: bool = Field(
        True, description="Run a relay inside the API. `false`: relays run alone (`api-service relay`)."
    )
    lifeline_interval: Seconds = Field(5.0, description="The pause between two searches for lost jobs.")
    parked_limit: Seconds = Field(
        900.0, description="How long a mail may wait for the mail server before an alert fires."
    )
    forecast_lateness: Seconds = Field(
        900.0, description="The forecast warns of mails that would leave later than this after their due time."
    )
    figures_in_advance: bool = Field(
        True,
        description="Read the figures of /ops every few seconds, so that no page waits for them. `false`: when a page"
        " asks.",
    )
    lost_grace: Seconds = Field(30.0, description="How long after its due time a message may count as lost.")

    deliveries_key: SecretStr | None = Field(
        None,
        min_length=16,
        description="Opens /api/ops/deliveries to mail providers, as a bearer token or as the password of basic"
        " authentication; unset: operators' tokens alone.",
    )

    stream_interval: Seconds = Field(
        15.0,
        description="The longest time between two looks of an open stream at the table, and between two signs of"
        " life to its client.",
    )
    stream_write_timeout: Seconds = Field(
        20.0, description="A stream is closed when its client has read nothing for this long."
    )
    streams_per_client: int = Field(
        10, ge=1, le=MOST, description="The largest number of open streams of one client in one process."
    )
    streams_most: int = Field(5_000, ge=1, le=MOST, description="The largest number of open streams of one process.")

    @property
    def promises(self) -> Promises:
        """The bounds that a forecast is held against."""
        return Promises(self.forecast_lateness, min(self.reminder_offsets))

    @property
    def operators_address(self) -> str | None:
        """Scheme, host and port of /ops as browsers name them; None where no setting says."""
        if self.ops_url is not None:
            return self.ops_url
        if self.public_url is None or self.admin_port is not None:
            return None
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}"

    def faults(self) -> Iterator[SettingFault]:
        yield from super().faults()
        if self.oidc_issuer is not None and not is_safe(self.operators_address or ""):
            yield SettingFault(
                ("ops_url", "oidc_issuer"),
                "OIDC needs OPS_URL, or PUBLIC_URL where operators have no listener of their own: https, or http on"
                " this machine",
            )
        if (self.admin_host is None) != (self.admin_port is None):
            yield SettingFault(("admin_host", "admin_port"), "set both of them, or neither")
        if self.admin_port == self.api_port:
            yield SettingFault(("admin_port", "api_port"), "must differ")
