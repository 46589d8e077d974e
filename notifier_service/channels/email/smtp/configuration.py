"""Reads the mail servers, and how to reach each, from the settings."""

from email.utils import parseaddr
from typing import Any, Final

from pydantic import SecretStr

from notifier_service.channels.email.smtp.access_tokens import Grant
from notifier_service.channels.email.smtp.opening import SmtpConfig
from notifier_service.channels.email.smtp.timeouts import Timeouts
from notifier_service.settings import NotifierSettings
from shared.people.addresses import parse

MAIN: Final = "main"
FALLBACK: Final = "fallback"


def smtp_configs(settings: NotifierSettings) -> list[SmtpConfig]:
    """The first mail server, and the second if there is one."""
    main = _config(settings, MAIN, "smtp_", settings.smtp_host, _grant(settings))
    fallback = settings.smtp_fallback_host
    return [main] if fallback is None else [main, _config(settings, FALLBACK, "smtp_fallback_", fallback, None)]


def _config(settings: NotifierSettings, name: str, prefix: str, host: str, grant: Grant | None) -> SmtpConfig:
    """One mail server; its own settings begin with `prefix`."""

    def own(setting: str) -> Any:
        return getattr(settings, prefix + setting)

    return SmtpConfig(
        dsn=settings.smtp_dsn,
        name=name,
        host=host,
        port=own("port"),
        sender=_sender(settings),
        security=own("security"),
        username=own("username"),
        password=_secret(own("password")),
        grant=grant,
        connections=own("connections"),
        idle=settings.smtp_idle,
        ca_file=own("ca_file"),
        timeouts=_timeouts(settings),
        ehlo_name=settings.smtp_ehlo_name,
        allow_clear_password=settings.smtp_allow_clear_password,
    )


def _sender(settings: NotifierSettings) -> str:
    return parse(parseaddr(settings.mail_from)[1]).wire


def _grant(settings: NotifierSettings) -> Grant | None:
    """The request for access tokens; None without one. The settings have checked that it is complete."""
    url, client_id, secret = (
        settings.smtp_oauth_token_url,
        settings.smtp_oauth_client_id,
        settings.smtp_oauth_client_secret,
    )
    if url is None or client_id is None or secret is None:
        return None
    return Grant(
        token_url=url,
        client_id=client_id,
        client_secret=secret.get_secret_value(),
        scope=settings.smtp_oauth_scope,
        refresh_token=_secret(settings.smtp_oauth_refresh_token),
    )


def _secret(value: SecretStr | None) -> str | None:
    return None if value is None else value.get_secret_value()


def _timeouts(settings: NotifierSettings) -> Timeouts:
    if settings.smtp_timeout is not None:
        return Timeouts.of(settings.smtp_timeout, end_of_data=settings.smtp_end_of_data_timeout)
    return Timeouts(
        greeting=settings.smtp_greeting_timeout,
        login=settings.smtp_login_timeout,
        mail=settings.smtp_mail_timeout,
        recipient=settings.smtp_rcpt_timeout,
        data=settings.smtp_data_timeout,
        block=settings.smtp_block_timeout,
        end_of_data=settings.smtp_end_of_data_timeout,
    )
