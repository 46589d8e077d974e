"""A second mail server: used while the first one's circuit is open, and never for a mail that the first may have."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from uuid import UUID

from notifier_service.channels.email.delivery import Mail, MailDelivery, Server
from notifier_service.channels.email.smtp.circuit import Circuit
from notifier_service.channels.email.smtp.mailer import Mailer
from notifier_service.channels.email.smtp.timeouts import Timeouts
from notifier_service.channels.outcomes import Fail, Outcome, Park, Retry
from tests.integration.email.conformance.converse import a_mail, a_mailer, end_of
from tests.support.scripted_smtp import ScriptedSmtp, says, scripted
from tests.support.waiting import eventually

NO_ROOM = says("452 4.3.1 disk full")


@dataclass
class Pair:
    """Two servers with a circuit each, and which one each mail was about to be given to."""

    main: ScriptedSmtp
    fallback: ScriptedSmtp
    delivery: MailDelivery
    circuits: list[Circuit]
    asked: list[str]
    first: Mailer

    async def send(self, mail: Mail) -> Outcome:
        return await self.delivery.hand_over(mail)

    async def opened(self, place: int) -> None:
        """So many different mails that the server refuses until it counts as away."""
        for number in range(10):
            if not self.circuits[place].is_open:
                await self.send(a_mail(f"other-{place}-{number}@patients.example"))
        assert self.circuits[place].is_open


@asynccontextmanager
async def a_pair(*, end_of_data: float = 30.0) -> AsyncIterator[Pair]:
    """`end_of_data`: seconds for which the first server's answer to a message is awaited."""
    asked: list[str] = []

    async def may_send(job_id: UUID, attempt: int, server: str) -> bool:
        asked.append(server)
        return True

    async with (
        scripted() as main,
        scripted() as fallback,
        a_mailer(main, timeouts=Timeouts.of(30.0, end_of_data=end_of_data)) as first,
        a_mailer(fallback, name="fallback") as second,
    ):
        circuits = [Circuit(each.trouble, name=each.name, shorten=100.0) for each in (first, second)]
        servers = [Server(each.name, each, circuit) for each, circuit in zip((first, second), circuits, strict=True)]
        yield Pair(main, fallback, MailDelivery(servers, may_send), circuits, asked, first)


async def test_it_is_used_only_while_the_first_is_away() -> None:
    async with a_pair() as pair:
        assert end_of(await pair.send(a_mail())) == "sent"
        pair.main.script = lambda _: {"mail": NO_ROOM}
        await pair.opened(0)
        pair.fallback.taken.clear()
        assert end_of(await pair.send(a_mail())) == "sent"
        assert (len(pair.main.taken), len(pair.fallback.taken)) == (1, 1)
        pair.main.script = lambda _: {}
        running = asyncio.create_task(pair.circuits[0].run())

        async def back() -> bool:
            await pair.send(a_mail())
            return not pair.circuits[0].is_open

        await eventually(back)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        pair.fallback.taken.clear()
        assert end_of(await pair.send(a_mail())) == "sent"
        assert not pair.fallback.taken


async def test_with_both_away_mails_are_parked() -> None:
    async with a_pair() as pair:
        pair.main.script = pair.fallback.script = lambda _: {"mail": NO_ROOM}
        await pair.opened(0)
        await pair.opened(1)
        heard = len(pair.main.heard), len(pair.fallback.heard)
        assert end_of(await pair.send(a_mail())) == "parked"
        assert heard == (len(pair.main.heard), len(pair.fallback.heard))


async def test_a_mail_that_the_first_may_have_is_never_given_to_the_second() -> None:
    async with a_pair(end_of_data=0.3) as pair:
        mail = a_mail()
        pair.main.script = lambda _: {"end of data": says("250 kept", late=2.0, takes=True)}
        outcome = await pair.send(mail)
        assert isinstance(outcome, Retry)
        assert outcome.bound_to == "main"
        pair.main.script = lambda _: {"mail": NO_ROOM}
        await pair.opened(0)
        pair.asked.clear()
        pair.fallback.taken.clear()
        assert end_of(await pair.send(replace(mail, bound_to=outcome.bound_to))) == "parked"
        assert end_of(await pair.send(replace(mail, lost=1))) == "parked"
        assert (pair.asked, pair.fallback.taken) == ([], [])


async def test_a_mail_that_the_second_may_have_stays_with_it() -> None:
    async with a_pair() as pair:
        assert end_of(await pair.send(a_mail())) == "sent"
        assert end_of(await pair.send(replace(a_mail(), bound_to="fallback"))) == "sent"
        assert (len(pair.main.taken), len(pair.fallback.taken)) == (1, 1)


async def test_what_a_stop_cuts_off_is_not_given_to_the_second() -> None:
    async with a_pair() as pair:
        pair.main.script = lambda _: {"mail": says(b"", then="hangs")}
        sending = asyncio.create_task(pair.send(a_mail()))
        await eventually(lambda: any(line.startswith(b"MAIL") for line in pair.main.heard))
        pair.first.stop()
        outcome = await sending
        assert isinstance(outcome, Park)
        assert outcome.by_us
        assert pair.asked == ["main"]


async def test_a_server_that_is_no_longer_set_leaves_its_mail_to_a_person() -> None:
    async with a_pair() as pair:
        outcome = await pair.send(replace(a_mail(), bound_to="former"))
        assert isinstance(outcome, Fail)
        assert "possibly sent" in outcome.error
