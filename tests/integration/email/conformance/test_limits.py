"""Servers that take so many mails a session, a minute, or on so many connections; and sessions that end on the way."""

import asyncio
from collections.abc import Mapping

import pytest

from notifier_service.channels.email.smtp.circuit import Circuit
from notifier_service.channels.email.smtp.mailer import Mailer
from notifier_service.channels.outcomes import Outcome
from tests.integration.email.conformance.converse import a_delivery, a_mail, a_mailer, end_of
from tests.integration.email.conformance.scenarios import scenario
from tests.support.scripted_smtp import EXTENSIONS, Answer, ScriptedSmtp, Session, Stage, says, scripted
from tests.support.waiting import eventually, paced

pytestmark = pytest.mark.usefixtures("library_internals")


async def sent(mailer: Mailer, mails: int, *, at_once: bool = False) -> list[str]:
    """What became of so many mails to as many people, by one circuit."""
    delivery = a_delivery(mailer)
    each = [a_mail(f"client-{number}@patients.example") for number in range(mails)]
    if at_once:
        return [end_of(outcome) for outcome in await asyncio.gather(*map(delivery.hand_over, each))]
    outcomes: list[Outcome] = [await delivery.hand_over(mail) for mail in each]
    return [end_of(outcome) for outcome in outcomes]


def after(mails: int, stage: Stage, answer: Answer) -> object:
    """A script: the answer at that stage, once a session has had so many mails."""

    def script(session: Session) -> Mapping[Stage, Answer]:
        return {stage: answer} if session.taken >= mails else {}

    return script


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize(
    ("stage", "answer"),
    [
        ("mail", says("451 4.7.0 too many messages in this session")),
        ("mail", says("421 4.7.0 too many messages", then="hangs up")),
        ("mail", says("421 4.7.0 too many messages")),
        ("mail", says("550 5.7.0 too many messages in this session")),
        ("mail", says(b"", then="hangs up")),
        ("recipient", says("452 4.5.3 too many recipients")),
        ("recipient", says("421 4.7.0 too many", then="hangs up")),
    ],
    ids=str,
)
@scenario(
    "takes three mails a session: 451, 421, 550 or a hang-up at MAIL, 452 4.5.3 or 421 at RCPT after that",
    "the session is given up, the mail goes at once on a new one, and no retry is used up",
)
async def test_a_limit_of_mails_a_session_costs_no_retry(stage: Stage, answer: Answer, pipelining: bool) -> None:
    async with scripted(after(3, stage, answer)) as server:  # type: ignore[arg-type] # a Script
        server.extensions = EXTENSIONS if pipelining else EXTENSIONS[1:]
        async with a_mailer(server, connections=1) as mailer:
            assert await sent(mailer, 10) == ["sent"] * 10
        assert (len(server.taken), server.opened) == (10, 4)


@pytest.mark.parametrize("goodbye", [b"421 4.4.2 idle for too long\r\n", b""], ids=["421", "in silence"])
@scenario("ends a session that lies idle", "the next mail goes on a new one")
async def test_a_session_that_ended_while_it_lay_idle_costs_nothing(goodbye: bytes) -> None:
    async with scripted() as server, a_mailer(server, connections=1) as mailer:
        server.script = lambda _: {"end of data": Answer((b"250 kept\r\n", goodbye), then="hangs up")}
        assert await sent(mailer, 3) == ["sent"] * 3
        assert len(server.taken) == 3


class Crowded:
    """Allows so many connections, and greets the others with 421."""

    def __init__(self, server: ScriptedSmtp, allowed: int) -> None:
        self.allowed = allowed
        self._server = server
        self.refused = 0

    def script(self, session: Session) -> Mapping[Stage, Answer]:
        if session.said or self._server.open <= self.allowed:
            return {}
        self.refused += 1
        return {"connect": says("421 4.7.0 too many connections", then="hangs up")}


@scenario(
    "allows two connections and greets the third with 421",
    "the pool shrinks to two, all mails go, the circuit stays closed; one more connection is tried every minute",
)
async def test_a_pool_that_is_told_of_too_many_connections_shrinks_and_grows_again() -> None:
    async with scripted() as server, a_mailer(server, connections=8, grow_every=0.2) as mailer:
        crowd = Crowded(server, 2)
        server.script = crowd.script
        assert await sent(mailer, 40, at_once=True) == ["sent"] * 40
        assert len(server.taken) == 40
        assert crowd.refused
        crowd.allowed = 100
        await eventually(lambda: mailer.counts[2] == 8)
        assert await sent(mailer, 20, at_once=True) == ["sent"] * 20


@scenario("allows us no connection at all: 421 to each", "parked; after three in a row the circuit opens")
async def test_a_server_that_allows_no_connection_is_away() -> None:
    async with (
        scripted({"connect": says("421 4.7.0 too many connections", then="hangs up")}) as server,
        a_mailer(server, connections=4) as mailer,
    ):
        assert await sent(mailer, 6) == ["parked"] * 6
        assert server.opened == 3


@scenario(
    "takes so many mails a minute: 450 4.7.1 at MAIL or RCPT beyond",
    "the mails are parked or retried, the circuit opens and asks again with growing pauses; in the end all have gone",
)
async def test_a_limit_of_mails_a_minute_is_waited_for() -> None:
    left = 5

    def script(session: Session) -> Mapping[Stage, Answer]:
        return {} if len(server.taken) < left else {"mail": says("450 4.7.1 too much mail")}

    async with scripted(script) as server, a_mailer(server) as mailer:
        circuit = Circuit(mailer.trouble, shorten=100.0)
        running = asyncio.create_task(circuit.run())
        delivery = a_delivery(mailer, circuit)
        waiting = [a_mail(f"client-{number}@patients.example") for number in range(20)]
        async for _ in paced(0.002):
            if not waiting:
                break
            mail = waiting.pop(0)
            end = end_of(await delivery.hand_over(mail))
            if end != "sent":
                assert end == "parked"
                waiting.append(mail)
                left = len(server.taken) + 5 if circuit.is_open else left
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert sorted(to for to, _ in server.taken) == sorted(
            f"client-{n}@patients.example".encode() for n in range(20)
        )
