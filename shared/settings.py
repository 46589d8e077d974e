"""Owns the settings that both services read from the environment, and says all that is wrong at once."""

from typing import Annotated, Final, Literal, TypeVar

from pydantic import AliasChoices, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from shared.backoff import parse_duration
from shared.errors import ConfigurationError


def _seconds(value: object) -> object:
    return parse_duration(value) if isinstance(value, str) else value


def _list_of_seconds(value: object) -> object:
    return [parse_duration(step) for step in value.split(",")] if isinstance(value, str) else value


def _without_slash(value: object) -> object:
    return value.rstrip("/") if isinstance(value, str) else value


def _off(value: object) -> object:
    return None if isinstance(value, str) and value.strip().lower() == "off" else value


Seconds = Annotated[float, BeforeValidator(_seconds), Field(gt=0)]
"""A duration, written as 200ms, 5s, 2min, 1h or 7d."""
Pause = Annotated[float, BeforeValidator(_seconds), Field(ge=0)]
"""A duration that may be none at all: 0s."""
ListOfSeconds = Annotated[tuple[float, ...], NoDecode, BeforeValidator(_list_of_seconds)]
"""Durations with commas between them."""
OffOrCount = Annotated[Annotated[int, Field(ge=1)] | None, BeforeValidator(_off)]
"""A number from 1 on, or `off`."""


_DATABASE: Final = (
    "PostgreSQL, as postgresql://user:password@host:port/name; TLS, always verified, by ?sslmode=verify-full, with"
    " &sslrootcert=FILE for an authority of your own."
)
_BROKER: Final = (
    "RabbitMQ, as amqp://user:password@host:port/vhost; of a cluster, its nodes' with commas between them; TLS, always"
    " verified, by amqps, with ?cafile=FILE for an authority of your own."
)

PublicUrl = Annotated[
    str,
    BeforeValidator(_without_slash),
    Field(pattern=r"^https?://[A-Za-z0-9.:\[\]-]+(/[A-Za-z0-9._~-]+)*$", max_length=200),
]
"""An http or https URL; a slash at its end is taken off."""


class CommonSettings(BaseSettings):
    """What both services need."""

    model_config = SettingsConfigDict(env_file=".env", env_nested_delimiter="__", extra="ignore", frozen=True)

    database_url: SecretStr = Field(description=_DATABASE)
    amqp_url: SecretStr = Field(description=_BROKER)
    database_pool_size: int = Field(10, ge=2, le=200, description="Most PostgreSQL connections of one process.")
    database_timeout: Seconds = Field(10.0, description="Longest a statement may take.")
    retry_steps: ListOfSeconds = Field(
        (5.0, 30.0, 120.0, 600.0, 3600.0), description="Backoff after each transient failure of a job."
    )
    log_format: Literal["json", "console"] = Field("json", description="One JSON object a line, or for people.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level logged.")
    unsubscribe_key: SecretStr | None = Field(
        None,
        min_length=32,
        description="Signs the links that switch reminder e-mails off; unset: mails carry none.",
    )
    public_url: PublicUrl | None = Field(
        None, description="Where clients reach the API, for links in mails, as https://booking.example."
    )
    metrics_token: SecretStr | None = Field(None, description="Bearer token that /metrics asks for, if set.")
    tracing_endpoint: str | None = Field(
        None,
        validation_alias=AliasChoices("TRACING_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"),
        description="Where traces go, by OTLP over HTTP, such as http://collector:4318; OTEL_EXPORTER_OTLP_ENDPOINT"
        " means the same. Unset: no tracing at all.",
    )


SettingsT = TypeVar("SettingsT", bound=BaseSettings)


def load(kind: type[SettingsT]) -> SettingsT:
    """The settings of a service from the environment.

    Raises ConfigurationError with one line a fault, each naming its variable; values are not shown, since
    they may be secrets.
    """
    try:
        return kind()
    except ValidationError as error:
        faults = (
            f"  {'__'.join(str(part) for part in fault['loc'][:1]).upper()}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise ConfigurationError("the environment is not usable:\n" + "\n".join(faults)) from None
