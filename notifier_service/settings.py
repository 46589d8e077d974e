"""The notifier's settings."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import NoDecode

from shared.clinic import read as read_clinic
from shared.errors import ConfigurationError
from shared.links.bounces import LENGTH as TOKEN_LENGTH
from shared.people.addresses import InvalidAddress, parse
from shared.process.environment import SettingFault
from shared.process.server_urls import certificate_faults
from shared.process.settings import (
    MOST,
    MOST_SHARDS,
    CommonSettings,
    Host,
    OffOrCount,
    OffOrSeconds,
    Seconds,
    Sender,
    WebAddress,
)


def _ehlo_name(text: str) -> str:
    if not _EHLO.fullmatch(text):
        raise ValueError("must be a host name, or an address in brackets, as [192.0.2.1]")
    return text


def _bounce_address(text: str) -> str:
    try:
        address = parse(text)
    except InvalidAddress as error:
        raise ValueError("must be one e-mail address") from error
    local = address.wire.partition("@")[0]
    if address.needs_smtputf8 or "+" in local or len(local) > _LONGEST_LOCAL:
        raise ValueError(f"must have at most {_LONGEST_LOCAL} ASCII characters in front of the @, and no +")
    return address.wire


def _header_name(text: str) -> str:
    if not _HEADER.fullmatch(text):
        raise ValueError("must be the name of a header field of your own, as X-Job")
    return text


def _numbers(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


Shards = Annotated[tuple[Annotated[int, Field(ge=1, le=MOST_SHARDS)], ...], NoDecode, BeforeValidator(_numbers)]
EhloName = Annotated[str, AfterValidator(_ehlo_name)]
BounceAddress = Annotated[str, AfterValidator(_bounce_address)]
_LONGEST_LOCAL: Final = 64 - len("+") - TOKEN_LENGTH
HeaderName = Annotated[str, AfterValidator(_header_name)]
_HEADER: Final = re.compile(r"[Xx]-[A-Za-z0-9-]{1,60}")
_EHLO: Final = re.compile(r"\[[A-Za-z0-9.:]+\]|[A-Za-z0-9]([A-Za-z0-9.-]{0,253}[A-Za-z0-9])?")


_GRANT: Final = ("smtp_oauth_token_url", "smtp_oauth_client_id", "smtp_oauth_client_secret")


class NotifierSettings(CommonSettings):
    """The settings of notifier_service, from its environment."""

    notifier_host: Host = Field("127.0.0.1", description="The host name or address on which probes and metrics listen.")
    notifier_port: int = Field(5001, ge=0, le=65535, description="The port of probes and metrics.")

    smtp_host: Host = Field(description="The mail server.", examples=["smtp.example"])
    smtp_port: int = Field(587, ge=1, le=65535, description="The port of the mail server.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        "starttls", description="TLS on the connection to the mail server; its certificate is verified."
    )
    smtp_ca_file: str | None = Field(None, description="A file of certificates to trust instead of the system's.")
    smtp_username: str | None = Field(None, description="The user name, if the mail server requires a login.")
    smtp_password: SecretStr | None = Field(None, description="The password of that user.")
    smtp_allow_clear_password: bool = Field(
        False, description="Allow the password on a connection without TLS (`SMTP_SECURITY=none`)."
    )
    smtp_oauth_token_url: WebAddress | None = Field(
        None,
        description="The token endpoint for a login by OAuth 2.0 (XOAUTH2) instead of a password, such as"
        " https://login.microsoftonline.com/TENANT/oauth2/v2.0/token or"
        " https://oauth2.googleapis.com/token.",
    )
    smtp_oauth_client_id: str | None = Field(None, description="Our client id at the token endpoint.")
    smtp_oauth_client_secret: SecretStr | None = Field(None, description="Our client secret at the token endpoint.")
    smtp_oauth_scope: str | None = Field(
        None, description="The scope of the tokens; for Microsoft 365: https://outlook.office365.com/.default."
    )
    smtp_oauth_refresh_token: SecretStr | None = Field(
        None,
        description="The refresh token that tokens are asked for with (Google). Unset: client id and secret alone"
        " (Microsoft 365).",
    )
    smtp_ehlo_name: EhloName | None = Field(
        None, description="Our name in EHLO. Unset: the machine's full name, or the address of the connection."
    )
    smtp_timeout: Seconds | None = Field(
        None, description="One time-out for all SMTP steps below, except `SMTP_END_OF_DATA_TIMEOUT`."
    )
    smtp_greeting_timeout: Seconds = Field(
        60.0, description="The longest wait for the connection, and for its greeting."
    )
    smtp_login_timeout: Seconds = Field(
        60.0, description="The longest wait for the reply to each of EHLO, STARTTLS and AUTH."
    )
    smtp_mail_timeout: Seconds = Field(60.0, description="The longest wait for the reply to MAIL.")
    smtp_rcpt_timeout: Seconds = Field(120.0, description="The longest wait for the reply to RCPT.")
    smtp_data_timeout: Seconds = Field(60.0, description="The longest wait for the reply to DATA.")
    smtp_block_timeout: Seconds = Field(
        180.0, description="The longest time in which the mail server reads nothing of a message that is being sent."
    )
    smtp_end_of_data_timeout: Seconds = Field(
        600.0,
        description="The longest wait for the reply to a whole message. After a shorter wait the mail may be sent"
        " twice: RFC 5321 asks for ten minutes.",
    )
    smtp_connections: int = Field(8, ge=1, le=500, description="The largest number of connections to the mail server.")
    smtp_idle: Seconds = Field(30.0, description="An idle connection is closed after this time.")
    smtp_fallback_host: Host | None = Field(
        None, description="A second mail server, used while the first one is away or refuses us."
    )
    smtp_fallback_port: int = Field(587, ge=1, le=65535, description="The port of the second mail server.")
    smtp_fallback_security: Literal["none", "starttls", "tls"] = Field(
        "starttls", description="TLS on the connection to the second mail server."
    )
    smtp_fallback_ca_file: str | None = Field(
        None, description="A file of certificates to trust for the second mail server."
    )
    smtp_fallback_username: str | None = Field(None, description="The user name at the second mail server.")
    smtp_fallback_password: SecretStr | None = Field(None, description="The password at the second mail server.")
    smtp_fallback_connections: int = Field(
        8, ge=1, le=500, description="The largest number of connections to the second mail server."
    )
    mail_from: Sender = Field(
        description="The sender, as Name <address>. Unset: `sender` in `CLINIC_FILE`.", examples=["a@b.example"]
    )
    smtp_dsn: bool = Field(True, description="Ask mail servers that offer it to report undelivered mails (RFC 3461).")
    bounce_address: BounceAddress | None = Field(
        None,
        description="The address for returned mails, such as bounces@clinic.example: the envelope sender of each mail"
        " is bounces+TOKEN@clinic.example. Unset: they go to `MAIL_FROM`.",
    )
    bounce_key: SecretStr | None = Field(None, min_length=32, description="Signs those tokens.")
    lmtp_host: Host = Field("127.0.0.1", description="The address on which the server for returned mails listens.")
    lmtp_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Its port; the mail server routes them there by LMTP. Unset: no such server.",
    )
    mail_job_header: HeaderName | None = Field(
        None,
        description="A header field for the job's id, which a provider's reports repeat: X-PM-Metadata-job for"
        " Postmark.",
    )
    mail_shows_reason: bool = Field(
        False,
        description="Mails name the reason of a visit and the doctor's specialty. Other readers of the mailbox, such"
        " as a family or an employer, then learn them.",
    )

    email_rate: float | None = Field(
        None,
        gt=0,
        le=MOST,
        description="The largest number of e-mails a second, by `EMAIL_RATE_SCOPE`. Confirmations go before reminders.",
    )
    email_rate_scope: Literal["each", "all"] = Field(
        "each", description="Whether `EMAIL_RATE` bounds each notifier, or all of them together."
    )
    mails_per_hour: OffOrCount = Field(
        100,
        description="The largest number of e-mails an hour to one address, over all notifiers, or `off`. Further"
        " e-mails wait.",
    )
    reminder_max_lateness: Seconds | None = Field(
        None,
        description="A reminder that is later than this is skipped. Unset: it is sent until the appointment begins.",
    )

    high_workers: int = Field(
        64,
        ge=1,
        le=1000,
        description="The number of confirmations and changes that are handled at once, and claimed together.",
    )
    normal_workers: int = Field(
        32, ge=1, le=1000, description="The number of reminders that are handled at once, and claimed together."
    )
    high_prefetch: int = Field(
        200, ge=1, le=5000, description="The largest number of unacknowledged messages of the high queue."
    )
    normal_prefetch: int = Field(
        100, ge=1, le=5000, description="The largest number of unacknowledged messages of the normal queue."
    )
    consume_shards: Shards = Field(
        (),
        description="The shards whose work queues this process consumes, such as 1,3. Unset: all. Others must"
        " consume the rest.",
    )
    lease: Seconds = Field(30.0, description="How long a claim holds without renewal.")
    crash_policy: Literal["resend", "hold"] = Field(
        "resend",
        description="After a crash in the middle of a hand-over: `resend` the mail, or `hold` the job for a person"
        " (possibly sent).",
    )
    stop_deadline: Seconds = Field(20.0, description="The longest time that a stop waits for the mails being sent.")
    job_retention: Seconds = Field(
        7 * 86400.0, description="How long finished jobs are kept, after their own end and that of their appointment."
    )
    failed_job_retention: Seconds = Field(90 * 86400.0, description="The same of failed jobs.")
    appointment_retention: OffOrSeconds = Field(
        365 * 86400.0,
        description="How long appointments are kept after their end, with their history; `off`: for ever. One that"
        " still has jobs stays.",
    )
    notification_retention: OffOrSeconds = Field(
        365 * 86400.0,
        description="How long in-app notifications are kept, after their making and the end of their appointment;"
        " `off`: as long as the appointment.",
    )
    dead_letter_retention: OffOrSeconds = Field(
        365 * 86400.0, description="How long messages that nobody could read are kept; `off`: for ever."
    )
    error_retention: OffOrSeconds = Field(
        90 * 86400.0,
        description="How long the text of an attempt's error is kept, which may echo an address; `off`: as long as the"
        " job. A failed job keeps its texts, and nothing goes before the end of the appointment is as long past.",
    )

    @model_validator(mode="before")
    @classmethod
    def _sender_of_the_clinic(cls, values: dict[str, object]) -> dict[str, object]:
        """Stands in when MAIL_FROM is unset. `faults` reports a file that cannot be read."""
        path = values.get("clinic_file")
        if "mail_from" in values or not isinstance(path, str):
            return values
        with suppress(ConfigurationError):
            sender = read_clinic(path).sender
            return values if sender is None else {**values, "mail_from": sender}
        return values

    def faults(self) -> Iterator[SettingFault]:
        yield from super().faults()
        for server in ("smtp", "smtp_fallback"):
            file, name = getattr(self, f"{server}_ca_file"), getattr(self, f"{server}_username")
            if getattr(self, f"{server}_security") != "none" and file is not None:
                for fault in certificate_faults(file):
                    yield SettingFault((f"{server}_ca_file",), fault)
            has_password = getattr(self, f"{server}_password") is not None
            if (name is not None) != has_password and not (server == "smtp" and self._logs_in_by_token):
                yield SettingFault((f"{server}_username", f"{server}_password"), "set both of them, or neither")
        if self._logs_in_by_token:
            yield from self._token_faults()
        if (self.bounce_address is None) != (self.bounce_key is None):
            yield SettingFault(("bounce_address", "bounce_key"), "set both of them, or neither")
        if self.lmtp_port is not None and self.bounce_key is None:
            yield SettingFault(("lmtp_port", "bounce_address", "bounce_key"), "the first one needs the others")
        if any(shard > self.shards for shard in self.consume_shards):
            yield SettingFault(("consume_shards", "shards"), "the first one names shards from 1 to the second one")

    @property
    def _logs_in_by_token(self) -> bool:
        return any(getattr(self, name) is not None for name in _GRANT)

    def _token_faults(self) -> Iterator[SettingFault]:
        """The settings for access tokens belong together, with a user name, and in place of a password."""
        if any(getattr(self, name) is None for name in (*_GRANT, "smtp_username")):
            yield SettingFault((*_GRANT, "smtp_username"), "set all of them, or none of the first three")
        if self.smtp_password is not None:
            yield SettingFault(("smtp_password", "smtp_oauth_token_url"), "set one of them")
        url = urlsplit(self.smtp_oauth_token_url or "")
        if url.scheme == "http" and url.hostname not in ("localhost", "127.0.0.1", "::1"):
            yield SettingFault(("smtp_oauth_token_url",), "must be https: our secret goes there")
