"""The reasons why an appointment cannot be booked, moved or cancelled."""

from uuid import UUID

from shared.errors import PunctualError


class UnknownDoctor(PunctualError):
    """There is no such doctor."""


class NoAddress(PunctualError):
    """No address for mail to this client is known."""


class TooManyAhead(PunctualError):
    """The client has as many future appointments as allowed."""


class SlotTaken(PunctualError):
    """The time is taken; `own` is the caller's own appointment at that time, if it is theirs."""

    def __init__(self, own: UUID | None) -> None:
        super().__init__("taken")
        self.own = own


class AlreadyAnswered(PunctualError):
    """A request with this idempotency key has been answered, or is being answered."""


class KeyReused(PunctualError):
    """The idempotency key belongs to another request of the same client."""


class AlreadyBegun(PunctualError):
    """The appointment has begun, so it cannot change."""


class NotBegun(PunctualError):
    """The appointment has not begun, so nobody can have come to it or missed it."""


class AlreadyCancelled(PunctualError):
    """A cancelled appointment cannot be moved."""


class ChangedMeanwhile(PunctualError):
    """The caller has seen an older version than the newest (RFC 9110 §13.1.1)."""
