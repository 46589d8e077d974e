"""Reads the reports that mail providers send by webhook: Amazon SES, Mailgun, Postmark, SendGrid. Pure.

Each mapping takes any JSON, and yields nothing for an unknown report. docs/deliverability.md shows
how each provider is set up; the payloads in the tests are the examples of their documentation.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

import orjson

from shared.deliveries import DeliveryEvent, Report, report_of

Provider = Literal["mailgun", "postmark", "sendgrid", "ses"]
_LONGEST_NAME: Final = 300
_MOST: Final = 2_000
"""Reports of one request. SendGrid sends about a thousand at most."""


def reports(provider: Provider, payload: object) -> Iterator[Report | None]:
    """The reports in a payload; None for each one that names no job of ours."""
    for place, found in enumerate(_MAPPINGS[provider](payload)):
        if place >= _MOST:
            return
        job_id = job_of(found.message)
        yield (
            None
            if job_id is None
            else report_of(
                job_id,
                found.event,
                source=provider,
                status=_text(found.status),
                detail=_text(found.detail),
                recipient=_text(found.recipient),
                is_permanent=found.is_permanent,
            )
        )


def job_of(text: object) -> UUID | None:
    """The job of a Message-ID, with or without its brackets, or of a job's id itself.

    >>> str(job_of("<01a20b61-8d9e-762d-a1a5-40892a7d2830@clinic.example>"))
    '01a20b61-8d9e-762d-a1a5-40892a7d2830'
    """
    if not isinstance(text, str) or len(text) > _LONGEST_NAME:
        return None
    local = text.strip().removeprefix("<").removesuffix(">").partition("@")[0]
    try:
        found = UUID(local)
    except ValueError:
        return None
    return found if str(found) == local.lower() else None  # UUID() takes further spellings


@dataclass(frozen=True, slots=True)
class _Found:
    """One report as the provider spells it; any value may be of any type."""

    message: object
    event: DeliveryEvent
    status: object = None
    detail: object = None
    recipient: object = None
    is_permanent: bool | None = None


def _postmark(payload: object) -> Iterator[_Found]:
    """https://postmarkapp.com/developer/webhooks/bounce-webhook, …/spam-complaint-webhook"""
    record, kind = _at(payload, "RecordType"), _at(payload, "Type")
    event = _POSTMARK.get(kind) if record in ("Bounce", "SpamComplaint") and isinstance(kind, str) else None
    if event is not None:
        yield _Found(
            message=_at(payload, "Metadata", "job"),
            event=event,
            detail=_text(_at(payload, "Details")) or _at(payload, "Description"),
            recipient=_at(payload, "Email"),
            is_permanent=kind in ("HardBounce", "BadEmailAddress", "SpamComplaint"),
        )


_POSTMARK: Final = {
    "HardBounce": DeliveryEvent.RETURNED,
    "BadEmailAddress": DeliveryEvent.RETURNED,
    "SoftBounce": DeliveryEvent.RETURNED,
    "Blocked": DeliveryEvent.RETURNED,
    "DnsError": DeliveryEvent.RETURNED,
    "DMARCPolicy": DeliveryEvent.RETURNED,
    "SpamNotification": DeliveryEvent.RETURNED,
    "VirusNotification": DeliveryEvent.RETURNED,
    "SMTPApiError": DeliveryEvent.RETURNED,
    "Transient": DeliveryEvent.DELAYED,
    "SpamComplaint": DeliveryEvent.COMPLAINED,
}


def _sendgrid(payload: object) -> Iterator[_Found]:
    """https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event"""
    for each in payload if isinstance(payload, list) else [payload]:
        name, kind = _at(each, "event"), _at(each, "type")
        event = _SENDGRID.get(name) if isinstance(name, str) else None
        if event is not None:
            yield _Found(
                message=_at(each, "smtp-id"),
                event=event,
                status=_at(each, "status"),
                detail=_at(each, "reason") or _at(each, "response"),
                recipient=_at(each, "email"),
                is_permanent=name == "spamreport" or (name == "bounce" and kind != "blocked"),
            )


