"""Decides whether a domain's SPF record allows an address to send (RFC 7208), as receivers do."""

from collections.abc import AsyncIterator
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, Literal

from notifier_service.check_email.name_server import Dns
from shared.errors import PunctualError

Result = Literal["pass", "fail", "softfail", "neutral", "none"]
MOST_LOOKUPS: Final = 10
"""RFC 7208 §4.6.4: receivers treat a record that needs more lookups as invalid."""
_QUALIFIERS: Final[dict[str, Result]] = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}
_ASKS: Final = ("include", "a", "mx", "exists", "redirect", "ptr")


class Invalid(PunctualError):
    """Receivers treat the record as an error (RFC 7208 §2.6.7, permerror)."""


class Unclear(PunctualError):
    """The record has macros or the like, which only a receiver can fill in."""


async def spf_record(dns: Dns, domain: str) -> str | None:
    """The one SPF record of a domain. Raises Invalid when there are several, NoAnswer."""
    records = [text for text in await dns.texts(domain) if text.lower().split(" ")[0] == "v=spf1"]
    if len(records) > 1:
        raise Invalid(f"{domain} has {len(records)} SPF records; one is allowed")
    return records[0] if records else None


class Spf:
    """Judges one address. `lookups`: the number of names looked up so far."""

    def __init__(self, dns: Dns, address: str) -> None:
        self._dns = dns
        self._address: IPv4Address | IPv6Address = ip_address(address)
        self.lookups = 0

    async def judge(self, domain: str) -> Result:
        """The domain's verdict on the address. Raises Invalid, Unclear, NoAnswer."""
        record = await spf_record(self._dns, domain)
        if record is None:
            return "none"
        redirect = None
        for term in record.split()[1:]:
            if term.lower().startswith("redirect="):
                redirect = term[len("redirect=") :]
            elif "=" not in term.partition(":")[0].partition("/")[0]:  # other modifiers do not decide
                result = _QUALIFIERS.get(term[0], "pass")
                if await self._matches(term.lstrip("+-~?"), domain):
                    return result
        if redirect is None:
            return "neutral"
        self._count()
        result = await self.judge(redirect)
        if result == "none":
            raise Invalid(f"redirect={redirect} leads to no record")
        return result

    async def _matches(self, mechanism: str, domain: str) -> bool:
        if "%" in mechanism:
            raise Unclear(f"the record has a macro: {mechanism}")
        name, target, size = _parts(mechanism, self._address.version)
        if name in _ASKS:
            self._count()
        match name:
            case "all":
                return True
            case "ip4" | "ip6":
                return self._is_in([target + size])
            case "a" | "mx":
                return self._is_in([address + size async for address in self._of(name, target or domain)])
            case "include":
                result = await self.judge(target)
                if result == "none":
                    raise Invalid(f"include:{target} leads to no record")
                return result == "pass"
            case "exists":
                return bool(await self._dns.addresses(target))
            case "ptr":
                raise Unclear("the record has ptr, which receivers may ignore (RFC 7208 §5.5)")
            case _:
                raise Invalid(f"unknown mechanism {mechanism!r}")

    async def _of(self, name: str, target: str) -> AsyncIterator[str]:
        """Addresses of the same family as the judged one: those of a host, or of the hosts that take a domain's
        mail."""
        for host in await self._dns.mail_hosts(target) if name == "mx" else [target]:
            for address in await self._dns.addresses(host):
                if ip_address(address).version == self._address.version:
                    yield address

    def _is_in(self, networks: list[str]) -> bool:
        try:
            found = [ip_network(each, strict=False) for each in networks]
        except ValueError as error:
            raise Invalid(str(error)) from None
        return any(network.version == self._address.version and self._address in network for network in found)

    def _count(self) -> None:
        self.lookups += 1
        if self.lookups > MOST_LOOKUPS:
            raise Invalid(f"the record needs more than {MOST_LOOKUPS} DNS lookups (RFC 7208 §4.6.4)")


def _parts(mechanism: str, version: int) -> tuple[str, str, str]:
    """Name, target and prefix length ("/24" or nothing) of a mechanism, for IPv4 or IPv6 (RFC 7208 §5.6).

    >>> _parts("a:mail.example/24//64", 4), _parts("a:mail.example/24//64", 6), _parts("ip6:2001:db8::/32", 6)
    (('a', 'mail.example', '/24'), ('a', 'mail.example', '/64'), ('ip6', '2001:db8::', '/32'))
    """
    head, double, six = mechanism.partition("//")
    head, slash, size = head.partition("/")
    name, _, target = head.partition(":")
    name = name.lower()
    wanted = six if version == 6 and name not in ("ip4", "ip6") else size
    has_size = double if version == 6 and name not in ("ip4", "ip6") else slash
    return name, target, f"/{wanted}" if has_size else ""
