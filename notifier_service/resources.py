"""Builds the parts of the notifier from its settings. Lower modules do not know the settings."""

from collections.abc import Callable, Sequence
from uuid import UUID

import structlog

from notifier_service.channels.email.channel import EmailChannel
from notifier_service.channels.email.delivery import MailDelivery, MaySend, Server
from notifier_service.channels.email.rate_limit import RateLimit
from notifier_service.channels.email.recipient_limit import RecipientLimit
from notifier_service.channels.email.rendering import Renderer
from notifier_service.channels.email.shared_rate import SharedRateLimit
from notifier_service.channels.email.wording import MailWording
from notifier_service.settings import NotifierSettings
from shared.database import Database
from shared.database.migrations.runner import require_newest
from shared.links.appointments import AppointmentLinks
from shared.links.bounces import BounceAddresses
from shared.links.unsubscribe import PATH, UnsubscribeTokens
from shared.process.ports import ListenAddress

log = structlog.get_logger("notifier_service.app")


async def open_database(settings: NotifierSettings) -> Database:
    """Opens a pool; requires the newest schema. Raises DatabaseUnavailable, ConfigurationError."""
    database = await Database.connect(
        settings.database_url.get_secret_value(),
        size=settings.database_pool_size,
        name="punctual-notifier",
        timeout=settings.database_timeout,
    )
    try:
        await require_newest(database)
    except BaseException:
        await database.close()
        raise
    return database


def email_channel(
    settings: NotifierSettings,
    database: Database,
    wording: MailWording,
    servers: Sequence[Server],
    may_send: MaySend,
) -> EmailChannel:
    """E-mail as the settings describe it, handed over to `servers` in their order."""
    return EmailChannel(
        Renderer(
            settings.mail_from,
            wording=wording,
            reply_to=settings.clinic.reply_to,
            unsubscribe=unsubscribe_links(settings),
            appointment_links=appointment_links(settings),
            job_header=settings.mail_job_header,
            calendar_alarm=settings.calendar_alarm,
        ),
        MailDelivery(servers, may_send, crash_policy=settings.crash_policy),
        limit=RecipientLimit(database, settings.mails_per_hour),
        rate=_rate_limit(settings, database),
        bounces=bounce_addresses(settings),
    )


def _rate_limit(settings: NotifierSettings, database: Database) -> RateLimit:
    if settings.email_rate is None or settings.email_rate_scope == "each":
        return RateLimit(settings.email_rate)
    return SharedRateLimit(database, settings.email_rate)


def lmtp_addresses(settings: NotifierSettings) -> list[ListenAddress]:
    return (
        []
        if settings.lmtp_port is None
        else [ListenAddress(settings.lmtp_host, settings.lmtp_port, "LMTP_HOST, LMTP_PORT")]
    )


def bounce_addresses(settings: NotifierSettings) -> BounceAddresses | None:
    address, key = settings.bounce_address, settings.bounce_key
    return None if address is None or key is None else BounceAddresses(address, key.get_secret_value())


def unsubscribe_links(settings: NotifierSettings) -> Callable[[str], str] | None:
    """Makes a client's unsubscribe link; None when the settings lack the key or the URL."""
    key, url = settings.unsubscribe_key, settings.public_url
    if key is None or url is None:
        return None
    tokens = UnsubscribeTokens(key.get_secret_value())
    return lambda client_id: f"{url}{PATH}{tokens.issue(client_id)}"


def appointment_links(settings: NotifierSettings) -> Callable[[UUID], AppointmentLinks] | None:
    """Makes the links of an appointment; None, with one log line, when the settings lack the key or the URL."""
    links = settings.appointment_links
    if links is None:
        needed = {"LINK_KEY or UNSUBSCRIBE_KEY": settings.appointment_tokens, "PUBLIC_URL": settings.public_url}
        unset = [name for name, value in needed.items() if value is None]
        log.warning("mails carry no links to appointments", unset=unset)
    return links