_SENDGRID: Final = {
    "bounce": DeliveryEvent.RETURNED,
    "dropped": DeliveryEvent.RETURNED,
    "deferred": DeliveryEvent.DELAYED,
    "spamreport": DeliveryEvent.COMPLAINED,
}


def _mailgun(payload: object) -> Iterator[_Found]:
    """https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhooks"""
    data = _at(payload, "event-data")
    name, severity = _at(data, "event"), _at(data, "severity")
    event = (
        {"complained": DeliveryEvent.COMPLAINED, "failed": DeliveryEvent.RETURNED}.get(name)
        if isinstance(name, str)
        else None
    )
    if event is None:
        return
    if name == "failed" and severity == "temporary":
        event = DeliveryEvent.DELAYED
    status = _at(data, "delivery-status")
    yield _Found(
        message=_at(data, "message", "headers", "message-id"),
        event=event,
        status=_at(status, "enhanced-code"),
        detail=_text(_at(status, "message")) or _at(status, "description"),
        recipient=_at(data, "recipient"),
        is_permanent=event is DeliveryEvent.COMPLAINED
        or (event is DeliveryEvent.RETURNED and _at(data, "reason") in ("bounce", "suppress-bounce")),
    )


def _ses(payload: object) -> Iterator[_Found]:
    """https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html, by SNS with its envelope or without"""
    if _at(payload, "Type") == "Notification":
        payload = _json(_at(payload, "Message"))
    name = _at(payload, "notificationType") or _at(payload, "eventType")
    found = _SES.get(name) if isinstance(name, str) else None
    if found is None:
        return
    event, part, list_of_them = found
    told, message = _at(payload, part), _ses_message(_at(payload, "mail"))
    recipients = _at(told, list_of_them)
    for each in recipients if isinstance(recipients, list) else []:
        yield _Found(
            message=message,
            event=event,
            status=_at(each, "status"),
            detail=_at(each, "diagnosticCode") or _at(told, "bounceSubType") or _at(told, "delayType"),
            recipient=_at(each, "emailAddress"),
            is_permanent=event is DeliveryEvent.COMPLAINED
            or (event is DeliveryEvent.RETURNED and _at(told, "bounceType") == "Permanent"),
        )


_SES: Final = {
    "Bounce": (DeliveryEvent.RETURNED, "bounce", "bouncedRecipients"),
    "Complaint": (DeliveryEvent.COMPLAINED, "complaint", "complainedRecipients"),
    "DeliveryDelay": (DeliveryEvent.DELAYED, "deliveryDelay", "delayedRecipients"),
}


def _ses_message(mail: object) -> object:
    """SES gives mails an id of its own; ours is in the original headers, if they are included."""
    headers = _at(mail, "headers")
    for each in headers if isinstance(headers, list) else []:
        name = _at(each, "name")
        if isinstance(name, str) and name.lower() == "message-id":
            return _at(each, "value")
    return _at(mail, "commonHeaders", "messageId")


def sns_confirmation(payload: object) -> str | None:
    """The link that an operator opens once to confirm a subscription of Amazon SNS; None for every other payload."""
    link = _at(payload, "SubscribeURL")
    if _at(payload, "Type") != "SubscriptionConfirmation" or not isinstance(link, str):
        return None
    return link if _SNS.fullmatch(link) else None


_SNS: Final = re.compile(r"https://sns\.[a-z0-9-]+\.amazonaws\.com(\.cn)?/[!-~]{,1000}")


_MAPPINGS: Final[Mapping[Provider, Callable[[object], Iterator[_Found]]]] = {
    "mailgun": _mailgun,
    "postmark": _postmark,
    "sendgrid": _sendgrid,
    "ses": _ses,
}


def _at(value: object, *names: str) -> Any:
    """A nested member; None if it is missing."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: object) -> str:
    """Also of a code that is a number."""
    if isinstance(value, bool):
        return ""
    return str(value) if isinstance(value, str | int) else ""


def _json(text: object) -> object:
    try:
        return orjson.loads(text) if isinstance(text, str) else None
    except orjson.JSONDecodeError:
        return None
