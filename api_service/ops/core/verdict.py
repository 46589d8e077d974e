"""Says in sentences whether mail is going out, and if not, why. Pure; docs/operations-dashboard.md has the table."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from api_service.ops.core.signs import ParkedFinding, Signs
from api_service.ops.core.wording import ago, plural, span
from shared.jobs.process_heartbeats import SILENT, Process, ProcessState, Role
from shared.jobs.work_queues import WorkQueue, work_queues

NEWLY_SILENT: Final = 600.0
"""Seconds for which a silent process is mentioned while others do its work; then it is taken for replaced."""
LATE: Final = 60.0
"""Seconds that a due job may wait before it is worth a word."""
MANY_RETRYING: Final = 10
"""Jobs that are tried again at once before it is worth a word."""
MOST: Final = 1_000
"""Retried jobs, and parked mails, that are counted (sql/health.sql)."""
CLOCKS_APART: Final = 2.0
"""Seconds that a clock may differ from the database's; reminders should leave on the second."""


class Level(StrEnum):
    """How bad it is."""

    GOOD = "good"
    WARNING = "warning"  # mail goes out, or somebody has stopped it on purpose
    BAD = "bad"  # mail does not go out, or will not


@dataclass(frozen=True, slots=True)
class Finding:
    level: Level
    sentence: str


@dataclass(frozen=True, slots=True)
class HealthVerdict:
    """The worst finding first; `more` are the others, each true as well."""

    level: Level
    sentence: str
    more: Sequence[str] = ()


def judged(signs: Signs) -> HealthVerdict:
    """The verdict.

    >>> from datetime import UTC, datetime
    >>> judged(Signs(datetime(2027, 1, 5, tzinfo=UTC))).sentence
    'No mail goes out: no notifier is running. Nothing is due.'
    """
    found = sorted((each for rule in _RULES for each in rule(signs)), key=lambda each: each.level is not Level.BAD)
    if not found or found[0].level is not Level.BAD:  # a bad one says what waits itself
        found += _late(signs)
    if found:
        return HealthVerdict(found[0].level, found[0].sentence, [each.sentence for each in found[1:]])
    return HealthVerdict(Level.GOOD, _all_well(signs))


def unattended(signs: Signs, queue: str) -> str | None:
    """Why nobody takes messages from a queue; None while somebody does."""
    serving = signs.of(Role.NOTIFIER)
    if any(queue in each.consumes and each.state is not ProcessState.STOPPING for each in serving):
        return None
    for each in serving:
        if each.broker is not None:
            return f"{_name(each)} does not reach RabbitMQ ({each.broker})"
    for each in serving:
        if each.state is ProcessState.STOPPING:
            return f"{_name(each)} is stopping"
    if serving:
        return f"{_name(serving[0])} does not take messages from it yet"
    for each in signs.processes:
        if each.role is Role.NOTIFIER:
            return f"{_name(each)} has been silent for {span(each.silent_for)}"
    return "no notifier is running"


def _schema(signs: Signs) -> Iterator[Finding]:
    if signs.lacks is not None:
        yield Finding(
            Level.BAD,
            f"The database's schema is old: it lacks {signs.lacks}. `api-service migrate` brings it up to date.",
        )


def _read_only(signs: Signs) -> Iterator[Finding]:
    if not signs.writable:
        yield Finding(Level.BAD, f"No mail goes out: the database takes no writes. {_waits(signs)}")


def _nobody(signs: Signs) -> Iterator[Finding]:
    """No notifier takes messages. Notifiers of an older release send no heartbeats: a claim shows that they live."""
    if signs.claimed is not None and signs.claimed <= SILENT and not _of_role(signs, Role.NOTIFIER):
        return
    why = {queue: unattended(signs, queue.name) for queue in signs.queues or work_queues(1)}
    held = {queue for queue in why if _is_held(queue, signs)} if signs.of(Role.NOTIFIER) else set()
    idle = {queue: words for queue, words in why.items() if words is not None and queue not in held}
    if len(idle) == len(why):
        yield Finding(Level.BAD, f"No mail goes out: {next(iter(idle.values()))}. {_waits(signs)}")
    else:
        for queue, words in idle.items():
            yield Finding(Level.BAD, f"Nobody takes messages from the queue {queue.key}: {words}. {_waits(signs)}")


def _is_held(queue: WorkQueue, signs: Signs) -> bool:
    return queue.priority in signs.paused or queue in signs.paused_shards


def _no_relay(signs: Signs) -> Iterator[Finding]:
    relays = signs.of(Role.RELAY)
    if any(each.broker is None for each in relays) or not signs.processes:
        return
    if relays:
        yield Finding(Level.BAD, f"No job reaches RabbitMQ: {relays[0].broker}. {_waits(signs)}")
    else:
        yield Finding(Level.BAD, f"Nobody hands due jobs to RabbitMQ: no relay is running. {_waits(signs)}")


