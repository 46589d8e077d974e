"""python -m tests.drills.entries NAME: a service with what the entry of that name builds in."""

import sys
from collections.abc import Callable
from typing import Final

from tests.drills.entries import crash_points, poison, without

ENTRIES: Final[dict[str, Callable[[], int]]] = {
    "api-crash-points": crash_points.api,
    "notifier-crash-points": crash_points.notifier,
    "poison": poison.notifier,
    "no-attempt-check": without.attempt_check,
    "no-owner-check": without.owner_check,
    "no-confirms": without.confirms,
    "ack-before-commit": without.ack_after_commit,
    "no-taking-back": without.taking_back,
    "no-revision-check": without.revision_check,
    "no-evidence": without.evidence,
    "no-patience": without.patience,
    "publish-before-commit": without.publish_after_commit,
}

sys.exit(ENTRIES[sys.argv[1]]())
