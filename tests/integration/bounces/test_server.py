"""The server for returned mails, spoken to by the standard library's LMTP client and by raw sockets."""

import asyncio
import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from notifier_service.bounces import metrics, server
from notifier_service.bounces.intake import BounceIntake
from shared.database import Database
from shared.ids import new_id
from shared.links.bounces import BounceAddresses
from shared.process.ports import ListenAddress, bind, port_of
from shared.wording import builtin
from tests.support.factories import a_job
from tests.support.returned_mails import ABSENCE, a_complaint, a_delivery_report
from tests.support.waiting import eventually

ADDRESSES = BounceAddresses("bounces@clinic.example", "a key of tests that has more than 32 bytes")
HELLO = b"LHLO mta.clinic.example\r\nMAIL FROM:<>\r\n"


@dataclass
class Server:
    port: int
    told: list[str] = field(default_factory=list)

    def give(self, recipient: str, mail: bytes) -> None:
        """As an MTA does; raises smtplib's errors for a refusal."""
        with smtplib.LMTP("127.0.0.1", self.port) as client:
            client.sendmail("", [recipient], mail)

    async def hand_over(self, recipient: str, mail: bytes) -> None:
        await asyncio.to_thread(self.give, recipient, mail)

    async def say(self, said: bytes) -> bytes:
        """All that it answers to these bytes, until it or we have ended."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            writer.write(said)
            writer.write_eof()
            async with asyncio.timeout(60):
                return await reader.read()
        except OSError:  # also of shutdown, where it has closed on us
            return b""
        finally:
            writer.close()


@asynccontextmanager
async def running(database: Database) -> AsyncIterator[Server]:
    sockets = await bind([ListenAddress("127.0.0.1", 0, "LMTP_HOST, LMTP_PORT")])
    one = Server(port_of(sockets[0]))
    intake = BounceIntake(database, ADDRESSES, builtin(), suppress_after=2, told=one.told.append)
    async with server.serving(intake, sockets):
        yield one


@pytest.fixture
async def lmtp(database: Database) -> AsyncIterator[Server]:
    async with running(database) as one:
        yield one


async def a_sent_mail(database: Database, email: str = "c@patients.example") -> tuple[UUID, str]:
    ticket = await a_job(database, attempt=1, state="succeeded")
    return ticket.job_id, ADDRESSES.issue(ticket.job_id, email)


async def reports(database: Database) -> list[tuple[str, str | None, str | None]]:
    found = await database.fetch("SELECT event, status, address FROM delivery_reports ORDER BY id")
    return [tuple(row) for row in found]


def dropped(reason: metrics.Dropped) -> float:
    return float(metrics.DROPPED.labels(reason)._value.get())


async def test_a_returned_mail_is_recorded_however_often_it_comes(lmtp: Server, database: Database) -> None:
    _, sender = await a_sent_mail(database)
    for spelt in (sender, sender.upper(), sender):
        await lmtp.hand_over(spelt, a_delivery_report())

    assert await reports(database) == [("returned", "5.1.1", "c@patients.example")]
    assert lmtp.told == ["c"]


async def test_a_return_from_an_older_address_is_not_held_against_the_new_one(lmtp: Server, database: Database) -> None:
    _, sender = await a_sent_mail(database, "old@patients.example")
    await lmtp.hand_over(sender, a_delivery_report())

    assert await reports(database) == [("returned", "5.1.1", None)]
    assert lmtp.told == []


async def test_a_complaint_is_found_by_the_mail_inside_it(lmtp: Server, database: Database) -> None:
    _, sender = await a_sent_mail(database)
    await lmtp.hand_over("complaints@clinic.example", a_complaint(sender))

    assert await reports(database) == [("complained", None, "c@patients.example")]


async def test_what_is_no_use_is_taken_and_dropped(lmtp: Server, database: Database) -> None:
    job_id, sender = await a_sent_mail(database)
    forged = BounceAddresses("bounces@clinic.example", "another key of more than 32 bytes of text")
    cases: list[tuple[metrics.Dropped, str, bytes]] = [
        ("auto_reply", sender, ABSENCE),
        ("no_report", sender, b"Subject: Thanks\r\n\r\n"),
        ("not_failed", sender, a_delivery_report(action="delivered")),
        ("forged", forged.issue(job_id, "c@patients.example"), a_delivery_report()),
        ("forged", "bounces@clinic.example", a_delivery_report()),
        ("loop", sender, b"Received: x\r\n" * 60 + a_delivery_report()),
        ("too_large", sender, a_delivery_report() + (b"x" * 70 + b"\r\n") * (server.LARGEST // 72)),
        ("too_large", sender, b"x" * 200_000),
    ]
    for reason, recipient, mail in cases:
        before = dropped(reason)
        await lmtp.hand_over(recipient, mail)
        assert dropped(reason) == before + 1, reason

    assert await reports(database) == []


async def test_an_unknown_job_is_no_error(lmtp: Server, database: Database) -> None:
    await lmtp.hand_over(ADDRESSES.issue(new_id(), "c@patients.example"), a_delivery_report())
    assert await reports(database) == []


async def test_a_mail_waits_at_the_mta_while_postgresql_is_away(database_url: str) -> None:
    database = await Database.connect(database_url, size=2, name="tests")
    async with running(database) as lmtp:
        _, sender = await a_sent_mail(database)
        await database.close()
        with pytest.raises(smtplib.SMTPDataError) as refused:
            await lmtp.hand_over(sender, a_delivery_report())
    assert refused.value.smtp_code == 451


async def test_one_recipient_at_a_time(lmtp: Server) -> None:
    answer = await lmtp.say(HELLO + b"RCPT TO:<a@b.example>\r\nRCPT TO:<c@b.example>\r\n")
    assert b"250 2.1.5 OK\r\n452 4.5.3" in answer
    assert b"SIZE" not in answer


async def test_too_many_connections_are_told_to_come_again(lmtp: Server) -> None:
    opened = []
    for _ in range(server.CONNECTIONS):
        reader, writer = await asyncio.open_connection("127.0.0.1", lmtp.port)
        await reader.readline()
        opened.append(writer)
    reader, writer = await asyncio.open_connection("127.0.0.1", lmtp.port)
    assert (await reader.readline()).startswith(b"421")
    writer.close()
    for each in opened:
        each.close()

    async def answers() -> bool:
        return (await lmtp.say(b"QUIT\r\n")).startswith(b"220")

    await eventually(answers)


SAID = st.lists(
    st.sampled_from(
        [
            HELLO,
            b"RCPT TO:<a@b.example>\r\n",
            b"RCPT TO:<bounces+\xff@clinic.example> SIZE=9\r\n",
            b"DATA\r\n",
            b".\r\n",
            b"..\r\n",
            b"\r\n",
            b"MAIL FROM:<> SIZE=99999999999999999999 BODY=8BITMIME\r\n",
            b"AUTH PLAIN AAAA\r\n",
            b"STARTTLS\r\n",
            b"HELP MAIL\r\n",
            b"VRFY <a@b>\r\n",
            b"RSET\r\n",
            b"BDAT 10 LAST\r\n",
            b"x" * 70_000,
        ]
    )
    | st.binary(max_size=50),
    max_size=15,
).map(b"".join)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(said=SAID)
async def test_no_bytes_end_it(lmtp: Server, said: bytes) -> None:
    await lmtp.say(said)
    assert (await lmtp.say(b"QUIT\r\n")).startswith(b"220")
