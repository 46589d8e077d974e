"""Each provider's example payloads, as its documentation has them, and any other JSON."""

from typing import Any, get_args
from uuid import UUID

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.ops.api.providers import Provider, job_of, reports, sns_confirmation
from shared.deliveries import DeliveryEvent, Report

JOB = UUID("01a20b61-8d9e-762d-a1a5-40892a7d2830")
OURS = f"<{JOB}@clinic.example>"

POSTMARK: dict[str, Any] = {
    "RecordType": "Bounce",
    "MessageStream": "outbound",
    "ID": 4323372036854775807,
    "Type": "HardBounce",
    "TypeCode": 1,
    "Name": "Hard bounce",
    "Tag": "Test",
    "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
    "Metadata": {"job": str(JOB)},
    "ServerID": 23,
    "Description": "The server was unable to deliver your message (ex: unknown user, mailbox not found).",
    "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist.",
    "Email": "john@example.com",
    "From": "sender@example.com",
    "BouncedAt": "2019-11-05T16:33:54.9070259Z",
    "DumpAvailable": True,
    "Inactive": True,
    "CanActivate": True,
    "Subject": "Test subject",
}
SENDGRID: dict[str, Any] = {
    "email": "john@example.com",
    "timestamp": 1513299569,
    "smtp-id": OURS,
    "event": "bounce",
    "category": "cat facts",
    "sg_event_id": "6g4ZI7SA-xmRDv57GoPIPw==",
    "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
    "reason": "500 unknown recipient",
    "status": "5.0.0",
    "type": "bounce",
}
MAILGUN: dict[str, Any] = {
    "signature": {"timestamp": "1529006854", "token": "a8ce0edb2dd8", "signature": "d2271d12299f"},
    "event-data": {
        "severity": "permanent",
        "tags": ["my_tag_1"],
        "timestamp": 1521233195.375624,
        "storage": {"url": "https://se.api.mailgun.net/v3/domains/1", "key": "message_key"},
        "log-level": "error",
        "event": "failed",
        "reason": "bounce",
        "user-variables": {},
        "flags": {"is-routed": False, "is-authenticated": True},
        "recipient-domain": "example.com",
        "envelope": {"sender": "bob@clinic.example", "transport": "smtp", "targets": "john@example.com"},
        "message": {
            "headers": {"to": "John <john@example.com>", "message-id": OURS[1:-1], "subject": "Test"},
            "attachments": [],
            "size": 111,
        },
        "recipient": "john@example.com",
        "id": "G9Bn5sl1TC6nu79C8C0bwg",
        "delivery-status": {
            "attempt-no": 1,
            "code": 550,
            "enhanced-code": "5.1.1",
            "message": "5.1.1 The email account that you tried to reach does not exist",
            "description": "",
            "session-seconds": 0.4,
        },
    },
}
SES: dict[str, Any] = {
    "notificationType": "Bounce",
    "bounce": {
        "bounceType": "Permanent",
        "reportingMTA": "dns; email.example.com",
        "bouncedRecipients": [
            {
                "emailAddress": "john@example.com",
                "status": "5.1.1",
                "action": "failed",
                "diagnosticCode": "smtp; 550 5.1.1 <john@example.com>... User",
            }
        ],
        "bounceSubType": "General",
        "timestamp": "2016-01-27T14:59:38.237Z",
        "feedbackId": "00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa068a-000000",
        "remoteMtaIp": "127.0.2.0",
    },
    "mail": {
        "timestamp": "2016-01-27T14:59:38.237Z",
        "source": "sender@example.com",
        "messageId": "00000138111222aa-33322211-cccc-cccc-cccc-ddddaaaa0680-000000",
        "destination": ["john@example.com"],
        "headersTruncated": False,
        "headers": [
            {"name": "From", "value": '"Sender Name" <sender@example.com>'},
            {"name": "Message-ID", "value": OURS},
        ],
        "commonHeaders": {"from": ["Sender Name <sender@example.com>"], "messageId": OURS, "subject": "Hello"},
    },
}
SNS = {
    "Type": "Notification",
    "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
    "TopicArn": "arn:aws:sns:us-west-2:123456789012:MyTopic",
    "Message": orjson.dumps(SES).decode(),
    "Timestamp": "2012-05-02T00:54:06.655Z",
}
PERMANENT: list[tuple[Provider, object]] = [
    ("postmark", POSTMARK),
    ("sendgrid", [SENDGRID]),
    ("mailgun", MAILGUN),
    ("ses", SES),
    ("ses", SNS),
]


def only(provider: Provider, payload: object) -> Report:
    [report] = reports(provider, payload)
    assert report is not None
    return report


@pytest.mark.parametrize(("provider", "payload"), PERMANENT)
def test_a_mail_that_came_back_for_good(provider: Provider, payload: object) -> None:
    report = only(provider, payload)

    assert (report.job_id, report.event, report.is_permanent) == (JOB, DeliveryEvent.RETURNED, True)
    assert report.status in ("5.1.1", "5.0.0")
    assert (report.recipient, report.source) == ("john@example.com", provider)


