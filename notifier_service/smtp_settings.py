"""Tells the mailers from the settings which mail servers there are."""

from email.utils import parseaddr
from typing import Final

from notifier_service.email.opening import SmtpConfig
from notifier_service.email.timeouts import Timeouts
from notifier_service.settings import NotifierSettings

MAIN: Final = "main"
FALLBACK: Final = "fallback"


def smtp_configs(settings: NotifierSettings) -> list[SmtpConfig]:
    """The first mail server, and the second where there is one."""
    fallback = _fallback_config(settings)
    return [smtp_config(settings), *([] if fallback is None else [fallback])]


def smtp_config(settings: NotifierSettings) -> SmtpConfig:
    """The first mail server."""
    password = settings.smtp_password
    return SmtpConfig(
        name=MAIN,
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=parseaddr(settings.mail_from)[1],
        security=settings.smtp_security,
        username=settings.smtp_username,
        password=None if password is None else password.get_secret_value(),
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
    password = settings.smtp_fallback_password
    return SmtpConfig(
        name=FALLBACK,
        host=settings.smtp_fallback_host,
        port=settings.smtp_fallback_port,
        sender=parseaddr(settings.mail_from)[1],
        security=settings.smtp_fallback_security,
        username=settings.smtp_fallback_username,
        password=None if password is None else password.get_secret_value(),
        connections=settings.smtp_fallback_connections,
        idle=settings.smtp_idle,
        ca_file=settings.smtp_fallback_ca_file,
        timeouts=_timeouts(settings),
        ehlo_name=settings.smtp_ehlo_name,
        allow_clear_password=settings.smtp_allow_clear_password,
    )


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
