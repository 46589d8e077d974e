"""Words the result of an operator's action on one job by the job's present state: true after a reload, too. Pure."""

from collections.abc import Mapping
from typing import Final

from api_service.ops.dashboard.texts import LEFT_OUT
from shared.jobs.model import Job, State

_REQUEUED: Final[Mapping[State, str]] = {
    State.SCHEDULED: "Requeued. It waits for its turn.",
    State.ENQUEUED: "Requeued. It waits in its queue.",
    State.PROCESSING: "Requeued. It is being sent.",
    State.RETRYING: "Requeued. The attempt failed, and another one follows.",
    State.SUCCEEDED: "Requeued and sent.",
    State.FAILED: "Requeued, and it has failed again.",
    State.CANCELLED: "Requeued, but not sent: it was cancelled since.",
    State.SKIPPED: "Requeued, but not sent.",
}
_RESENT: Final[Mapping[State, str]] = {
    State.SCHEDULED: "This new job says it again. It waits for its turn.",
    State.ENQUEUED: "This new job says it again. It waits in its queue.",
    State.PROCESSING: "This new job is being sent.",
    State.SUCCEEDED: "Sent again.",
    State.FAILED: "This new job has failed.",
}
_CANCELLING: Final[Mapping[State, str]] = {
    State.PROCESSING: "It is being sent just now. It was marked: a retry will not follow.",
    State.CANCELLED: "Cancelled.",
    State.SUCCEEDED: "It was marked to be cancelled, but its mail had gone out already.",
}
_UNCHANGED: Final[Mapping[str, str]] = {
    "not-failed": "Nothing was changed: it was not failed any more.",
    "not-resent": "Nothing was sent again: the job cannot be sent again as it stands now.",
    "ended": "Nothing was changed: it had ended already.",
}


def notice(said: str, job: Job) -> str:
    """The sentence for what an action has answered (`said`), which stands in the page's URL; empty where there is none
    or the job has gone on in a way that it does not tell of."""
    if said == "requeued":
        why = f" {job.reason[0].upper()}{job.reason[1:]}." if job.state is State.SKIPPED and job.reason else ""
        return _REQUEUED[job.state] + why
    if said == "resent":
        return _RESENT.get(job.state, "") if job.resend_of else ""
    if said in ("cancelled", "marked"):
        return _CANCELLING.get(job.state, "")
    if said in LEFT_OUT:
        return f"Nothing was changed: it stays failed, being one {LEFT_OUT[said]}." if job.state is State.FAILED else ""
    return _UNCHANGED.get(said, "")
