"""The reasons for which a sign-in or a sign-out by the provider comes to nothing."""

from enum import StrEnum

from shared.errors import PunctualError


class Reason(StrEnum):
    """Why nobody was signed in; also a label of the metric."""

    STALE = "stale"
    """Of another browser, used before, or too old."""
    CANCELLED = "cancelled"
    """The person has said no at the provider."""
    REFUSED = "refused"
    """The provider has answered with another error."""
    CODE = "code"
    """The provider does not take the code, or not our credentials."""
    TOKEN = "token"  # noqa: S105 - a reason
    """The ID token is not one for us, or not of this sign-in."""
    ROLE = "role"
    """The person has no role here."""
    ENDED = "ended"
    """The provider has ended this session meanwhile."""
    AWAY = "away"
    """The provider cannot be asked, or its answer cannot be read."""


class SignInFailed(PunctualError):
    """Nobody is signed in. `who` is known where only the role is missing; `detail` is a word for the log."""

    def __init__(self, reason: Reason, detail: str = "", *, who: str = "") -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.detail = detail
        self.who = who


class InvalidLogout(PunctualError):
    """A logout token that ends nothing. The message says why, and holds nothing of the token."""
