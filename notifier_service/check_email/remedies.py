"""Explains a failed step with a mail server, and names the remedy."""

import socket
import ssl
from collections.abc import Iterator
from typing import Final

import aiosmtplib

from notifier_service.channels.email.smtp.access_tokens import TokenRefused, TokenUnavailable
from notifier_service.channels.email.smtp.classification import Cause, Stage, classify
from notifier_service.channels.email.smtp.errors import MailError
from notifier_service.channels.email.smtp.opening import SmtpConfig

_REMEDIES: Final[dict[Cause, str]] = {
    "unreachable": "look at the server's log; a firewall in between may cut connections",
    "closing": "the server is stopping, or has had enough of us; try again in some minutes",
    "connections": "the server allows fewer connections: lower SMTP_CONNECTIONS, or ask its operator",
    "busy": "try again later; if it stays so, ask the server's operator with the words above",
    "login": "compare SMTP_USERNAME and SMTP_PASSWORD; providers often want a password for applications, or OAuth",
    "name": "set SMTP_EHLO_NAME to a name that the DNS knows for this machine",
    "sender": "MAIL_FROM must be an address that this login may send as",
    "permission": "without a login? set SMTP_USERNAME; else ask the server's operator to let this machine send",
    "protocol": "is it a mail server, and the port that it takes mail at?",
    "route": "the server does not know where the recipient's mail goes: a matter of its DNS or of the address",
    "system": "the server has no room or an error of its own: ask its operator",
    "tls": "ask the server's operator for TLS, or set SMTP_SECURITY",
    "recipient": "try another recipient with --to ADDRESS",
    "message": "the server refuses this message: ask its operator with the words above",
}
_LATER: Final = (
    "the notifier tries such a mail again: some servers refuse whom they do not know for some minutes (greylisting)"
)
_CLEAR: Final = "no password goes in clear: set SMTP_SECURITY to starttls or tls, or SMTP_ALLOW_CLEAR_PASSWORD"
# OpenSSL's X509_V_ERR_* (https://docs.openssl.org/3.0/man1/openssl-verification-options/)
_UNTRUSTED: Final = (18, 19, 20, 21)
_OTHER_NAME: Final = (62, 64)
_NOT_YET, _ENDED = 9, 10


def explained(stage: Stage, error: BaseException, config: SmtpConfig) -> tuple[str, str]:
    """The finding, and the remedy."""
    for each in _causes(error):
        if isinstance(each, TokenRefused | TokenUnavailable):
            return str(
                each
            ), "compare SMTP_OAUTH_TOKEN_URL, SMTP_OAUTH_CLIENT_ID, SMTP_OAUTH_CLIENT_SECRET and the scope"
        if isinstance(each, aiosmtplib.SMTPResponseException):
            return _of_reply(stage, each.code, each.message)
        if isinstance(each, ssl.SSLCertVerificationError):
            return _of_certificate(each, config)
        if isinstance(each, ssl.SSLError):
            return f"no TLS ({each.reason or each})", _other_security(config)
        if isinstance(each, socket.gaierror):
            return f"the DNS knows no {config.host} ({each.strerror})", "is SMTP_HOST spelt right?"
        if isinstance(each, ConnectionRefusedError):
            return f"nothing listens at port {config.port}", f"is SMTP_PORT right? {_ports()}"
    return _without_words(stage, error, config)


def _of_reply(stage: Stage, code: int, text: str) -> tuple[str, str]:
    """aiosmtplib uses code -1 for bytes that are not a reply."""
    if not 400 <= code < 600:
        return f"no answer of SMTP: {text}", _REMEDIES["protocol"]
    verdict = classify(stage, code, text)
    is_later = code < 500 and verdict.cause in ("permission", "recipient", "message")
    return f"{code} {text}", _LATER if is_later else _REMEDIES[verdict.cause]


def _without_words(stage: Stage, error: BaseException, config: SmtpConfig) -> tuple[str, str]:
    """For a step that ended without a reply."""
    if isinstance(error, MailError):
        is_clear = stage == "login" and config.security == "none" and not config.allow_clear_password
        return error.detail, _CLEAR if is_clear else _REMEDIES[error.cause]
    if isinstance(error, TimeoutError) and stage == "connect":
        return "connected, and no greeting came" if _is_open(error) else "no answer", _silent(config)
    if type(error) is aiosmtplib.SMTPException:
        return "not offered by the server", _other_security(config) if stage == "tls" else _REMEDIES["login"]
    return f"the connection ended ({type(error).__name__})", _REMEDIES["login" if stage == "login" else "unreachable"]


def _of_certificate(error: ssl.SSLCertVerificationError, config: SmtpConfig) -> tuple[str, str]:
    found = f"the certificate is not accepted: {error.verify_message}"
    if error.verify_code in _OTHER_NAME:
        return found, f"set SMTP_HOST to a name of the certificate; {config.host} is none"
    if error.verify_code in _UNTRUSTED:
        return found, "set SMTP_CA_FILE to the certificate of the authority that has issued it (PEM)"
    if error.verify_code == _ENDED:
        return found, "the server's operator must renew it"
    if error.verify_code == _NOT_YET:
        return found, "is this machine's clock right?"
    return found, "ask the server's operator"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _is_open(error: BaseException) -> bool:
    return "server ready" in str(error)


def _silent(config: SmtpConfig) -> str:
    wrong_way = f"; {_other_security(config)}" if config.security != "tls" else ""
    return f"does a firewall drop what goes to port {config.port}? {_ports()}{wrong_way}"


def _other_security(config: SmtpConfig) -> str:
    return {
        "tls": "the port may begin without TLS: set SMTP_SECURITY=starttls",
        "starttls": "where the port begins with TLS (465), set SMTP_SECURITY=tls; where it has none, none",
        "none": "where the port begins with TLS (465), set SMTP_SECURITY=tls",
    }[config.security]


def _ports() -> str:
    return "587 is usual with starttls, 465 with tls, 25 between servers"
