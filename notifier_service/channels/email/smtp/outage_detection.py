"""Tells an outage from refusals of single mails, by the refusals since the last mail was taken. Pure.

In an outage a server may give any reply. So no single code decides, but refusals in a row, to different recipients,
without a success between them. One recipient counts once, however often and for whatever reason its mail is refused.
"""

from collections.abc import Mapping
from typing import Final, Literal

from notifier_service.channels.email.smtp.errors import Cause, MailError

Weight = Literal["certain", "of us", "passing", "for good"]

_WEIGHTS: Final[Mapping[Weight, float]] = {
    "certain": 1 / 3,  # no recipient was named: only the server or we can be at fault
    "of us": 1 / 3,  # the code blames the server, but it may still be one recipient's policy
    "passing": 1 / 5,
    "for good": 1 / 20,  # single addresses are often wrong; twenty in a row mean a broken server
}
ENOUGH: Final = 0.999
ENOUGH_ON_RAMP: Final = 0.399
"""The lower limit on the ramp: just after an outage, less evidence is needed for the next one."""


class Run:
    """The refusals since the last success."""

    def __init__(self) -> None:
        self._said: dict[str, Weight] = {}
        self._nameless = 0
        self._causes: list[Cause] = []
        self.of_mail = False
        """Whether mails were refused, not only connections."""

    def add(self, error: MailError, recipient: str) -> None:
        """Counts a refusal of a mail to `recipient`."""
        weight = weight_of(error)
        if weight == "certain":
            self._nameless += 1
        else:
            before = self._said.get(recipient)
            self._said[recipient] = weight if before is None else max(weight, before, key=_WEIGHTS.__getitem__)
        self._causes = [error.cause, *self._causes[:2]]
        self.of_mail = self.of_mail or error.of_mail or error.stage == "mail"

    def __contains__(self, recipient: str) -> bool:
        return recipient in self._said

    def __bool__(self) -> bool:
        return bool(self._causes)

    @property
    def total(self) -> float:
        """Evidence of an outage; `ENOUGH` or more is one."""
        return self._nameless * _WEIGHTS["certain"] + sum(_WEIGHTS[each] for each in self._said.values())

    @property
    def cause(self) -> Cause:
        """The most frequent recent cause; the latest if all differ."""
        return max(self._causes, key=self._causes.count, default="unreachable")


def weight_of(error: MailError) -> Weight:
    """The weight of one refusal as evidence against the whole server."""
    if not error.of_mail and error.scope == "server":
        return "certain"
    if error.permanent:
        return "for good"
    return "of us" if error.scope == "server" and error.code is not None and error.cause != "closing" else "passing"
