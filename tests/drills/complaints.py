"""What a drill can complain about, by kind: a control must bring the kind that it names."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """The promise that was broken."""

    LOST = "lost"  # answered 200 or stored, and it did not happen
    STUCK = "stuck"  # a job has not ended
    TWICE = "twice"  # a mail or a success more than the named windows explain
    STALE = "stale"  # a mail about what was no longer so
    EARLY = "early"  # a reminder before its time
    LATE = "late"  # a reminder later than a drill allows that disturbs none
    STRAY = "stray"  # a mail or a message that belongs to no job
    ANSWER = "answer"  # an answer other than 200 and 503 with Retry-After
    LOG = "log"  # an error or a traceback in a service's log
    ENDED = "ended"  # a process that ended on its own, or with the wrong status
    PROMISE = "promise"  # what this drill alone looks at


class Complaint(NamedTuple):
    kind: Kind
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def share_of(complaints: Sequence[Complaint], *kinds: Kind) -> float:
    """How much of all complaints is of some kinds, from 0 to 1."""
    return sum(each.kind in kinds for each in complaints) / len(complaints) if complaints else 0.0
