"""Tells the mailers from the settings which mail servers there are."""

from email.utils import parseaddr
from typing import Final

from pydantic import SecretStr

from notifier_service.channels.email.smtp.access_tokens import Grant
from notifier_service.channels.email.smtp.opening import SmtpConfig
from notifier_service.channels.email.smtp.timeouts import Timeouts
from notifier_service.settings import NotifierSettings
from shared.people.addresses import parse

MAIN: Final = "main"
FALLBACK: Final = "fallback"


def smtp_configs(settings: NotifierSettings) -> list[SmtpConfig]:
    """The first mail server, and the second where there is one."""
    fallback = _fallback_config(settings)
    return [smtp_config(settings), *([] if fallback is None else [fallback])]


def smtp_config(settings: NotifierSettings) -> SmtpConfig:
    """The first mail server."""
    return SmtpConfig(
        name=MAIN,
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=_sender(settings),
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=_secret(settings.smtp_password),
        grant=_grant(settings),
        connections=settings.smtp_connections,
        idle=settings.smtp_idle,
        ca_file=settings.smtp_ca_file,
        timeouts=_timeouts(settings),
        ehlo_name=settings.smtp_ehlo_name,
        allow_clear_password=settings.smtp_allow_clear_password,
    )


def _fallback_config(settings: NotifierSettings) -> SmtpConfig | None:
    if settings.smtp_fallback_host is None:
        return None
    return SmtpConfig(
        name=FALLBACK,
        host=settings.smtp_fallback_host,
        port=settings.smtp_fallback_port,
        sender=_sender(settings),
        security=settings.smtp_fallback_security,
        username=settings.smtp_fallback_username,
        password=_secret(settings.smtp_fallback_password),
        connections=settings.smtp_fallback_connections,
        idle=settings.smtp_idle,
        ca_file=settings.smtp_fallback_ca_file,
        timeouts=_timeouts(settings),
        ehlo_name=settings.smtp_ehlo_name,
        allow_clear_password=settings.smtp_allow_clear_password,
    )


def _sender(settings: NotifierSettings) -> str:
    return parse(parseaddr(settings.mail_from)[1]).wire


def _grant(settings: NotifierSettings) -> Grant | None:
    """What access tokens are asked for with; the settings have seen to it that all of it is there, or nothing."""
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
