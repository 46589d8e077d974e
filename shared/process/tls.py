"""Decides how a connection to PostgreSQL is encrypted: wherever TLS is asked for, the server is verified.

libpq's `sslmode=require` encrypts without verifying, so that anybody in between may read along. Here it means
verify-full; `sslmode=no-verify` encrypts without verifying. (RabbitMQ: `amqps://…?cafile=FILE`, verified by aiormq.)
"""

import re
import ssl
from typing import Final
from urllib.parse import SplitResult, parse_qsl, urlencode, urlsplit, urlunsplit

from shared.errors import ConfigurationError

_OURS: Final = ("sslmode", "sslrootcert", "sslcert", "sslkey")
_UNVERIFIED: Final = ("disable", "allow", "prefer")
_AUTHORITY_END: Final = re.compile(r"[/?#]")


def authority_of(url: str) -> tuple[str, str]:
    """The part with credentials and hosts, and the part after it."""
    after = url.partition("://")[2]
    end = _AUTHORITY_END.search(after)
    return (after, "") if end is None else (after[: end.start()], after[end.start() :])


def split_postgres(url: str) -> SplitResult:
    """The parts of a URL that may name several hosts. (urlsplit refuses brackets around more than one of them since
    3.13.)"""
    authority, rest = authority_of(url)
    return urlsplit(f"{url.partition('://')[0]}://{rest}")._replace(netloc=authority)


def for_postgres(url: str) -> tuple[str, ssl.SSLContext | None]:
    """A URL without its TLS parameters, and the TLS context that they mean; the URL unchanged, and None, when it asks
    for no TLS.

    Raises ConfigurationError.
    """
    parts = split_postgres(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    said = {name: value for name, value in query if name in _OURS}
    mode = said.get("sslmode", "verify-full" if "sslrootcert" in said else "prefer")
    if mode in _UNVERIFIED:
        return url, None
    if mode not in ("require", "verify-ca", "verify-full", "no-verify"):
        raise ConfigurationError(f"DATABASE_URL: {mode!r} is no sslmode")
    rest = urlencode([(name, value) for name, value in query if name not in _OURS])
    return urlunsplit(parts._replace(query=rest)), _context(mode, said)


def _context(mode: str, said: dict[str, str]) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=said.get("sslrootcert"))
        if "sslcert" in said:
            context.load_cert_chain(said["sslcert"], said.get("sslkey"), password=lambda: "")  # else OpenSSL asks
    except OSError as error:
        raise ConfigurationError(f"DATABASE_URL: its certificates cannot be read ({error})") from None
    if mode in ("verify-ca", "no-verify"):
        context.check_hostname = False
    if mode == "no-verify":
        context.verify_mode = ssl.CERT_NONE
    return context
