"""Proofs that drills can fail: each is a drill with one guarantee taken out (entries/without.py), and must turn red."""

from dataclasses import replace
from typing import Final

from tests.drills.arena import Drill
from tests.drills.catalogue import API_KILLED, BROKER_KILLED, NOTIFIER_KILLED, NOTIFIER_STOPPED, OPERATOR
from tests.drills.entries import command


def _without(guarantee: str, drill: Drill, *, api: str = "", notifier: str = "") -> Drill:
    return replace(
        drill,
        name=f"! {guarantee}",
        api=command(api) if api else (),
        notifier=command(notifier) if notifier else (),
    )


CONTROLS: Final = (
    _without("no attempt check", OPERATOR, notifier="no-attempt-check"),
    _without("no owner check", NOTIFIER_STOPPED, notifier="no-owner-check"),
    _without("ack before commit", NOTIFIER_KILLED, notifier="ack-before-commit"),
    _without("no publisher confirms", BROKER_KILLED, api="no-confirms"),
    _without("publish before commit", API_KILLED, api="publish-before-commit"),
)
