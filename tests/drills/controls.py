"""Proofs that drills can fail: each is a drill with one guarantee taken out (entries/without.py), and must turn red.

It is seen only if most of what it complains of is of the kind that the missing guarantee must bring, while the same
drill with the same seed, of the same length, is green with nothing taken out.
"""

from dataclasses import dataclass, replace
from typing import Final

from tests.drills.arena import Act, Drill, Result, also
from tests.drills.catalogue import (
    API_KILLED,
    BROKER_KILLED,
    CANCELS,
    CHANGES,
    NOTIFIER_KILLED,
    NOTIFIER_STOPPED,
    OPERATOR,
    PRIMARY_LOST,
    REFUSING_ALL,
    RESTORED,
    UPGRADE,
)
from tests.drills.complaints import Kind, share_of
from tests.drills.entries import command
from tests.drills.faults import cluster, restore, upgrade

PATIENCE: Final = 60.0
"""Seconds that a control, and so its twin, has to come to rest: what never does is waited for in vain."""


@dataclass(frozen=True, slots=True)
class Control:
    """`drill` is `twin` with a guarantee taken out; `brings` are the kinds that it must mainly complain of. Both have
    `patience` seconds to come to rest."""

    drill: Drill
    twin: Drill
    brings: tuple[Kind, ...]
    patience: float = PATIENCE

    def unseen(self, red: Result, green: Result) -> str | None:
        """Why this control proves nothing; None where it was seen."""
        if not green.holds:
            return f"{self.twin.name} is red with nothing taken out: {green.complaints[0]}"
        if red.holds:
            return "this must have failed; the drill cannot tell"
        # what a drill alone looks at may not be there to be seen, with the guarantee gone
        counted = [each for each in red.complaints if each.kind is not Kind.PROMISE]
        if share_of(counted, *self.brings) <= 0.5:
            wanted = " and ".join(self.brings)
            return f"it must mainly complain of {wanted}, and its first complaint is: {red.complaints[0]}"
        return None

    def is_twin(self, result: Result) -> bool:
        """An ordinary run that came to rest within the patience of controls is the one that a twin would repeat."""
        return result.drill == self.twin.name and result.recovered_in < self.patience


def _without(
    guarantee: str,
    twin: Drill,
    *brings: Kind,
    api: str = "",
    notifier: str = "",
    faults: Act | None = None,
    patience: float = PATIENCE,
) -> Control:
    drill = replace(
        twin,
        name=f"! {guarantee}",
        seeded_as=twin.name,
        faults=faults or twin.faults,
        api=command(api) if api else twin.api,
        notifier=command(notifier) if notifier else twin.notifier,
    )
    return Control(drill, twin, brings, patience)


CONTROLS: Final = (
    _without("no attempt check", OPERATOR, Kind.TWICE, notifier="no-attempt-check"),
    _without("no owner check", NOTIFIER_STOPPED, Kind.TWICE, notifier="no-owner-check"),
    _without("ack before commit", NOTIFIER_KILLED, Kind.STUCK, notifier="ack-before-commit"),
    _without("no publisher confirms", BROKER_KILLED, Kind.STUCK, api="no-confirms"),
    _without("publish before commit", API_KILLED, Kind.STRAY, api="publish-before-commit"),
    _without("no revisions", CHANGES, Kind.STALE, api="no-taking-back", notifier="no-revision-check"),
    _without("no evidence of outages", REFUSING_ALL, Kind.LOST, Kind.STUCK, notifier="no-evidence", patience=90),
    _without("no patience", CANCELS, Kind.ANSWER, Kind.LOG, api="no-patience"),
    _without("contracted too early", UPGRADE, Kind.STUCK, Kind.TWICE, faults=upgrade.contracted_too_early, patience=30),
    _without("no reconcile", RESTORED, Kind.STUCK, faults=restore.restored_without_reconcile),
)

CLUSTER_CONTROLS: Final = (
    Control(
        replace(
            PRIMARY_LOST,
            name="! no synchronous standby",
            seeded_as=PRIMARY_LOST.name,
            faults=also(cluster.nobody_waits_for_the_standby, cluster.primary_lost),
        ),
        PRIMARY_LOST,
        (Kind.LOST, Kind.STRAY),
    ),
)
"""Those of the drills on machines."""
