"""Proofs that drills can fail: the services with one guarantee taken out, by these entry points and never by a switch
in production code. `python -m tests.drills.controls NAME` runs a service so."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from tests.drills.arena import Drill
from tests.drills.catalogue import broker_killed, notifier_killed, operator_in_the_ui

_LIFELINE_OFF: Final = (("LIFELINE_INTERVAL", "1h"),)


@dataclass(frozen=True, slots=True)
class Control:
    """A drill that must turn red with these commands in place of the services."""

    drill: Drill
    api: tuple[str, ...] = ()
    notifier: tuple[str, ...] = ()


def _command(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", "tests.drills.controls", name)


CONTROLS: Final = (
    Control(Drill("! no attempt check", operator_in_the_ui), notifier=_command("no-attempt-check")),
    Control(Drill("! no lease recovery", notifier_killed, settings=_LIFELINE_OFF)),
    Control(Drill("! marked unconfirmed", broker_killed, 20, _LIFELINE_OFF), api=_command("no-confirms")),
)


def _no_attempt_check() -> None:
    from notifier_service import cli
    from shared import job_store

    statements: Any = job_store._SQL
    claim = statements["claim"]
    for guard in (
        "WHEN l.attempt <> l.ticket_attempt THEN 'stale'",
        "WHEN l.state NOT IN ('scheduled', 'enqueued', 'retrying') THEN 'stale'",
    ):
        assert guard in claim
        claim = claim.replace(guard, "")
    statements["claim"] = claim
    sys.exit(cli.main(["serve"]))


def _no_confirms() -> None:
    from api_service import cli
    from shared.broker import Parcel, Publisher

    async def publish_all(self: Publisher, parcels: list[Parcel]) -> list[None]:
        for parcel in parcels:
            try:
                await self.publish(parcel)
            except Exception:  # noqa: BLE001, S112 - the fault that the drill must find
                continue
        return [None for _ in parcels]

    Publisher.publish_all = publish_all  # type: ignore[assignment,method-assign]
    sys.exit(cli.main(["serve"]))


_ENTRIES: Final[dict[str, Callable[[], None]]] = {
    "no-attempt-check": _no_attempt_check,
    "no-confirms": _no_confirms,
}

if __name__ == "__main__":
    _ENTRIES[sys.argv[1]]()
