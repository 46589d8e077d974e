"""Checks the sender's domain as receivers do: SPF, DKIM, DMARC, and the name of the server's address
(docs/deliverability.md)."""

import base64
import binascii
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from notifier_service.check_email.name_server import Dns, NoAnswer
from notifier_service.check_email.report import CheckReport
from notifier_service.check_email.spf import MOST_LOOKUPS, Invalid, Result, Spf, Unclear, spf_record

SHORTEST_KEY: Final = 1024
"""Bits. RFC 8301 §3.2: receivers accept no shorter RSA key; signers should use 2048."""
_DOC: Final = "docs/deliverability.md"


async def check_domain(
    report: CheckReport, dns: Dns, domain: str, servers: Sequence[str], selectors: Sequence[str]
) -> None:
    """Reports on a sender's domain (as A-labels). `servers`: the mail server's addresses. `selectors`: the names of its
    DKIM keys. No finding here is fatal: mail is sent, but receivers may mind."""
    report.heading(f"The sender's domain {domain}")
    try:
        await _spf(report, dns, domain, servers)
        await _dkim(report, dns, domain, selectors)
        await _dmarc(report, dns, domain)
        await _reverse(report, dns, servers)
    except NoAnswer as error:
        report.say("?", "DNS", f"gave no answer ({error})", "try again, or name a server with --name-server ADDRESS")


async def _spf(report: CheckReport, dns: Dns, domain: str, servers: Sequence[str]) -> None:
    public = [each for each in servers if ip_address(each).is_global]
    try:
        if await spf_record(dns, domain) is None:
            remedy = f'publish TXT {domain} "v=spf1 … -all" with the addresses that your mail server sends from; {_DOC}'
            report.say("?", "SPF", "no record", remedy)
        elif not public:
            report.say("ok", "SPF", "has a record; the mail server has no public address to hold it against")
        else:
            _spf_of_server(report, {each: await Spf(dns, each).judge(domain) for each in public})
    except Invalid as error:
        report.say("?", "SPF", f"the record is not valid: {error}", "mend it: receivers ignore it as it is (RFC 7208)")
    except Unclear as error:
        report.say("?", "SPF", f"{error}; only a receiver can decide it")


def _spf_of_server(report: CheckReport, verdicts: dict[str, Result]) -> None:
    wrong = [f"{address} ({result})" for address, result in verdicts.items() if result != "pass"]
    if wrong:
        report.say(
            "?",
            "SPF",
            f"the record does not let {', '.join(wrong)} send",
            "add it, unless the mail server sends from other addresses than it listens on",
        )
    else:
        report.say("ok", "SPF", f"lets {', '.join(verdicts)} send, in at most {MOST_LOOKUPS} lookups")


async def _dkim(report: CheckReport, dns: Dns, domain: str, selectors: Sequence[str]) -> None:
    if not selectors:
        remedy = f"name it with --dkim-selector (s=… of DKIM-Signature in a mail that arrived); {_DOC}"
        report.say("?", "DKIM", "the name of the key is not known: the mail server signs, not Punctual", remedy)
    for selector in selectors:
        name = f"{selector}._domainkey.{domain}"
        records = await dns.texts(name)
        found, remedy = _key(records[0]) if records else ("no record", f"publish the key of your mail server; {_DOC}")
        report.say("?" if remedy else "ok", "DKIM", f"{name}: {found}", remedy)


def _key(record: str) -> tuple[str, str]:
    """The quality of a key record, and the remedy (RFC 6376 §3.6.1)."""
    tags = _tags(record)
    try:
        raw = base64.b64decode("".join(tags.get("p", "").split()), validate=True)
        kind = tags.get("k", "rsa")
        if not raw:
            return "the key has been revoked", "publish the key that the mail server signs with"
        if kind == "ed25519":
            return "an Ed25519 key", ""
        key = load_der_public_key(raw)
    except (binascii.Error, ValueError):
        return "the key cannot be read", "publish it again; a long key stands in several strings of one record"
    if not isinstance(key, RSAPublicKey):
        return "the key is none that receivers know", "use RSA (2048 bits) or Ed25519"
    if key.key_size < SHORTEST_KEY:
        return f"an RSA key of {key.key_size} bits", "use 2048 bits: receivers take none below 1024 (RFC 8301)"
    return f"an RSA key of {key.key_size} bits", ""


async def _dmarc(report: CheckReport, dns: Dns, domain: str) -> None:
    """The domain's own policy, or that of the nearest parent domain with one."""
    labels = domain.split(".")
    for start in range(len(labels) - 1):
        above = ".".join(labels[start:])
        records = [text for text in await dns.texts(f"_dmarc.{above}") if text.startswith("v=DMARC1")]
        if len(records) > 1:
            report.say("?", "DMARC", f"_dmarc.{above} has {len(records)} records", "keep one: receivers ignore several")
            return
        if records:
            tags = _tags(records[0])
            policy = tags.get("p" if start == 0 else "sp", tags.get("p", "none"))
            report.say("ok", "DMARC", f"_dmarc.{above}: {policy}")
            return
    remedy = f'publish TXT _dmarc.{domain} "v=DMARC1; p=none; rua=mailto:…" and read the reports; {_DOC}'
    report.say("?", "DMARC", "no record", remedy)


async def _reverse(report: CheckReport, dns: Dns, servers: Sequence[str]) -> None:
    """Checks that each public address has a name that leads back to it (RFC 1912 §2.1)."""
    for address in servers:
        if not ip_address(address).is_global:
            continue
        names = await dns.names(address)
        leading_back = [name for name in names if ip_address(address) in map(ip_address, await dns.addresses(name))]
        if leading_back:
            report.say("ok", "PTR", f"{address} is {leading_back[0]}, and back")
        else:
            found = f"{address} is called {names[0]}, which has another address" if names else f"{address} has no name"
            report.say("?", "PTR", found, "ask who gave you the address for a PTR record with the mail server's name")


def _tags(record: str) -> dict[str, str]:
    """The tag=value list of a DKIM or DMARC record (RFC 6376 §3.2)."""
    pairs = (part.partition("=") for part in record.split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if name.strip()}
