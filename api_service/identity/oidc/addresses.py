"""Decides which addresses of a provider may be used: https, and http on this machine alone. Pure."""

import ipaddress
from urllib.parse import urlsplit


def is_safe(url: str) -> bool:
    """Whether what is sent there stays secret on the way.

    >>> is_safe("https://id.clinic.example/realm"), is_safe("http://127.0.0.1:8080"), is_safe("http://id.clinic.example")
    (True, True, False)
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:  # unbalanced brackets, or a port that is none
        return False
    plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not plain or not host or port == 0 or parts.username is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
