"""The circuit: when a mail server counts as away, how it is tried again, and how mails return."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier_service.channels.email.smtp.circuit import CLOSED_AT, LOGIN, REFUSED, UNREACHABLE, Circuit, Trial, Which
from notifier_service.channels.email.smtp.errors import MailError, interrupted, refused
from tests.support.waiting import eventually, one_turn

AWAY = interrupted("connect", "SMTPConnectError")
BUSY_AT_MAIL = refused("mail", 452, "4.3.1 disk full")
FAULT = refused("end of data", 451, "4.3.0 fault")
OF_US = refused("recipient", 554, "5.7.1 relay access denied")
LOST = interrupted("recipient", "connection lost")
NO_LOGIN = refused("login", 535, "5.7.8 wrong password")
UNKNOWN = refused("recipient", 550, "5.1.1 no such user")
ANY = (AWAY, BUSY_AT_MAIL, FAULT, OF_US, LOST, UNKNOWN)
OF_MAILS = (FAULT, OF_US, LOST, UNKNOWN)


def a_circuit(
    trouble: Callable[[], MailError | None] = lambda: AWAY, mails: Sequence[Trial] = (), shorten: float = 2000.0
) -> Circuit:
    left = list(mails)

    async def asked() -> MailError | None:
        return trouble()

    async def choose(which: Which) -> Trial | None:
        return left.pop(0) if left else None

    return Circuit(asked, choose=choose, shorten=shorten)


@asynccontextmanager
async def running(circuit: Circuit) -> AsyncIterator[Circuit]:
    task = asyncio.create_task(circuit.run())
    yield circuit
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def refuse(circuit: Circuit, error: MailError, mails: int) -> Circuit:
    """So many mails, each to somebody else."""
    for number in range(mails):
        circuit.failed(error, f"client-{number}@patients.example")
    return circuit


@pytest.mark.parametrize(
    ("error", "mails"),
    [(AWAY, 3), (BUSY_AT_MAIL, 3), (OF_US, 3), (FAULT, 3), (LOST, 5), (UNKNOWN, 20), (NO_LOGIN, 1)],
)
def test_refusals_in_a_row_open_it_whatever_their_words(error: MailError, mails: int) -> None:
    circuit = a_circuit()
    assert not refuse(circuit, error, mails - 1).is_open
    circuit.succeeded()
    assert not refuse(circuit, error, mails - 1).is_open
    circuit.failed(error, "another@patients.example")
    assert circuit.is_open


@given(st.lists(st.sampled_from(OF_MAILS), max_size=60))
def test_one_recipient_never_opens_it(errors: list[MailError]) -> None:
    circuit = a_circuit()
    for error in errors:
        circuit.failed(error, "client@patients.example")
    assert not circuit.is_open


@given(st.lists(st.sampled_from([*ANY, None]), max_size=80))
def test_it_opens_only_after_a_run_without_success(outcomes: list[MailError | None]) -> None:
    circuit, run = a_circuit(), 0
    for number, error in enumerate(outcomes):
        if circuit.is_open:
            break
        run = 0 if error is None else run + 1
        circuit.succeeded() if error is None else circuit.failed(error, f"client-{number}@patients.example")
        assert not circuit.is_open or run >= 3


def test_it_says_why() -> None:
    assert refuse(a_circuit(), NO_LOGIN, 1).why == "the mail server refuses our login"
    assert refuse(a_circuit(), AWAY, 3).why == "the mail server is away"
    assert refuse(a_circuit(), refused("recipient", 550, "5.7.26 DMARC"), 3).why == "the mail server refuses our sender"


async def test_parked_mails_wait_longer_the_longer_it_lasts_and_are_spread() -> None:
    now = 0.0
    spread = iter([0.0, 0.999, 0.5, 0.5])

    async def away() -> MailError | None:
        return AWAY

    circuit = Circuit(away, clock=lambda: now, jitter=lambda: next(spread))
    refuse(circuit, AWAY, 3)
    assert (circuit.park_for(), round(circuit.park_for())) == (1.0, 3)
    now = 60
    assert circuit.park_for() == 30.0
    now = 3600
    assert circuit.park_for() == 40.0


async def test_after_a_probe_mails_go_one_at_a_time_and_then_more() -> None:
    async with running(a_circuit(lambda: None)) as circuit:
        refuse(circuit, AWAY, 3)
        await eventually(lambda: not circuit.is_open)
        under_way = most = 0
        seen: list[int] = []

        async def send() -> None:
            nonlocal under_way, most
            async with circuit.permit():
                under_way += 1
                most = max(most, under_way)
                seen.append(under_way)
                await one_turn()
                under_way -= 1
                circuit.succeeded()

        await asyncio.gather(*(send() for _ in range(CLOSED_AT)))
        assert seen[0] == 1
        assert 1 < most <= CLOSED_AT


async def test_on_the_ramp_a_lost_server_opens_it_at_once_and_one_recipient_never() -> None:
    well = True
    async with running(a_circuit(lambda: None if well else AWAY)) as circuit:
        refuse(circuit, AWAY, 3)
        await eventually(lambda: not circuit.is_open)
        well = False
        for error in OF_MAILS * 3:
            circuit.failed(error, "client@patients.example")
        assert not circuit.is_open
        circuit.failed(FAULT, "other@patients.example")
        assert circuit.is_open
        async with circuit.permit():
            assert circuit.is_open  # whoever waited finds it open, and parks


async def test_after_refusals_of_mail_only_a_mail_closes_it() -> None:
    tried: list[UUID] = []
    well = False

    def a_trial(job_id: UUID) -> Trial:
        async def run() -> None:
            tried.append(job_id)
            assert circuit.is_open
            assert not circuit.lets_through(uuid4())
            assert circuit.lets_through(job_id)
            assert not circuit.lets_through(job_id)
            circuit.succeeded() if well else circuit.failed(FAULT, f"{job_id}@patients.example")
            circuit.ended(job_id)

        return Trial(job_id, run)

    mails = [uuid4() for _ in range(10_000)]  # more than are tried before the server is well
    circuit = a_circuit(lambda: None, [a_trial(each) for each in mails])
    async with running(circuit):
        refuse(circuit, FAULT, 5)
        await eventually(lambda: len(tried) >= 2)
        assert circuit.is_open
        well = True
        await eventually(lambda: not circuit.is_open)
    assert tried == mails[: len(tried)]


async def test_each_turn_tries_the_oldest_again_and_another_one() -> None:
    asked: list[Which] = []

    async def well() -> MailError | None:
        return None

    async def choose(which: Which) -> Trial | None:
        asked.append(which)
        job_id = uuid4()

        async def run() -> None:
            assert circuit.lets_through(job_id)
            circuit.succeeded() if takes[which] else circuit.failed(FAULT, which)
            circuit.ended(job_id)

        return Trial(job_id, run)

    takes = {"oldest": False, "another": False}
    circuit = refuse(Circuit(well, choose=choose, shorten=1e6), FAULT, 5)
    for _ in range(4):
        await circuit._turn()
    assert circuit.is_open
    assert asked == ["oldest", "another"] * 3
    takes["oldest"] = True
    await circuit._turn()
    assert (circuit.is_open, asked[-1]) == (False, "oldest")


async def test_where_nothing_is_parked_the_next_mail_that_comes_is_the_trial() -> None:
    async with running(a_circuit(lambda: None)) as circuit:
        refuse(circuit, FAULT, 5)
        job = uuid4()
        await eventually(lambda: circuit.lets_through(job))
        assert circuit.may_still(job)
        assert not circuit.may_still(uuid4())
        assert not circuit.lets_through(uuid4())
        circuit.succeeded()
        circuit.ended(job)
        assert not circuit.is_open


async def test_a_success_from_before_closes_nothing() -> None:
    circuit = refuse(a_circuit(), FAULT, 5)
    circuit.succeeded()
    assert circuit.is_open


@pytest.mark.parametrize(("error", "pauses"), [(AWAY, UNREACHABLE), (FAULT, REFUSED), (NO_LOGIN, LOGIN)])
async def test_pauses_grow_and_end_somewhere(error: MailError, pauses: tuple[float, float]) -> None:
    tries = 0

    async def still() -> MailError | None:
        nonlocal tries
        tries += 1
        return error if error.stage in ("connect", "login") else AWAY

    circuit = Circuit(still, shorten=1e6, jitter=lambda: 0.5)
    refuse(circuit, error, 5)
    waited = [await circuit._turn() * 1e6 for _ in range(12)]
    assert (waited[0], waited[-1]) == pauses
    assert waited == sorted(waited)
    assert tries == 11
