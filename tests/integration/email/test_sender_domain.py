"""What check-email says of a sender's domain, asked of a name server of the test's own."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from notifier_service.check_email.domain import check_domain
from notifier_service.check_email.name_server import Dns
from notifier_service.check_email.report import CheckReport
from notifier_service.check_email.spf import Invalid, Spf, Unclear
from shared.errors import ConfigurationError
from tests.support.name_server import Zone, a_name_server

DOMAIN = "clinic.example"
SERVER = "11.22.33.44"  # any public address: nothing is sent there
SERVER6 = "2a00:1450::7"


async def said(zone: Zone, *, servers: tuple[str, ...] = (SERVER,), selectors: tuple[str, ...] = ()) -> str:
    lines: list[str] = []
    report = CheckReport(lines.append)
    async with a_name_server(zone) as address:
        await check_domain(report, Dns(address), DOMAIN, servers, selectors)
    assert report.works
    return "".join(lines)


def spf(*records: str) -> Zone:
    return {(DOMAIN, "TXT"): records}


def public(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> str:
    raw = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(raw).decode()


async def test_a_domain_in_order_is_said_to_be_so() -> None:
    key = public(rsa.generate_private_key(65537, 2048))
    text = await said(
        {
            (DOMAIN, "TXT"): ("v=spf1 a:mail.clinic.example -all", "another=1"),
            ("mail.clinic.example", "A"): (SERVER,),
            ("s1._domainkey.clinic.example", "TXT"): (f"v=DKIM1; k=rsa; p={key}",),
            ("_dmarc.clinic.example", "TXT"): ("v=DMARC1; p=quarantine",),
            ("44.33.22.11.in-addr.arpa", "PTR"): ("mail.clinic.example",),
        },
        selectors=("s1",),
    )
    assert [line.split()[:2] for line in text.splitlines()[1:]] == [
        ["ok", "SPF"],
        ["ok", "DKIM"],
        ["ok", "DMARC"],
        ["ok", "PTR"],
    ]
    assert "2048 bits" in text
    assert "quarantine" in text


async def test_a_domain_with_nothing_is_told_what_to_publish() -> None:
    text = await said({(DOMAIN, "A"): (SERVER,)}, selectors=("s1",))
    assert text.count("no record") == 3
    assert "has no name" in text
    assert text.count("->") == 4


async def test_without_a_selector_it_says_who_signs() -> None:
    assert "--dkim-selector" in await said(spf("v=spf1 -all"))


@pytest.mark.parametrize(
    ("record", "result"),
    [
        ("v=spf1 ip4:11.22.0.0/16 -all", "pass"),
        ("v=spf1 ip4:11.22.33.45 -all", "fail"),
        ("v=spf1 ip6:2a00::/16 ~all", "softfail"),
        ("v=spf1 ?all", "neutral"),
        ("v=spf1", "neutral"),
        ("v=spf1 +a -all", "pass"),
        ("v=spf1 a:mail.example/8 -all", "pass"),
        ("v=spf1 mx -all", "pass"),
        ("v=spf1 include:pass.example -all", "pass"),
        ("v=spf1 include:fail.example ~all", "softfail"),
        ("v=spf1 redirect=pass.example", "pass"),
        ("v=spf1 exists:mail.example -all", "pass"),
        ("v=spf1 exp=why.example -all", "fail"),
        ("V=SPF1 IP4:11.22.33.44 -ALL", "pass"),
    ],
)
async def test_a_record_is_judged_as_receivers_do(record: str, result: str) -> None:
    zone: Zone = {
        (DOMAIN, "TXT"): (record,),
        (DOMAIN, "A"): (SERVER,),
        (DOMAIN, "MX"): ("mail.example",),
        ("mail.example", "A"): ("11.22.33.44",),
        ("pass.example", "TXT"): ("v=spf1 ip4:11.22.33.44 -all",),
        ("fail.example", "TXT"): ("v=spf1 -all",),
    }
    async with a_name_server(zone) as address:
        assert await Spf(Dns(address), SERVER).judge(DOMAIN) == result


async def test_ipv6_is_held_against_what_is_meant_for_it() -> None:
    zone: Zone = {
        (DOMAIN, "TXT"): ("v=spf1 a:mail.example/8//32 -all",),
        ("mail.example", "A"): ("11.0.0.0",),
        ("mail.example", "AAAA"): ("2a00:1450::1",),
    }
    async with a_name_server(zone) as address:
        assert await Spf(Dns(address), SERVER6).judge(DOMAIN) == "pass"
        assert await Spf(Dns(address), "2a01::1").judge(DOMAIN) == "fail"


@pytest.mark.parametrize(
    ("records", "error"),
    [
        (("v=spf1 -all", "v=spf1 +all"), Invalid),
        (("v=spf1 ip4:300.1.1.1 -all",), Invalid),
        (("v=spf1 nonsense -all",), Invalid),
        (("v=spf1 include:nowhere.example -all",), Invalid),
        (("v=spf1 redirect=nowhere.example",), Invalid),
        (("v=spf1 include:clinic.example -all",), Invalid),  # itself, for ever
        (("v=spf1 " + "a:mail.example " * 11 + "-all",), Invalid),
        (("v=spf1 exists:%{i}.x.example -all",), Unclear),
        (("v=spf1 ptr -all",), Unclear),
    ],
)
async def test_a_record_that_receivers_cannot_use_is_said_to_be_so(
    records: tuple[str, ...], error: type[Exception]
) -> None:
    async with a_name_server(spf(*records)) as address:
        with pytest.raises(error):
            await Spf(Dns(address), SERVER).judge(DOMAIN)
    assert "?  SPF" in await said(spf(*records))


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ("v=DKIM1; p=", "revoked"),
        ("v=DKIM1", "revoked"),
        ("v=DKIM1; p=!!!", "cannot be read"),
        ("v=DKIM1; p=AAAA", "cannot be read"),
        (f"v=DKIM1; p={public(ec.generate_private_key(ec.SECP256R1()))}", "none that receivers know"),
        (
            "v=DKIM1; k=ed25519; p="
            + base64.b64encode(ed25519.Ed25519PrivateKey.generate().public_key().public_bytes_raw()).decode(),
            "Ed25519",
        ),
    ],
    ids=["empty", "missing", "no base64", "no key", "elliptic curve", "Ed25519"],
)
async def test_every_key_record_has_its_words(record: str, words: str) -> None:
    zone = {**spf("v=spf1 -all"), ("s1._domainkey.clinic.example", "TXT"): (record,)}
    assert words in await said(zone, selectors=("s1",))


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ({("_dmarc.example.org", "TXT"): ("v=DMARC1; p=reject; sp=quarantine",)}, "_dmarc.example.org: quarantine"),
        ({("_dmarc.mail.example.org", "TXT"): ("v=DMARC1; p=none", "v=DMARC1; p=reject")}, "has 2 records"),
        ({("_dmarc.mail.example.org", "TXT"): ("v=spf1 -all",)}, "no record"),
    ],
)
async def test_a_policy_is_looked_for_upwards(zone: Zone, words: str) -> None:
    lines: list[str] = []
    async with a_name_server(zone) as address:
        await check_domain(CheckReport(lines.append), Dns(address), "mail.example.org", [], [])
    assert words in "".join(lines)


async def test_an_address_whose_name_leads_elsewhere_is_said_to_be_so() -> None:
    zone = {**spf("v=spf1 -all"), ("44.33.22.11.in-addr.arpa", "PTR"): ("other.example",)}
    assert "is called other.example, which has another address" in await said(zone)


async def test_a_name_server_that_fails_says_nothing_of_the_domain() -> None:
    assert "gave no answer" in await said(spf("SERVFAIL"))


@pytest.mark.parametrize("name_server", ["nobody", "127.0.0.1:x", "::1:53"])
def test_a_name_server_that_is_none_is_refused(name_server: str) -> None:
    with pytest.raises(ConfigurationError):
        Dns(name_server)
