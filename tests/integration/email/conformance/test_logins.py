"""Servers that refuse our login, in words or without one: accounts are locked after a few tries."""

import asyncio
from typing import Any, Final

import pytest

from notifier_service.channels.email.smtp.circuit import Circuit
from notifier_service.channels.email.smtp.mailer import UNANSWERED_LOGINS
from tests.integration.email.conformance.converse import MESSAGE, a_delivery, a_mail, a_mailer, end_of
from tests.integration.email.conformance.scenarios import scenario
from tests.support.scripted_smtp import Answer, ScriptedSmtp, says, scripted
from tests.support.waiting import eventually

pytestmark = pytest.mark.usefixtures("library_internals")

LOGIN: Final[dict[str, Any]] = {
    "username": "clinic",
    "password": "wrong",
    "allow_clear_password": True,
    "connections": 8,
}
OFFERED: Final = ("PIPELINING", "AUTH PLAIN")
REFUSALS: Final = (
    says("535 5.7.8 wrong"),
    says("454 4.7.0 later"),
    says("530 5.7.0 no"),
    says("421 4.7.0 too many bad logins", then="hangs up"),
)
NO_ANSWERS: Final = (says(b"", then="hangs up"), says("334 again and again"), says("250 ok"), says("garbage"))


def logins(server: ScriptedSmtp) -> int:
    return len([line for line in server.heard if line.startswith(b"AUTH")])


@pytest.mark.parametrize("answer", REFUSALS, ids=str)
@scenario("refuses the login", "all are parked, the circuit opens at once, the password was tried once")
async def test_a_refused_password_is_tried_once_however_many_mails_wait(answer: Answer) -> None:
    async with scripted() as server:
        server.extensions = OFFERED
        server.auth = lambda _: answer
        async with a_mailer(server, login_pause=60.0, **LOGIN) as mailer:
            circuit = Circuit(mailer.trouble)
            delivery = a_delivery(mailer, circuit)
            mails = [a_mail(f"client-{number}@patients.example") for number in range(20)]
            outcomes = await asyncio.gather(*map(delivery.hand_over, mails))
            assert {end_of(each) for each in outcomes} == {"parked"}
            assert (circuit.is_open, circuit.why) == (True, "the mail server refuses our login")
        assert logins(server) == 1


@pytest.mark.parametrize("answer", NO_ANSWERS, ids=str)
@scenario(
    "hangs up at the login, asks for ever more, or answers what is no answer",
    "three times in a row are a refused login",
)
async def test_a_login_without_an_answer_is_refused_the_third_time(answer: Answer) -> None:
    async with scripted() as server:
        server.extensions = OFFERED
        server.auth = lambda _: answer
        async with a_mailer(server, login_pause=60.0, **LOGIN) as mailer:
            errors = [await mailer.trouble() for _ in range(10)]
            assert [error is not None and error.cause == "login" for error in errors] == [False] * 2 + [True] * 8
            assert logins(server) == UNANSWERED_LOGINS


@scenario("takes another password since our connections ended", "one mail tries ours, and the others wait for that")
async def test_a_password_that_was_right_is_tried_by_one_alone_once_no_connection_is_left() -> None:
    async with scripted() as server:
        server.extensions = OFFERED
        server.script = lambda _: {"end of data": says("250 kept", then="hangs up")}
        async with a_mailer(server, login_pause=60.0, **LOGIN) as mailer:
            await mailer.send("client@patients.example", MESSAGE)
            await eventually(lambda: not server.open)
            server.auth = lambda _: b"535 5.7.8 wrong\r\n"
            sends = (mailer.send(f"client-{number}@patients.example", MESSAGE) for number in range(8))
            errors = await asyncio.gather(*sends, return_exceptions=True)
            assert {str(error) for error in errors} == {"refused at login (535)"}
            assert logins(server) == 2


async def test_connections_log_in_side_by_side_while_the_password_is_known_to_be_right() -> None:
    async with scripted() as server:
        server.extensions = OFFERED
        server.script = lambda _: {"end of data": says("250 kept", late=0.2)}
        async with a_mailer(server, **LOGIN) as mailer:
            sends = (mailer.send(f"client-{number}@patients.example", MESSAGE) for number in range(8))
            assert {reply.code for reply in await asyncio.gather(*sends)} == {250}
        assert server.most > 1
