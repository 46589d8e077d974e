"""Finds the client's address and scheme. X-Forwarded-* counts only from the proxies that the settings trust."""

import ipaddress
from collections.abc import Sequence
from typing import Final

from aiohttp import web

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_FAR: Final = 64
"""The largest number of hops that are read; a longer chain is an attack."""


class Proxies:
    def __init__(self, trusted: Sequence[Network] = ()) -> None:
        self._trusted = trusted

    def client(self, request: web.BaseRequest) -> str:
        """The client's address: the last one in X-Forwarded-For that is not a trusted proxy. It is read from the right,
        since everything further left may be forged."""
        nearest = request.remote or ""
        if not self._trusts(nearest):
            return nearest
        hops = [hop.strip() for line in request.headers.getall("X-Forwarded-For", []) for hop in line.split(",")]
        for hop in reversed(hops[-_FAR:]):
            if _address(hop) is None:
                return nearest
            nearest = hop
            if not self._trusts(hop):
                break
        return nearest

    def https(self, request: web.BaseRequest) -> bool:
        """Whether the client uses https, to us or to a trusted proxy."""
        if request.secure:
            return True
        if not self._trusts(request.remote or ""):
            return False
        said = ",".join(request.headers.getall("X-Forwarded-Proto", []))  # the last value is the nearest proxy's
        return said.rpartition(",")[2].strip().lower() == "https"

    def _trusts(self, address: str) -> bool:
        if not self._trusted:
            return False
        parsed = _address(address)
        return parsed is not None and any(parsed in network for network in self._trusted)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An IPv4 address that came over an IPv6 socket, as an IPv4 address."""
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed


PROXIES: Final = web.AppKey("proxies", Proxies)
