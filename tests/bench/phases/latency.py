"""Bookings at a steady rate: how long until the mail."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.bench.figures import Latency
from tests.bench.sitting import Sitting
from tests.bench.wire import pace


@dataclass(frozen=True, slots=True)
class AtRate:
    """`rate` in bookings a second, for `load` seconds."""

    rate: int
    load: float = 8.0

    @property
    def name(self) -> str:
        return f"latency{self.rate}"

    @property
    def seconds(self) -> float:
        return self.load + 1.5

    async def prepare(self, sitting: Sitting) -> None:
        await sitting.work()

    async def measure(self, sitting: Sitting) -> Mapping[str, float]:
        """Milliseconds from the request that is sent to its mail (`sent_…`), from the answer to the mail (`accepted_…`;
        below 0 where the mail came first), and from the request to the answer (`answer_…`)."""
        answers = await pace(sitting.running.urls, sitting.requests, per_second=self.rate, seconds=self.load)
        count = len(answers.seconds)
        unsent = count - sitting.servers.sink.count()
        missing = await sitting.arrive(count)
        arrived = sitting.servers.sink.arrived()
        known = [key for key in answers.asked if key in arrived]
        sent = Latency.of([arrived[key] - answers.asked[key] for key in known])
        accepted = Latency.of([arrived[key] - answers.answered[key] for key in known])
        answer = answers.latency
        return {
            "mails": count,
            "rate": count / answers.took,
            "sent_p50": sent.p50,
            "sent_p99": sent.p99,
            "accepted_p50": accepted.p50,
            "accepted_p99": accepted.p99,
            "answer_p50": answer.p50,
            "answer_p99": answer.p99,
            "unsent": unsent,
            "missing": missing,
        }
