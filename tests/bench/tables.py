"""The tables of the results, in Markdown."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from tests.bench.contenders import US
from tests.bench.cpu import CLIENTS, MEASURED
from tests.bench.figures import Spread, brief, ratios, table
from tests.bench.results import Results
from tests.bench.targets import verdicts

_VERDICTS: Final = {True: "reached", False: "**missed**", None: "not measured"}


def targets(results: Results, *, measured_only: bool = False) -> str:
    rows = [
        [each.subject, each.target, each.value, _VERDICTS[each.reached]]
        for each in verdicts(results)
        if each.reached is not None or not measured_only
    ]
    return table(["", "target", "measured", ""], rows)


def post(results: Results) -> str:
    head = ["who", "POST/s", "p50, ms", "p99, ms", "booked and mailed/s", "unsent at the end", "sent s later"]
    columns = ("rate", "p50", "p99", "through", "unsent", "behind")
    rows = [[name, *_spreads(results, "post", name, columns)] for name in results.names("post")]
    return table(head, rows)


def beside_us(results: Results) -> str:
    """Ratios of each round: Punctual's figure divided by that of another one."""
    head = ["Punctual beside", "POST/s", "p99", "booked and mailed/s", "drain", "CPU"]
    rows = []
    for name in results.names("post"):
        if name == US.name:
            continue
        of_post = (
            ratios(results.figures("post", US.name, figure), results.figures("post", name, figure))
            for figure in ("rate", "p99", "through")
        )
        drained = ratios(results.figures("drain", US.name, "rate"), results.figures("drain", name, "rate"))
        cpu = ratios(results.cpu("post", US.name, MEASURED), results.cpu("post", name, MEASURED))
        rows.append([name, *of_post, drained, cpu])
    return table(head, rows)


def latency(results: Results, rate: int) -> str:
    phase = f"latency{rate}"
    head = [
        "who",
        "sent → mail: p50, ms",
        "p99",
        "accepted → mail: p50, ms",
        "p99",
        "sent → accepted: p50, ms",
        "unsent",
    ]
    columns = ("sent_p50", "sent_p99", "accepted_p50", "accepted_p99", "answer_p50", "unsent")
    return table(head, [[name, *_spreads(results, phase, name, columns)] for name in results.names(phase)])


def drain(results: Results) -> str:
    return table(
        ["who", "mails/s"], [[name, *_spreads(results, "drain", name, ["rate"])] for name in results.names("drain")]
    )


def cpu(results: Results) -> str:
    """Of the phase `post`, milliseconds a booking and its mail."""

    def part(name: str, parts: Iterable[str]) -> Spread:
        return Spread.of(list(results.cpu("post", name, parts).values()))

    head = ["who", *MEASURED, "together", *(f"({each})" for each in (*CLIENTS, "kernel", "strangers"))]
    rows = []
    for name in results.names("post"):
        single = (brief(part(name, [each]).median) for each in MEASURED)
        others = (brief(part(name, [each]).median) for each in (*CLIENTS, "kernel", "strangers"))
        rows.append([name, *single, part(name, MEASURED), *others])
    return table(head, rows)


def sizes(results: Results) -> str:
    """Memory and the size of a mail, by medians."""
    columns = ("memory_api", "memory_worker", "size")
    rows = []
    for name in results.names("post"):
        api, worker, size = (each.median for each in _spreads(results, "post", name, columns))
        rows.append([name, brief(api), brief(worker), brief(size / 1000)])
    return table(["who", "API, MiB", "worker, MiB", "a mail, kB"], rows)


def pairs(results: Results, phase: str) -> str:
    """The phases that hold one state of Punctual against another: shapes and histories."""
    columns = ("rate", "p99", "through")
    first, *_ = results.names(phase)
    base = results.figures(phase, first, "through")
    rows = [
        [
            name,
            *_spreads(results, phase, name, columns),
            Spread.of(list(results.cpu(phase, name, MEASURED).values())),
            ratios(results.figures(phase, name, "through"), base),
        ]
        for name in sorted(results.names(phase), key=lambda name: name != first)
    ]
    return table(["", "POST/s", "p99, ms", "booked and mailed/s", "CPU, ms", f"beside {first}"], rows)


def reminders(results: Results) -> str:
    head = ["who", "late: p50, ms", "p99", "most", "missing", "worker, MiB"]
    columns = ("late_p50", "late_p99", "late_most", "missing", "memory_worker")
    return table(head, [[name, *_spreads(results, "reminders", name, columns)] for name in results.names("reminders")])


def single(results: Results, phase: str, rows: Sequence[tuple[str, str]]) -> str:
    """A phase of Punctual alone: a row a figure. `rows`: caption and figure."""
    values: Callable[[str], Spread] = lambda figure: _spreads(results, phase, US.name, [figure])[0]  # noqa: E731
    return table(["", ""], [[caption, values(figure)] for caption, figure in rows])


def _spreads(results: Results, phase: str, name: str, columns: Sequence[str]) -> list[Spread]:
    return [Spread.of(list(results.figures(phase, name, column).values())) for column in columns]
