"""Asks the DNS. Whatever a name server does, the result is one of three: records, none, or no answer."""

from typing import Any, Final

import dns.asyncresolver
import dns.exception
import dns.resolver
import dns.reversename

from shared.errors import ConfigurationError, PunctualError

_LONGEST_WAIT: Final = 8.0
"""Seconds for one question, including all name servers and repetitions."""
_NOT_THERE: Final = (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer)


class NoAnswer(PunctualError):
    """The DNS could not be asked, or gave no usable answer, so nothing is known."""


class Dns:
    def __init__(self, name_server: str | None = None) -> None:
        """`name_server`: ADDRESS or ADDRESS:PORT to ask instead of the system's name servers. Raises
        ConfigurationError."""
        try:
            self._resolver = dns.asyncresolver.Resolver(configure=name_server is None)
            if name_server is not None:
                address, _, port = name_server.partition(":")
                self._resolver.nameservers = [address]
                self._resolver.port = int(port or 53)
        except (dns.exception.DNSException, ValueError) as error:
            raise ConfigurationError(f"no usable name server: {error}") from None
        self._resolver.lifetime = _LONGEST_WAIT

    async def texts(self, name: str) -> list[str]:
        """The TXT records of a name, each with its strings joined; none when the name does not exist. Raises
        NoAnswer."""
        return [b"".join(record.strings).decode("utf-8", "replace") for record in await self._ask(name, "TXT")]

    async def addresses(self, name: str) -> list[str]:
        """The IPv4 and IPv6 addresses of a name. Raises NoAnswer."""
        return [record.address for kind in ("A", "AAAA") for record in await self._ask(name, kind)]

    async def mail_hosts(self, name: str) -> list[str]:
        """The names of the hosts that take mail for a domain. Raises NoAnswer."""
        return [record.exchange.to_text(omit_final_dot=True) for record in await self._ask(name, "MX")]

    async def names(self, address: str) -> list[str]:
        """The names of an address (PTR). Raises NoAnswer."""
        reverse = dns.reversename.from_address(address).to_text()
        return [record.target.to_text(omit_final_dot=True) for record in await self._ask(reverse, "PTR")]

    async def _ask(self, name: str, kind: str) -> list[Any]:
        """The records of a name; dnspython has no types for their contents."""
        try:
            return list(await self._resolver.resolve(name, kind, search=False))
        except _NOT_THERE:
            return []
        except (dns.exception.DNSException, OSError, ValueError) as error:
            raise NoAnswer(f"{name} {kind}: {type(error).__name__}") from error