def _mail_server(signs: Signs) -> Iterator[Finding]:
    serving, parked = signs.of(Role.NOTIFIER), signs.parked
    away = [each for each in serving if each.mail_server is not None]
    if away:
        yield Finding(Level.BAD, f"Mail waits: {away[0].mail_server}. {_waits(signs)}")
    elif parked is not None and serving:
        verb = "was" if parked.jobs == 1 else "were"
        first = "" if parked.jobs == 1 else ", the first"
        since = f"{first} {_parked_for(signs, parked)} ago"
        mails = f"{_bounded(parked.jobs, 'mail')} {verb} parked because {parked.why}{since}"
        yield Finding(Level.WARNING, f"{mails}. They go out again a few at a time.")


def _paused(signs: Signs) -> Iterator[Finding]:
    paused = [*map(str, signs.paused), *(queue.key for queue in signs.paused_shards)]
    if paused:
        verb = "queue {} is" if len(paused) == 1 else "queues {} are"
        names = " and ".join(sorted(paused))
        yield Finding(Level.WARNING, f"Mail is held back: the {verb.format(names)} paused. {_waits(signs)}")


def _stalled(signs: Signs) -> Iterator[Finding]:
    for each in signs.processes:
        if each.state is ProcessState.STANDING_STILL and not each.is_silent:
            verb = "the loop {} stands" if len(each.loops) == 1 else "the loops {} stand"
            names = " and ".join(each.loops)
            yield Finding(Level.BAD, f"{_name(each, first=True)} is stuck: {verb.format(names)} still.")


def _late(signs: Signs) -> Iterator[Finding]:
    """In the queues that run."""
    oldest = signs.oldest or {}
    held = {*signs.paused, *(queue.priority for queue in signs.paused_shards)}
    if any(age >= LATE for priority, age in oldest.items() if priority not in held):
        yield Finding(Level.WARNING, f"Mail is late: {_waits(signs, first=False)}.")


def _retrying(signs: Signs) -> Iterator[Finding]:
    if signs.retrying.jobs >= MANY_RETRYING:
        cause = f", most of them after “{signs.retrying.cause}”" if signs.retrying.cause else ""
        yield Finding(Level.WARNING, f"{_bounded(signs.retrying.jobs, 'job')} failed and are tried again{cause}.")


def _silent(signs: Signs) -> Iterator[Finding]:
    """Whoever fell silent of late, while others do its work."""
    for each in signs.processes:
        if each.is_silent and each.silent_for <= NEWLY_SILENT and signs.of(each.role):
            yield Finding(
                Level.WARNING,
                f"{_name(each, first=True)} has been silent for {span(each.silent_for)}; others do its work.",
            )


def _clocks(signs: Signs) -> Iterator[Finding]:
    ahead = {_name(each): each.clock_ahead for each in signs.processes if not each.is_silent}
    for name, seconds in ({"this API": signs.clock_ahead} | ahead).items():
        if abs(seconds) > CLOCKS_APART:
            which = "ahead of" if seconds > 0 else "behind"
            yield Finding(
                Level.WARNING,
                f"Clocks are apart: {name} is {span(abs(seconds))} {which} the database's.",
            )


def _failed(signs: Signs) -> Iterator[Finding]:
    if signs.failed_last_hour:
        failed = plural(signs.failed_last_hour, "job")
        yield Finding(Level.WARNING, f"{failed} failed in the last hour; {signs.sent_last_hour:,} were sent.")


_RULES: Final[Sequence[Callable[[Signs], Iterator[Finding]]]] = (
    _schema,
    _read_only,
    _nobody,
    _no_relay,
    _mail_server,
    _stalled,
    _paused,
    _retrying,
    _clocks,
    _silent,
    _failed,
)
"""In the order in which they are named, the bad ones first."""


def _all_well(signs: Signs) -> str:
    if signs.sent_last_hour:
        return f"Mail is going out: {signs.sent_last_hour:,} sent in the last hour. {_waits(signs)}"
    last = f"The last mail went out {ago(signs.last_sent, signs.now)}." if signs.last_sent else "None has gone out yet."
    return f"Mail can go out. {_waits(signs)} {last}"


def _waits(signs: Signs, *, first: bool = True) -> str:
    """What waits, as a sentence, or (`first` is False) as the end of one."""
    parts = []
    if signs.waited >= 1:
        parts.append(f"the oldest due job has waited {span(signs.waited)}")
    if signs.retrying.jobs:
        parts.append(
            f"{_bounded(signs.retrying.jobs, 'job')} {'is' if signs.retrying.jobs == 1 else 'are'} tried again"
        )
    if signs.parked is not None:
        verb = "is parked" if signs.parked.jobs == 1 else "are parked, the first"
        parts.append(f"{_bounded(signs.parked.jobs, 'mail')} {verb} for {_parked_for(signs, signs.parked)}")
    words = ", ".join(parts) or "nothing is due"
    return f"{words[0].upper()}{words[1:]}." if first else words


def _bounded(count: int, word: str) -> str:
    """A number that was counted no further than MOST."""
    return f"{plural(count, word)}{' or more' if count >= MOST else ''}"


def _parked_for(signs: Signs, parked: ParkedFinding) -> str:
    """How long the mail that was parked first has been parked: not how long the mail server has been away."""
    return span((signs.now - parked.since).total_seconds())


def _of_role(signs: Signs, role: Role) -> list[Process]:
    return [each for each in signs.processes if each.role is role]


def _name(process: Process, *, first: bool = False) -> str:
    return f"{'The' if first else 'the'} {process.role} {process.process}"
