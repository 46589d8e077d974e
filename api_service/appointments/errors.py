"""Why an appointment could not be booked, moved or cancelled."""

from uuid import UUID

from shared.errors import PunctualError


class UnknownDoctor(PunctualError):
    """There is no such doctor."""


class NoAddress(PunctualError):
    """Nobody has told where mail to this client goes."""


class TooManyAhead(PunctualError):
    """The client has as many appointments before them as one may have."""


class SlotTaken(PunctualError):
    """Somebody has the time; `own` is the caller's appointment, if it is theirs."""

    def __init__(self, own: UUID | None) -> None:
        super().__init__("taken")
        self.own = own


class AlreadyAnswered(PunctualError):
    """A request with this idempotency key has been answered, or is just being answered."""


class KeyReused(PunctualError):
    """The idempotency key belongs to another request of the same client."""


class AlreadyBegun(PunctualError):
    """An appointment that has begun is history."""


class AlreadyCancelled(PunctualError):
    """A cancelled appointment does not move."""


class ChangedMeanwhile(PunctualError):
    """The version that the caller had seen is not the newest (RFC 9110 §13.1.1)."""
