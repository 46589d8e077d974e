"""Owns the API's settings."""

from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from shared.settings import CommonSettings, ListOfSeconds, Seconds


class ApiSettings(CommonSettings):
    """What api_service reads from its environment."""

    api_host: str = Field("127.0.0.1", description="Where the API listens.")
    api_port: int = Field(5000, ge=0, le=65535, description="Port of the API.")
    admin_host: str | None = Field(
        None, description="Where /ops, /api/ops and /metrics listen instead, with ADMIN_PORT."
    )
    admin_port: int | None = Field(None, ge=1, le=65535, description="Port of that second listener.")
    max_body: int = Field(65_536, ge=1_024, description="Largest request body, in bytes.")
    migrate_on_start: bool = Field(True, description="Bring the database to the newest schema at start.")

    jwt_secret: SecretStr | None = Field(None, min_length=32, description="Key of HS256 tokens, 32 bytes or more.")
    jwt_public_key: str | None = Field(None, description="Public key (PEM) of RS256 or ES256 tokens.")
    jwt_jwks_url: str | None = Field(None, description="Where the keys of RS256 or ES256 tokens are published.")
    jwt_issuer: str | None = Field(None, description="The `iss` that tokens must bear, if set.")
    jwt_audience: str | None = Field(None, description="The `aud` that tokens must bear, if set.")

    reminder_offsets: ListOfSeconds = Field(
        (3600.0,), description="How long before an appointment its reminders are due."
    )
    delay_backend: Literal["auto", "exchange", "relay"] = Field(
        "auto", description="Who holds reminders until they are due: the broker's delayed exchange, or the relay."
    )
    delay_horizon: Seconds = Field(
        3600.0, le=86_400.0, description="How long before its time a reminder may be given to the delayed exchange."
    )
    delay_max_pending: int = Field(100_000, ge=1, description="Most messages that the delayed exchange holds.")
    relay_enabled: bool = Field(True, description="Run a relay in the API; false where relays run alone.")
    lifeline_interval: Seconds = Field(5.0, description="Pause between two looks for lost jobs.")
    lost_grace: Seconds = Field(30.0, description="How long after its time a message may count as lost.")

    @model_validator(mode="after")
    def _one_admin_listener(self) -> Self:
        if (self.admin_host is None) != (self.admin_port is None):
            raise ValueError("set both ADMIN_HOST and ADMIN_PORT, or neither")
        if self.admin_port == self.api_port:
            raise ValueError("ADMIN_PORT and API_PORT must differ")
        return self

    @model_validator(mode="after")
    def _one_key_source(self) -> Self:
        sources = (self.jwt_secret, self.jwt_public_key, self.jwt_jwks_url)
        if sum(source is not None for source in sources) != 1:
            raise ValueError("set exactly one of JWT_SECRET, JWT_PUBLIC_KEY and JWT_JWKS_URL")
        return self
