"""What measuring costs: CPU time of the metrics of one booking and its mail, and of the notes that count jobs, held
against the CPU time that both services need for them. `python -m tests.bench.observability`; half a minute.

CPU time, not wall clock, wherever it can be had: it is what a busy machine leaves comparable.
"""

import asyncio
import statistics
import time

from api_service.relay import metrics as relay
from api_service.web import metrics as api
from notifier_service.channels.email.smtp import metrics as smtp
from notifier_service.consuming import metrics as notifier
from shared.database import Database
from shared.jobs import store as job_store
from shared.jobs.metrics import ATTEMPTS, FINISHED
from shared.jobs.model import Channel, Kind, Ticket
from shared.jobs.store import Finish, Outcome
from shared.process import tracing
from tests.bench.contenders import US, Punctual
from tests.bench.cpu import Spent
from tests.bench.phases.post import Post
from tests.bench.servers import Servers, connected, servers
from tests.bench.setups import Setup
from tests.bench.sitting import Places
from tests.support.factories import a_claim_request, a_job, an_appointment

ROUNDS = 9
JOBS = 1_000
BATCH = 100
KIND, CHANNEL = Kind.CREATED, Channel.EMAIL


def one_booking() -> None:
    """Every metric that one booking and its mail touch, as the code touches them."""
    api.request_duration("POST", "/api/client/appointments", 200).observe(0.004)
    relay.JOBS_CREATED.labels(KIND).inc()
    relay.JOBS_CREATED.labels(Kind.REMINDER).inc()
    with tracing.span("book", "CLIENT", db__system__name="postgresql", db__operation__name="book"):
        relay.BATCH_SIZE.observe(3)
    relay.PUBLISHED.labels(KIND, "direct").inc()
    smtp.SEND_DURATION.observe(0.002)
    ATTEMPTS.labels(KIND, "succeeded", CHANNEL).inc()
    FINISHED.labels(KIND, "succeeded", CHANNEL).inc()
    notifier.DURATION.labels(KIND, CHANNEL).observe(0.003)
    notifier.TOLD.labels(KIND, CHANNEL).observe(0.003)
    notifier.COMMIT_TO_SENT.labels(KIND, CHANNEL).observe(0.003)


def cost_of_metrics() -> float:
    """CPU microseconds a booking."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for _ in range(10_000):
            one_booking()
        rounds.append((time.process_time() - began) / 10_000 * 1e6)
    return statistics.median(rounds)


async def cpu_of_a_booking(servers: Servers) -> float:
    """CPU microseconds of both services for one booking and its mail."""
    phase = Post(load=3.0)
    async with Places(servers).sitting(Setup(US.name, US)) as sitting:
        await phase.prepare(sitting)
        before = sitting.reading()
        figures = await phase.measure(sitting)
        spent = Spent.between(before, sitting.reading(), cores=1)
    return spent.of(["api", "worker"]) / figures["mails"] * 1e6


async def cost_of_counting(servers: Servers) -> tuple[float, float]:
    """Microseconds that PostgreSQL needs to mark, claim and finish a job, without and with notes; batches of 100."""
    async with servers.place() as place:
        await Punctual().prepare(place)
        without, with_notes = [], []
        async with connected(place.database_url) as database:
            for _ in range(ROUNDS):
                await database.execute("ALTER TABLE jobs DISABLE TRIGGER USER")
                without.append(await _worked_off(database))
                await database.execute("ALTER TABLE jobs ENABLE TRIGGER USER")
                with_notes.append(await _worked_off(database))
        return statistics.median(without), statistics.median(with_notes)


async def _worked_off(database: Database) -> float:
    appointment = await an_appointment(database)
    tickets: list[Ticket] = [await a_job(database, appointment_id=appointment) for _ in range(JOBS)]
    began = time.perf_counter()
    for start in range(0, JOBS, BATCH):
        batch = tickets[start : start + BATCH]
        await job_store.mark_enqueued(database, batch)
        await job_store.claim(database, [a_claim_request(each) for each in batch], owner="w", lease=30)
        await job_store.finish(database, [Finish(each.job_id, 1, Outcome.SUCCEEDED) for each in batch], owner="w")
    return (time.perf_counter() - began) / JOBS * 1e6


async def main() -> None:
    async with servers() as started:
        measured, needed = cost_of_metrics(), await cpu_of_a_booking(started)
        without, with_notes = await cost_of_counting(started)
    print(f"metrics of one booking and its mail:       {measured:6.1f} us CPU")
    print(
        f"both services for one booking and its mail: {needed:6.0f} us CPU: metrics are {measured / needed:.2%} of it"
    )
    print(f"mark, claim, finish in PostgreSQL, a job:   {without:6.1f} us; with notes {with_notes:.1f} us")


if __name__ == "__main__":
    asyncio.run(main())
