"""The reasons for which an act on a job is refused, as problems."""

from typing import Final
from uuid import UUID

from api_service.ops.core.selection import Exclusion
from api_service.web.problems import Problem, conflict
from shared.jobs.model import State

_LEFT_OUT: Final = {
    Exclusion.CANCELLED: "its appointment was cancelled, or the job itself while it was tried.",
    Exclusion.MOVED: "its appointment was moved, and the client was told of another time since.",
    Exclusion.BEGUN: "its appointment has begun.",
    Exclusion.SUPPRESSED: "mail does not reach its address, which is suppressed.",
    Exclusion.OPTED_OUT: "its client wants no reminders by mail.",
    Exclusion.TOLD_ONCE: "a doctor is told once. Requeue the job if it has failed.",
    Exclusion.POSSIBLY_SENT: "its mail may have gone out already.",
}


def wrong_state(otherwise: str, state: State) -> Problem:
    return conflict(f"{otherwise}; this one is {state}.", "wrong-state", state=state)


def not_requeued(why: Exclusion) -> Problem:
    return conflict(f"It stays failed: {_LEFT_OUT[why]}", "not-requeued", excluded=why)


def not_resent(why: Exclusion) -> Problem:
    return conflict(f"It is not sent again: {_LEFT_OUT[why]}", "not-resent", excluded=why)


def resent_already(by: UUID) -> Problem:
    return conflict(f"It is being sent again already, by job {by}.", "resent-already")
