"""The sentences of the verdict: one for each situation, the worst first, and none that is not so."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api_service.ops.core.signs import ParkedFinding, RetriedJobs, Signs
from api_service.ops.core.verdict import Level, judged, unattended
from shared.jobs.model import Priority
from shared.jobs.process_heartbeats import Process, ProcessState, Role
from shared.jobs.work_queues import WorkQueue, work_queues

DOCUMENT: Final = Path(__file__).parents[5] / "docs" / "operations-dashboard.md"
LEVELS: Final = re.compile(r"\| (good|warning|bad) \| ")
NOW: Final = datetime(2027, 1, 5, 12, 0, tzinfo=UTC)
BOTH: Final = ("notifications.high", "notifications.normal")
NOTIFIER: Final = Process(
    role=Role.NOTIFIER,
    process="vm:1",
    host="vm",
    version="1",
    state=ProcessState.SERVING,
    slots=8,
    in_flight=0,
    consumes=BOTH,
    loops=(),
    broker=None,
    mail_server=None,
    clock_ahead=0.0,
    started_at=NOW - timedelta(hours=1),
    seen_at=NOW,
    silent_for=1.0,
)
RELAY: Final = replace(NOTIFIER, role=Role.RELAY, process="vm:2", consumes=())
WELL: Final = Signs(NOW, processes=(NOTIFIER, RELAY), sent_last_hour=10, last_sent=NOW)
AWAY: Final = ParkedFinding(3, NOW - timedelta(minutes=5), "the mail server is away")


def with_notifier(**changes: Any) -> dict[str, Any]:
    return {"processes": (replace(NOTIFIER, **changes), RELAY)}


SITUATIONS: Final[list[tuple[dict[str, Any], Level, str]]] = [
    ({}, Level.GOOD, "Mail is going out: 10 sent in the last hour. Nothing is due."),
    ({"oldest": {Priority.HIGH: 20.0}}, Level.GOOD, "The oldest due job has waited 20 s."),
    ({"sent_last_hour": 0}, Level.GOOD, "Mail can go out. Nothing is due. The last mail went out now."),
    ({"sent_last_hour": 0, "last_sent": None}, Level.GOOD, "Nothing is due. None has gone out yet."),
    ({"lacks": "0030_x"}, Level.BAD, "The database's schema is old: it lacks 0030_x. `api-service migrate` brings it"),
    ({"writable": False}, Level.BAD, "No mail goes out: the database takes no writes."),
    ({"processes": ()}, Level.BAD, "No mail goes out: no notifier is running. Nothing is due."),
    ({"queues": ()}, Level.GOOD, "Mail is going out: 10 sent in the last hour. Nothing is due."),
    (
        with_notifier(consumes=("notifications.high.1", "notifications.normal.1", "notifications.normal.2"))
        | {"queues": work_queues(2)},
        Level.BAD,
        "Nobody takes messages from the queue high.2: the notifier vm:1 does not take messages from it yet.",
    ),
    (
        {"paused_shards": (WorkQueue(Priority.HIGH, 2),)},
        Level.WARNING,
        "Mail is held back: the queue high.2 is paused.",
    ),
    (with_notifier(silent_for=40.0), Level.BAD, "No mail goes out: the notifier vm:1 has been silent for 40 s."),
    (
        with_notifier(silent_for=40.0) | {"retrying": RetriedJobs(14, "SMTP 451"), "oldest": {Priority.HIGH: 300.0}},
        Level.BAD,
        "The oldest due job has waited 5 min, 14 jobs are tried again.",
    ),
    (
        with_notifier(silent_for=40.0)
        | {"retrying": RetriedJobs(1_000, "SMTP 451"), "parked": replace(AWAY, jobs=1_000)},
        Level.BAD,
        "1,000 jobs or more are tried again, 1,000 mails or more are parked, the first for 5 min.",
    ),
    (
        with_notifier(consumes=(), broker="connection refused"),
        Level.BAD,
        "No mail goes out: the notifier vm:1 does not reach RabbitMQ (connection refused).",
    ),
    (with_notifier(state=ProcessState.STOPPING), Level.BAD, "No mail goes out: the notifier vm:1 is stopping."),
    (
        with_notifier(consumes=BOTH[:1]),
        Level.BAD,
        "Nobody takes messages from the queue normal: the notifier vm:1 does not take messages from it yet.",
    ),
    (
        with_notifier(state=ProcessState.STANDING_STILL, loops=("ledger",)),
        Level.BAD,
        "The notifier vm:1 is stuck: the loop ledger stands still.",
    ),
    (
        with_notifier(mail_server="the mail server refuses our login") | {"parked": AWAY},
        Level.BAD,
        "Mail waits: the mail server refuses our login. 3 mails are parked, the first for 5 min.",
    ),
    (
        {"parked": AWAY},
        Level.WARNING,
        "3 mails were parked because the mail server is away, the first 5 min ago. They go out again a few at a time.",
    ),
    ({"processes": (NOTIFIER,)}, Level.BAD, "Nobody hands due jobs to RabbitMQ: no relay is running."),
    (
        {"processes": (NOTIFIER, replace(RELAY, broker="connection refused"))},
        Level.BAD,
        "No job reaches RabbitMQ: connection refused.",
    ),
    ({"paused": (Priority.HIGH,)}, Level.WARNING, "Mail is held back: the queue high is paused. Nothing is due."),
    (
        {"paused": tuple(Priority), "oldest": {Priority.HIGH: 90.0}},
        Level.WARNING,
        "Mail is held back: the queues high and normal are paused. The oldest due job has waited 1 min.",
    ),
    ({"oldest": {Priority.NORMAL: 90.0}}, Level.WARNING, "Mail is late: the oldest due job has waited 1 min."),
    (
        {"retrying": RetriedJobs(14, "SMTP 451 4.3.0")},
        Level.WARNING,
        "14 jobs failed and are tried again, most of them after “SMTP 451 4.3.0”.",
    ),
    (with_notifier(clock_ahead=90.0), Level.WARNING, "Clocks are apart: the notifier vm:1 is 1 min ahead of the"),
    ({"clock_ahead": -3.0}, Level.WARNING, "Clocks are apart: this API is 3.0 s behind the database's."),
    (
        {"processes": (NOTIFIER, RELAY, replace(NOTIFIER, process="vm:3", silent_for=60.0))},
        Level.WARNING,
        "The notifier vm:3 has been silent for 1 min; others do its work.",
    ),
    ({"failed_last_hour": 2}, Level.WARNING, "2 jobs failed in the last hour; 10 were sent."),
]


@pytest.mark.parametrize(("changes", "level", "words"), SITUATIONS, ids=lambda value: str(value)[:40])
def test_each_situation_has_its_sentence(changes: dict[str, Any], level: Level, words: str) -> None:
    found = judged(replace(WELL, **changes))
    assert (found.level, found.more if level is Level.GOOD else ()) == (level, ())
    assert words in found.sentence


BAD: Final = [changes for changes, level, _ in SITUATIONS if level is Level.BAD]
WARNING: Final = [changes for changes, level, _ in SITUATIONS if level is Level.WARNING and "processes" not in changes]


@given(st.sampled_from(BAD), st.lists(st.sampled_from(WARNING), max_size=4))
def test_the_worst_comes_first_and_the_rest_is_said_too(bad: dict[str, Any], less: list[dict[str, Any]]) -> None:
    lesser = {name: value for each in less for name, value in each.items() if not name.startswith("paused")}
    found = judged(replace(WELL, **(bad | lesser)))
    assert found.level is Level.BAD
    alone = judged(replace(WELL, **lesser))
    others = [alone.sentence, *alone.more] if alone.level is Level.WARNING else []
    missing = [each for each in others if each not in found.more]
    assert all(each.startswith(("Mail is late", "3 mails were parked")) for each in missing)
    assert all(each.endswith(".") for each in (found.sentence, *found.more))


def test_the_table_in_the_documentation_has_every_sentence_and_no_other() -> None:
    rows = [line.strip("|\n ").split(" | ") for line in DOCUMENT.read_text("utf-8").splitlines() if LEVELS.search(line)]
    patterns = {
        row[-1]: (row[-2].strip("| "), re.compile(".*".join(map(re.escape, row[-1].split("…"))))) for row in rows
    }
    assert len(patterns) > 15
    unused = set(patterns)
    for changes, level, _ in SITUATIONS:
        sentence = judged(replace(WELL, **changes)).sentence
        met = {name for name, (of, pattern) in patterns.items() if of == level and pattern.fullmatch(sentence)}
        assert met, sentence
        unused -= met
    assert not unused


def test_a_queue_that_is_paused_is_not_called_unattended() -> None:
    waits = replace(WELL, **with_notifier(consumes=BOTH[:1]), paused=(Priority.NORMAL,))
    found = judged(waits)
    assert (found.level, found.more) == (Level.WARNING, [])


def test_a_process_that_was_replaced_long_ago_is_not_mentioned() -> None:
    old = replace(NOTIFIER, process="vm:0", silent_for=1800.0)
    assert judged(replace(WELL, processes=(NOTIFIER, RELAY, old))).level is Level.GOOD


def test_notifiers_of_an_older_release_are_known_by_their_claims() -> None:
    assert judged(replace(WELL, processes=(RELAY,), claimed=2.0)).level is Level.GOOD
    assert judged(replace(WELL, processes=(RELAY,), claimed=60.0)).level is Level.BAD


def test_a_queue_is_unattended_for_a_reason_or_not_at_all() -> None:
    assert unattended(WELL, BOTH[0]) is None
    assert unattended(replace(WELL, processes=()), BOTH[0]) == "no notifier is running"
