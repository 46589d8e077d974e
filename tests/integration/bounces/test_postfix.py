"""A real Postfix between us and a next hop that knows nobody: the mail comes back by VERP and LMTP, and is seen."""

import asyncio
import re
import smtplib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from deploy.local.ports import free_port
from tests.support.client import a_wish
from tests.support.postfix import IS_USABLE, a_postfix
from tests.support.waiting import eventually
from tests.support.world import World

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not IS_USABLE, reason="needs Debian's package postfix, and root"),
]
ROOT = Path(__file__).parents[3]
KEY = "a key of tests that has more than 32 bytes"


def documented(lmtp: int) -> list[str]:
    """The lines of main.cf that docs/deliverability.md gives, with our port."""
    text = (ROOT / "docs" / "deliverability.md").read_text("utf-8")
    [sample] = re.findall(r"```\n# main\.cf\n(.*?)```", text, re.DOTALL)
    assert "127.0.0.1:2400" in sample
    lines = [line.replace(":2400", f":{lmtp}") for line in sample.splitlines()]
    assert all(re.fullmatch(r"[a-z_]+ = [^#]+", line) for line in lines)  # main.cf knows no comment behind a value
    return lines


def codes_of(port: int) -> list[int]:
    """The replies to a returned mail from outside, and to mail that is none of the clinic's."""
    with smtplib.SMTP("127.0.0.1", port) as session:
        session.ehlo("mx.patients.example")
        session.mail("")
        return [session.rcpt(to)[0] for to in ("bounces+token@clinic.example", "someone@elsewhere.example")]


async def refuse_everybody(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A mail server of the next hop: no recipient is known there."""
    writer.write(b"220 mx.patients.example ESMTP\r\n")
    while line := await reader.readline():
        verb = line[:4].upper()
        if verb == b"RCPT":
            writer.write(b"550 5.1.1 User unknown\r\n")
        elif verb == b"EHLO":
            writer.write(b"250-mx.patients.example\r\n250 ENHANCEDSTATUSCODES\r\n")
        elif verb == b"QUIT":
            writer.write(b"221 2.0.0 Bye\r\n")
            break
        else:
            writer.write(b"250 2.0.0 OK\r\n")
    writer.close()


async def test_an_unknown_user_on_the_next_hop_is_seen_on_the_appointment(world: World, home: Path) -> None:
    lmtp = free_port()
    hop = await asyncio.start_server(refuse_everybody, "127.0.0.1", 0)
    port = hop.sockets[0].getsockname()[1]
    main = [
        "mydestination=",
        *documented(lmtp),
        "mynetworks=127.0.0.0/8",
        "smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination",
        f"relayhost=[127.0.0.1]:{port}",
    ]
    async with (
        a_postfix(home, {"relay": [], "world": ["mynetworks=192.0.2.0/24"]}, main=main, relays=True) as ports,
        world.api() as api,
        world.notifier(
            SMTP_HOST="127.0.0.1",
            SMTP_PORT=str(ports["relay"]),
            BOUNCE_ADDRESS="bounces@clinic.example",
            BOUNCE_KEY=KEY,
            LMTP_PORT=str(lmtp),
        ),
    ):
        assert await asyncio.to_thread(codes_of, ports["world"]) == [250, 554]
        client = world.client(api)
        booked = await client("POST", "/api/client/appointments", a_wish())
        appointment = booked.body["id"]

        async def reports() -> Sequence[Any]:
            return await world.database.fetch("SELECT * FROM delivery_reports")

        [found] = await eventually(reports)
        assert (str(found["appointment_id"]), found["event"], found["status"]) == (appointment, "returned", "5.1.1")
        assert found["address"] == "client-1@patients.example"
        notices = await client("GET", f"/api/client/appointments/{appointment}/notices")
        [returned] = [each for each in notices.body["items"] if each["returnedAt"]]
        assert returned["kind"] == "appointment_created_email"
        inbox = await client("GET", "/api/client/notifications")
        assert "email_returned" in {each["kind"] for each in inbox.body["items"]}
    hop.close()
