"""Checks the URLs of PostgreSQL and RabbitMQ, and names the servers in them.

No message shows a part of a URL: an unescaped character turns a piece of the password into the host.
"""

import ipaddress
import re
import ssl
from collections.abc import Iterator, Sequence
from typing import Final
from urllib.parse import parse_qsl, unquote

from shared.errors import ConfigurationError
from shared.process.tls import authority_of, for_postgres

_ESCAPES: Final = "in a user name or password write % # / ? @ , as %25 %23 %2F %3F %40 %2C"
_LABEL: Final = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")
_BAD_ESCAPE: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
_TARGETS: Final = ("any", "primary", "standby", "read-write", "read-only", "prefer-standby")


def check_postgres_url(url: str) -> None:
    """Checks a URL for PostgreSQL, and its certificates. Raises ValueError with the fault."""
    hosts, query = _parts(url, ("postgresql", "postgres"))
    if hosts != [""]:
        for host in hosts:
            _check_server(unquote(host))
    options = dict(query)
    if not all(port.isdecimal() for port in options.get("port", "0").split(",")):
        raise ValueError("its port must be a number")
    if options.get("target_session_attrs", "any") not in _TARGETS:
        raise ValueError(f"its target_session_attrs must be one of {', '.join(_TARGETS)}")
    try:
        for_postgres(url)
    except ConfigurationError as error:
        raise ValueError(str(error).removeprefix("DATABASE_URL: ")) from None


def check_broker_url(url: str) -> None:
    """Checks the URL of a broker, or of the nodes of a cluster (commas between them), and their certificates. Raises
    ValueError with the fault."""
    for node in url.split(","):
        hosts, query = _parts(node, ("amqp", "amqps"))
        if len(hosts) != 1 or not hosts[0]:
            raise ValueError("must name one host in each URL, as amqp://user:password@host:port/vhost")
        _check_server(hosts[0])
        if node.lower().startswith("amqps:"):
            _check_certificates(dict(query))


def servers(url: str, port: int) -> str:
    """The hosts and ports in a URL, for people; `port` is the default.

    >>> servers("postgresql://u:secret@db-1,db-2:6432/clinic", 5432)
    'db-1:5432, db-2:6432'
    """
    found: list[str] = []
    for each in re.split(r",(?=amqps?://)", url):
        authority, rest = authority_of(each)
        hosts = authority.rpartition("@")[2].split(",")
        if hosts == [""]:
            hosts = dict(parse_qsl(rest.partition("?")[2])).get("host", "localhost").split(",")
        found += (_with_port(unquote(host), port) for host in hosts)
    return ", ".join(found)


def is_host(text: str) -> bool:
    """Whether it is an IP address, or a host name as in DNS and container networks.

    >>> is_host("db_1.internal"), is_host("::1"), is_host("a..b"), is_host("smtp.example:587")
    (True, True, False, False)
    """
    try:
        ipaddress.ip_address(text)
    except ValueError:
        labels = text.removesuffix(".").split(".")
        return len(text) <= 253 and all(map(_LABEL.fullmatch, labels)) and not labels[-1].isdecimal()
    return True


def _parts(url: str, schemes: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]]:
    """The hosts with their ports, and the options. Raises ValueError."""
    if url.partition("://")[0].lower() not in schemes or "://" not in url:
        raise ValueError(f"must begin with {schemes[0]}://")
    if not url.isprintable() or " " in url or _BAD_ESCAPE.search(url):
        raise ValueError(f"holds white space, a control character, or a % that begins no escape; {_ESCAPES}")
    if "#" in url:
        raise ValueError(f"holds a bare #; {_ESCAPES}")
    if "\0" in unquote(url) or "\N{REPLACEMENT CHARACTER}" in unquote(url):
        raise ValueError("its escapes must mean UTF-8 text without NUL")
    authority, rest = authority_of(url)
    credentials, _, hosts = authority.rpartition("@")
    if "@" in credentials:
        raise ValueError(f"holds more than one @ before its host; {_ESCAPES}")
    text = rest.partition("?")[2]
    try:
        return hosts.split(","), parse_qsl(text, strict_parsing=True) if text else []
    except ValueError:
        raise ValueError("its options must be name=value, with & between them") from None


def _check_server(text: str) -> None:
    """Checks a host with or without its port. Raises ValueError."""
    if text.startswith("/"):
        return  # the folder of a Unix socket
    host, port = _host_and_port(text)
    if port is not None and not (port.isdecimal() and port.isascii() and 0 < int(port[:6]) < 65536):
        raise ValueError(f"its port must be a number from 1 to 65535; {_ESCAPES}")
    if not is_host(host):
        raise ValueError(f"its host must be a name of ASCII letters and digits or an IP address; {_ESCAPES}")


def _host_and_port(text: str) -> tuple[str, str | None]:
    if text.startswith("["):
        host, closed, port = text[1:].partition("]")
        return (host, port.removeprefix(":") or None) if closed else (text, None)
    host, colon, port = text.partition(":")
    return host, port if colon else None


def _with_port(text: str, default: int) -> str:
    host, port = _host_and_port(text)
    if host.startswith("/"):
        return host
    return f"[{host}]:{port or default}" if ":" in host else f"{host}:{port or default}"


def _check_certificates(options: dict[str, str]) -> None:
    """The files that aiormq would read at each connection."""
    for fault in certificate_faults(options.get("cafile"), options.get("capath")):
        raise ValueError(f"its cafile or capath {fault}")
    if "certfile" in options:
        try:
            ssl.create_default_context().load_cert_chain(
                options["certfile"], options.get("keyfile"), password=lambda: ""
            )
        except OSError as error:
            raise ValueError(f"its certfile or keyfile cannot be used ({error.strerror or 'not PEM'})") from None


def certificate_faults(file: str | None, folder: str | None = None) -> Iterator[str]:
    """The fault of certificates to trust; None when there is none."""
    try:
        ssl.create_default_context(cafile=file, capath=folder)
    except ssl.SSLError:
        yield "holds no certificate in PEM"
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        yield f"cannot be read ({(reason or 'no usable path').lower()})"
