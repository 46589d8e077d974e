"""Tells an outage from one mail's bad luck, by what was refused since the last mail was taken. Pure.

An outage may speak any words: so not one code decides, but refusals in a row, to different recipients, with no success
between them. One recipient counts once, however often and in whatever way its mail is refused.
"""

from collections.abc import Mapping
from typing import Final, Literal

from notifier_service.channels.email.smtp.errors import Cause, MailError

Weight = Literal["certain", "of us", "passing", "for good"]

_WEIGHTS: Final[Mapping[Weight, float]] = {
    "certain": 1 / 3,  # no recipient was named: it can only be the server, or we
    "of us": 1 / 3,  # its code says so, and it may still be one recipient's policy
    "passing": 1 / 5,
    "for good": 1 / 20,  # many addresses are wrong for good; twenty one after the other are a broken server
}
ENOUGH: Final = 0.999
ENOUGH_ON_RAMP: Final = 0.399
"""While it returns from an outage, less is needed to believe in the next."""


class Run:
    """The refusals since the last success."""

    def __init__(self) -> None:
        self._said: dict[str, Weight] = {}
        self._nameless = 0
        self._causes: list[Cause] = []
        self.of_mail = False
        """Whether mails were refused, rather than connections."""

    def add(self, error: MailError, recipient: str) -> None:
        """One refusal of a mail to `recipient`."""
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
        """From `ENOUGH` on it is an outage."""
        return self._nameless * _WEIGHTS["certain"] + sum(_WEIGHTS[each] for each in self._said.values())

    @property
    def cause(self) -> Cause:
        """What was named most often of late, the latest where all differ."""
        return max(self._causes, key=self._causes.count, default="unreachable")


def weight_of(error: MailError) -> Weight:
    """How much one refusal says about the server as a whole."""
    if not error.of_mail and error.scope == "server":
        return "certain"
    if error.permanent:
        return "for good"
    return "of us" if error.scope == "server" and error.code is not None and error.cause != "closing" else "passing"
