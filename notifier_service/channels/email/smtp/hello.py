"""Knows by what name we greet a mail server (RFC 5321 §4.1.3, §4.1.4)."""

import re
import socket
from functools import cache
from ipaddress import IPv6Address, ip_address
from typing import Final

_DOMAIN: Final = re.compile(
    r"(?!localhost\.)(?=.{1,255}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63})+", re.ASCII | re.IGNORECASE
)


@cache
def own_domain() -> str | None:
    """This machine's name where it is a whole one, with a dot. Asks the resolver, which may take seconds: once."""
    name = socket.getfqdn()
    return name if _DOMAIN.fullmatch(name) else None


def address_literal(address: str) -> str:
    """What stands for a machine without a name.

    >>> address_literal("192.0.2.7"), address_literal("2001:db8::1%eth0")
    ('[192.0.2.7]', '[IPv6:2001:db8::1]')
    """
    parsed = ip_address(address.partition("%")[0])
    return f"[IPv6:{parsed}]" if isinstance(parsed, IPv6Address) else f"[{parsed}]"
