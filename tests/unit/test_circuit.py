"""The circuit: when the mail server counts as away, and how mails return."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from notifier_service.email.circuit import CLOSED_AT, THRESHOLD, Circuit
from tests.support.waiting import eventually


@asynccontextmanager
async def a_circuit(probe: Callable[[], Awaitable[bool]]) -> AsyncIterator[Circuit]:
    circuit = Circuit(probe, probe_every=0.001)
    running = asyncio.create_task(circuit.run())
    yield circuit
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def never() -> bool:
    return False


async def at_once() -> bool:
    return True


def open_up(circuit: Circuit) -> None:
    for _ in range(THRESHOLD):
        circuit.failed()


async def test_it_opens_after_failures_in_a_row_only() -> None:
    async with a_circuit(never) as circuit:
        for _ in range(5):
            for _ in range(THRESHOLD - 1):
                circuit.failed()
            circuit.succeeded()
        assert not circuit.is_open
        open_up(circuit)
        assert circuit.is_open


async def test_parked_mails_wait_longer_the_longer_it_lasts_and_are_spread() -> None:
    now = 0.0
    spread = iter([0.0, 0.999, 0.5, 0.5])
    circuit = Circuit(never, clock=lambda: now, jitter=lambda: next(spread))
    open_up(circuit)
    assert (circuit.park_for(), round(circuit.park_for())) == (1.0, 3)
    now = 60
    assert circuit.park_for() == 30.0
    now = 3600
    assert circuit.park_for() == 40.0


async def test_after_a_probe_mails_go_one_at_a_time_and_then_more() -> None:
    async with a_circuit(at_once) as circuit:
        open_up(circuit)
        await eventually(lambda: not circuit.is_open)
        under_way = most = 0
        seen: list[int] = []

        async def send() -> None:
            nonlocal under_way, most
            async with circuit.permit():
                under_way += 1
                most = max(most, under_way)
                seen.append(under_way)
                await asyncio.sleep(0)
                under_way -= 1
                circuit.succeeded()

        await asyncio.gather(*(send() for _ in range(CLOSED_AT)))
        assert seen[0] == 1
        assert 1 < most <= CLOSED_AT


async def test_a_failure_on_the_ramp_opens_it_again_at_once() -> None:
    answers = iter([True])

    async def once() -> bool:
        return next(answers, False)

    async with a_circuit(once) as circuit:
        open_up(circuit)
        await eventually(lambda: not circuit.is_open)
        circuit.failed()
        assert circuit.is_open
        async with circuit.permit():
            assert circuit.is_open  # whoever waited finds it open, and parks
