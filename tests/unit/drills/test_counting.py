"""What the drills complain of: a count that sees nothing would make every drill green."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.drills.arena import Result
from tests.drills.complaints import Complaint, Kind
from tests.drills.controls import CONTROLS
from tests.drills.count import Count, Expected, halves, judged
from tests.drills.load import Answers, Change
from tests.drills.service_logs import errors_in

NOON = datetime(2027, 1, 5, 12, tzinfo=UTC)
TOLD: Mapping[str, Any] = {
    "id": "j",
    "kind": "appointment_reminder",
    "appointment_id": "a",
    "state": "succeeded",
    "error": "",
    "reason": None,
    "created_at": NOON - timedelta(hours=1),
    "told": True,
    "changed": False,
    "reminds_at": NOON,
    "successes": 1,
    "workers_lost": 0,
    "answers_lost": 0,
    "poisonous": 0,
    "last_began": NOON,
}
WHOLE: Mapping[str, Any] = {
    "id": "a",
    "status": "booked",
    "changed": False,
    "created": 1,
    "reminders": 1,
    "cancellations": 0,
    "others": 0,
}


def _kinds(row: Mapping[str, Any], mails: int, expected: Expected, answers: Answers) -> list[Kind]:
    came = [NOON + timedelta(milliseconds=20 * number) for number in range(mails)]
    return [each.kind for each in judged({**TOLD, **row}, came, answers, expected)]


@pytest.mark.parametrize(
    ("row", "mails", "kinds"),
    [
        ({}, 1, []),
        ({}, 0, [Kind.LOST]),
        ({"told": False}, 1, [Kind.LOST]),
        ({"state": "enqueued", "successes": 0}, 0, [Kind.STUCK]),
        ({"state": "failed", "successes": 0, "error": "550 no such user"}, 0, [Kind.LOST]),
        ({"state": "skipped", "successes": 0, "reason": "its time had passed when it was booked"}, 0, []),
        ({"state": "skipped", "successes": 0, "reason": "address suppressed"}, 0, [Kind.LOST]),
        ({"state": "cancelled", "successes": 0}, 0, [Kind.LOST]),
        ({"state": "cancelled", "successes": 0, "changed": True}, 0, []),
        ({}, 2, [Kind.TWICE]),
        ({"workers_lost": 1}, 2, []),
        ({"answers_lost": 1}, 2, []),
        ({"answers_lost": 1}, 3, [Kind.TWICE]),
        ({"successes": 2}, 2, [Kind.TWICE]),
        ({"poisonous": 1}, 1, [Kind.LOST]),
        ({"reminds_at": NOON + timedelta(seconds=2)}, 1, [Kind.EARLY]),
    ],
)
def test_a_job_is_judged_by_its_end_and_its_mails(row: Mapping[str, Any], mails: int, kinds: list[Kind]) -> None:
    assert _kinds(row, mails, Expected(), Answers()) == kinds


def test_a_failure_is_right_only_where_the_drill_says_so() -> None:
    row = {"state": "failed", "successes": 0, "error": "possibly sent"}
    assert _kinds(row, 1, Expected(may_fail="possibly sent"), Answers()) == [Kind.TWICE]  # no attempt explains it
    assert _kinds(row | {"workers_lost": 1}, 1, Expected(may_fail="possibly sent"), Answers()) == []


@pytest.mark.parametrize(
    ("kills", "lost", "error", "right"),
    [
        (True, 3, "worker lost: its lease expired", True),
        (True, 2, "worker lost: its lease expired", False),
        (True, 3, "550 no such user", False),
        (False, 3, "worker lost: its lease expired", False),
    ],
)
def test_three_lost_workers_fail_a_job_only_where_the_drill_kills_them(
    kills: bool, lost: int, error: str, right: bool
) -> None:
    row = {"state": "failed", "successes": 0, "error": error, "workers_lost": lost}
    assert _kinds(row, 0, Expected(kills_workers=kills), Answers()) == ([] if right else [Kind.LOST])


def test_a_reminder_is_late_only_where_the_drill_says_so() -> None:
    row = {"reminds_at": NOON - timedelta(seconds=9)}
    assert _kinds(row, 1, Expected(), Answers()) == []
    assert _kinds(row, 1, Expected(late=5.0), Answers()) == [Kind.LATE]


def test_a_mail_after_the_client_was_told_otherwise_is_stale() -> None:
    told = Answers(changed={"a": Change(NOON - timedelta(seconds=2), NOON - timedelta(seconds=1), "cancelled")})
    assert _kinds({"changed": True, "reminds_at": None}, 1, Expected(), told) == [Kind.STALE]
    assert _kinds({"changed": True, "reminds_at": None, "created_at": NOON}, 1, Expected(), told) == []


@pytest.mark.parametrize(
    ("row", "whole"),
    [
        ({}, True),
        ({"created": 0, "reminders": 0}, False),
        ({"reminders": 2}, False),
        ({"reminders": 2, "others": 1, "changed": True}, True),
        ({"status": "cancelled", "changed": True}, False),
        ({"status": "cancelled", "changed": True, "cancellations": 1, "others": 1}, True),
    ],
)
def test_an_appointment_has_the_jobs_that_its_life_calls_for(row: Mapping[str, Any], whole: bool) -> None:
    assert (not list(halves({**WHOLE, **row}))) is whole


def test_only_200_and_503_with_retry_after_are_right_answers() -> None:
    answers = Answers()
    answers.refuse(503, "2")
    assert not answers.wrong
    answers.refuse(503, None)
    answers.refuse(500, "2")
    assert (answers.refused, sorted(answers.wrong)) == (3, ["500", "503 without Retry-After"])


def test_errors_and_tracebacks_in_logs_are_seen(tmp_path: Path) -> None:
    log = tmp_path / "api0.log"
    log.write_text(
        '{"level":"info","event":"fine"}\n'
        '{"level":"warning","event":"odd","exception":"  File x\\nbuiltins.KeyError"}\n'
        '{"level":"error","event":"page failed"}\n'
        '{"level":"error","event":"page failed"}\n'
        '{"level":"error","event":"dead letter recorded"}\n'
        "Traceback (most recent call last):\n"
    )
    assert [each.text for each in errors_in([log], ["dead letter recorded"])] == [
        "2x error: page failed",
        "1x warning: odd (builtins.KeyError)",
        "1x Traceback (most recent call last):",
    ]


def test_a_control_is_seen_only_by_its_own_complaint_beside_a_green_twin() -> None:
    control = CONTROLS[0]
    own, other = Complaint(control.brings[0], "…"), Complaint(Kind.LOG, "…")
    green = _result(control.twin.name)
    assert control.unseen(_result("!", own, own, other), green) is None
    assert control.unseen(_result("!"), green) is not None
    assert control.unseen(_result("!", own, other, other), green) is not None
    assert control.unseen(_result("!", own), _result(control.twin.name, other)) is not None
    assert control.is_twin(green)
    assert not control.is_twin(_result("another"))


def _result(name: str, *complaints: Complaint) -> Result:
    return Result(name, Count(100, 0, 0, 0, (), ()), 1, 0, 3.0, (), complaints)
