"""What an operator reads after an action on one job, also when the page is loaded again later."""

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Final

import pytest

from api_service.ops.core.selection import Exclusion
from api_service.ops.dashboard.notices import notice
from shared.ids import new_id
from shared.jobs.model import Channel, Job, Kind, Priority, State

NOW: Final = datetime(2027, 1, 5, 12, 0, tzinfo=UTC)
SAID: Final = ("", "requeued", "cancelled", "marked", "not-failed", "ended", "odd", *Exclusion)


def a_job(state: State, reason: str | None = None) -> Job:
    values = dict.fromkeys(Job.__slots__)
    values |= {"id": new_id(), "kind": Kind.CREATED, "channel": Channel.EMAIL, "priority": Priority.HIGH}
    return Job(**(values | {"state": state, "reason": reason, "due_at": NOW, "created_at": NOW}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("said", "state", "words"),
    [
        ("requeued", State.SCHEDULED, "Requeued. It waits for its turn."),
        ("requeued", State.SKIPPED, "Requeued, but not sent. Address suppressed."),
        ("requeued", State.FAILED, "Requeued, and it has failed again."),
        ("requeued", State.SUCCEEDED, "Requeued and sent."),
        ("cancelled", State.CANCELLED, "Cancelled."),
        ("marked", State.SUCCEEDED, "its mail had gone out already."),
        ("begun", State.FAILED, "it stays failed, being one of appointments that have begun."),
        ("begun", State.SCHEDULED, ""),
        ("odd", State.FAILED, ""),
    ],
)
def test_a_notice_tells_how_the_job_stands_now(said: str, state: State, words: str) -> None:
    found = notice(said, a_job(state, "address suppressed" if state is State.SKIPPED else None))
    assert words in found if words else found == ""


def test_no_notice_promises_a_mail_at_once() -> None:
    """The queue may be paused, the notifiers or the mail server away."""
    for said, state in product((*SAID, "resent"), (State.SCHEDULED, State.ENQUEUED)):
        found = notice(said, replace(a_job(state), resend_of=new_id()))
        assert "at once" not in found
        assert "free notifier" not in found


def test_no_notice_says_that_a_job_is_tried_again_when_it_has_ended() -> None:
    for said, state in product(SAID, State):
        found = notice(said, a_job(state))
        assert state in (State.SCHEDULED, State.ENQUEUED) or "waits" not in found
        assert state is State.CANCELLED or found != "Cancelled."
