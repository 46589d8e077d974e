"""Reads the subject, the issuer and the end date of a mail server's certificate."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

import aiosmtplib
from cryptography import x509
from cryptography.x509.oid import NameOID

from notifier_service.channels.email.smtp.connecting import connect
from notifier_service.channels.email.smtp.opening import SmtpConfig, new_client


@dataclass(frozen=True, slots=True)
class Certificate:
    names: tuple[str, ...]
    issuer: str
    until: datetime

    @classmethod
    def read(cls, der: bytes) -> Self:
        """Raises ValueError when it is not an X.509 certificate."""
        found = x509.load_der_x509_certificate(der)
        return cls(_names(found), _name(found.issuer), found.not_valid_after_utc)

    def __str__(self) -> str:
        ended = " (it has ended)" if self.until < datetime.now(UTC) else ""
        return (
            f"for {', '.join(self.names[:5]) or 'nobody'}, until {self.until:%Y-%m-%d}{ended}, issued by {self.issuer}"
        )


def of_connection(client: aiosmtplib.SMTP) -> tuple[str, Certificate] | None:
    """The TLS version and the certificate of a connection; None without TLS."""
    tls = client.get_transport_info("ssl_object") if client.is_connected else None
    der = None if tls is None else tls.getpeercert(binary_form=True)
    return None if tls is None or not der else (tls.version(), Certificate.read(der))


async def unverified(config: SmtpConfig, timeout: float) -> Certificate | None:
    """Fetches the certificate that could not be verified. Nothing secret is sent to that server. None when it cannot be
    fetched."""
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    client = new_client(config, trusting, timeout=timeout)
    try:
        await connect(client, config.host, config.port, timeout=timeout)
        if config.security == "starttls":
            await client.ehlo(hostname="localhost")
            await client.starttls()
        found = of_connection(client)
    except (aiosmtplib.SMTPException, OSError, ValueError):
        return None
    finally:
        client.close()
    return found[1] if found else None


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        others = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return (_name(found.subject),)
    return tuple(str(name.value) for name in others if isinstance(name, x509.DNSName | x509.IPAddress))


def _name(name: x509.Name) -> str:
    for kind in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME):
        if attributes := name.get_attributes_for_oid(kind):
            return str(attributes[0].value)
    return name.rfc4514_string() or "nobody"
