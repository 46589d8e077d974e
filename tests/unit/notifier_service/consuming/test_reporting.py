"""What is told about the end of an attempt: how late, at whatever attempt, and what was at fault."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY

from notifier_service.channels.outcomes import Fail, Outcome, Park, Retry, Sent
from notifier_service.consuming import reporting
from shared.jobs.model import Kind, State, Ticket
from shared.jobs.store import Claimed, Finished

STEPS = (5.0, 30.0)


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"punctual_{name}", {"channel": "email"} | labels) or 0.0


def lateness() -> float:
    return REGISTRY.get_sample_value("punctual_reminder_lateness_seconds_count") or 0.0


def within(kind: Kind, le: str) -> float:
    return value("told_seconds_bucket", kind=kind, le=le)


def end(
    kind: Kind,
    outcome: Outcome,
    state: State,
    *,
    created_ago: float = 0,
    due_ago: float = 0,
    retries: int = 0,
    turn_ago: float | None = None,
) -> None:
    now = datetime.now(UTC)
    ticket = Ticket(uuid4(), retries, kind, uuid4(), now)
    claim = Claimed(
        ticket.job_id,
        attempt=retries + 1,
        retries=retries,
        created_at=now - timedelta(seconds=created_ago),
        due_at=now - timedelta(seconds=due_ago),
        published_at=None,
        started_at=now,
        not_before=None if turn_ago is None else now - timedelta(seconds=turn_ago),
    )
    reporting.ended(ticket, claim, outcome, Finished(ticket, state), retry_steps=STEPS)


def test_a_confirmation_counts_from_its_commit_at_whatever_attempt() -> None:
    before, in_time = within(Kind.CREATED, "+Inf"), within(Kind.CREATED, "60.0")
    end(Kind.CREATED, Sent(250), State.SUCCEEDED, created_ago=20, retries=2)
    end(Kind.CREATED, Sent(250), State.SUCCEEDED, created_ago=90, retries=2)
    assert (within(Kind.CREATED, "+Inf"), within(Kind.CREATED, "60.0")) == (before + 2, in_time + 1)


def test_a_retried_reminder_is_as_late_as_its_backoff_although_its_due_time_has_moved() -> None:
    at_once, within_30, within_60 = (within(Kind.REMINDER, le) for le in ("1.0", "30.0", "60.0"))
    first_attempts = lateness()
    end(Kind.REMINDER, Sent(250), State.SUCCEEDED, due_ago=0.2, retries=2)
    assert within(Kind.REMINDER, "1.0") == at_once
    assert within(Kind.REMINDER, "30.0") == within_30
    assert within(Kind.REMINDER, "60.0") == within_60 + 1
    assert lateness() == first_attempts
    end(Kind.REMINDER, Sent(250), State.SUCCEEDED, due_ago=0.2)
    assert within(Kind.REMINDER, "1.0") == at_once + 1
    assert lateness() == first_attempts + 1


def test_a_mail_that_waited_for_the_turn_of_its_address_counts_from_its_turn() -> None:
    in_time = within(Kind.CREATED, "60.0")
    end(Kind.CREATED, Sent(250), State.SUCCEEDED, created_ago=1800, retries=1, turn_ago=2)
    assert within(Kind.CREATED, "60.0") == in_time + 1


@pytest.mark.parametrize(
    ("outcome", "state", "label", "reason"),
    [
        (Retry("451 later", 451, "message"), State.RETRYING, "retrying", "message"),
        (Retry("451 later", 451, "message"), State.FAILED, "failed", "message"),
        (Fail("550 no such user", 550, "recipient"), State.FAILED, "failed", "recipient"),
        (Fail("no address", at_fault="address"), State.FAILED, "failed", "address"),
        (Fail("KeyError: 'x'"), State.FAILED, "failed", "handler"),
        (Park(3.0, "away"), State.SCHEDULED, "parked", "server"),
        (Retry("451 later", 451, "message"), State.CANCELLED, "cancelled", "message"),
    ],
)
def test_what_was_at_fault_is_counted_by_what_became_of_the_job(
    outcome: Outcome, state: State, label: str, reason: str
) -> None:
    before = value("job_trouble_total", outcome=label, reason=reason)
    end(Kind.CREATED, outcome, state)
    assert value("job_trouble_total", outcome=label, reason=reason) == before + 1


def test_a_success_is_no_trouble() -> None:
    def trouble() -> float:
        metrics = [each for each in REGISTRY.collect() if each.name == "punctual_job_trouble"]
        return sum(sample.value for metric in metrics for sample in metric.samples if sample.name.endswith("_total"))

    before = trouble()
    end(Kind.CREATED, Sent(250), State.SUCCEEDED)
    assert trouble() == before