@pytest.mark.parametrize(
    ("provider", "payload"),
    [
        ("postmark", POSTMARK | {"Type": "SoftBounce", "Details": "mailbox full"}),
        ("sendgrid", [SENDGRID | {"type": "blocked"}]),
        ("mailgun", {"event-data": MAILGUN["event-data"] | {"reason": "generic"}}),
        ("ses", SES | {"bounce": SES["bounce"] | {"bounceType": "Transient"}}),
    ],
)
def test_a_mail_that_came_back_this_time(provider: Provider, payload: object) -> None:
    report = only(provider, payload)
    assert (report.event, report.is_permanent) == (DeliveryEvent.RETURNED, False)


@pytest.mark.parametrize(
    ("provider", "payload"),
    [
        ("postmark", POSTMARK | {"Type": "Transient"}),
        ("sendgrid", [SENDGRID | {"event": "deferred", "response": "400 try again later", "attempt": "5"}]),
        ("mailgun", {"event-data": MAILGUN["event-data"] | {"severity": "temporary"}}),
        (
            "ses",
            {
                "eventType": "DeliveryDelay",
                "deliveryDelay": {
                    "delayType": "MailboxFull",
                    "delayedRecipients": [{"emailAddress": "john@example.com", "status": "4.2.2"}],
                },
                "mail": SES["mail"],
            },
        ),
    ],
)
def test_a_mail_that_is_delayed(provider: Provider, payload: object) -> None:
    report = only(provider, payload)
    assert (report.event, report.is_permanent) == (DeliveryEvent.DELAYED, False)


@pytest.mark.parametrize(
    ("provider", "payload"),
    [
        ("postmark", POSTMARK | {"RecordType": "SpamComplaint", "Type": "SpamComplaint"}),
        ("sendgrid", [SENDGRID | {"event": "spamreport"}]),
        ("mailgun", {"event-data": MAILGUN["event-data"] | {"event": "complained"}}),
        (
            "ses",
            {
                "notificationType": "Complaint",
                "complaint": {
                    "userAgent": "AnyCompany Feedback Loop (V0.01)",
                    "complainedRecipients": [{"emailAddress": "john@example.com"}],
                    "complaintFeedbackType": "abuse",
                },
                "mail": SES["mail"],
            },
        ),
    ],
)
def test_a_complaint(provider: Provider, payload: object) -> None:
    assert only(provider, payload).event is DeliveryEvent.COMPLAINED


@pytest.mark.parametrize(
    ("provider", "payload"),
    [
        ("postmark", POSTMARK | {"Type": "AutoResponder"}),
        ("postmark", POSTMARK | {"RecordType": "Open"}),
        ("sendgrid", [SENDGRID | {"event": "delivered"}]),
        ("mailgun", {"event-data": MAILGUN["event-data"] | {"event": "opened"}}),
        ("ses", SES | {"notificationType": "Delivery"}),
    ],
)
def test_everything_else_is_no_report(provider: Provider, payload: object) -> None:
    assert list(reports(provider, payload)) == []


def test_a_report_of_somebody_elses_mail_names_no_job() -> None:
    assert list(reports("sendgrid", [SENDGRID | {"smtp-id": "<14c5d75ce93.dfd.64b469@ismtpd-555>"}])) == [None]


def test_a_subscription_is_confirmed_at_amazon_alone() -> None:
    link = "https://sns.us-west-2.amazonaws.com/?Action=ConfirmSubscription&Token=1"
    confirmation = {"Type": "SubscriptionConfirmation", "SubscribeURL": link}

    assert sns_confirmation(confirmation) == link
    assert sns_confirmation(confirmation | {"SubscribeURL": "https://sns.evil.example/"}) is None
    assert sns_confirmation(SNS) is None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KNOWN: dict[str, list[Any]] = {"postmark": [POSTMARK], "sendgrid": [SENDGRID], "mailgun": [MAILGUN], "ses": [SES, SNS]}


@st.composite
def spoilt(draw: st.DrawFn, value: Any) -> Any:
    """A documented payload with anything at all in some of its places."""
    if draw(st.integers(0, 9)) == 0:
        return draw(ANYTHING)
    if isinstance(value, dict):
        return {name: draw(spoilt(each)) for name, each in value.items()}
    if isinstance(value, list):
        return [draw(spoilt(each)) for each in value]
    return value


@given(st.data(), st.sampled_from(get_args(Provider)))
def test_no_json_is_an_error(data: st.DataObject, provider: Provider) -> None:
    known = data.draw(st.sampled_from(KNOWN[provider]))
    payload = data.draw(ANYTHING | spoilt(known))
    for report in reports(provider, payload):
        assert report is None or report.job_id == JOB
    sns_confirmation(payload)


@given(st.text())
def test_no_text_is_a_job(text: str) -> None:
    assert job_of(text) is None
