"""The interface of a channel. A worker uses nothing else of a channel, so a new channel is one more adapter."""

from abc import ABC, abstractmethod
from typing import Protocol

from notifier_service.channels.notice import Notice
from notifier_service.channels.outcomes import Outcome
from shared.jobs.model import Priority
from shared.jobs.store import NO_RULES, Claimed, Rules


class RateTokens(Protocol):
    """Tokens that limit how fast a channel's jobs are claimed."""

    async def acquire(self, priority: Priority) -> None:
        """Waits for a token."""

    def try_acquire(self) -> bool:
        """Takes a token if there is one now."""

    def give_back(self) -> None:
        """Returns a token that was not needed."""


class Unlimited:
    """The rate of a channel without a limit."""

    async def acquire(self, priority: Priority) -> None:
        return

    def try_acquire(self) -> bool:
        return True

    def give_back(self) -> None:
        return


class ChannelAdapter(ABC):
    """One channel. A method with a default is a rule that a channel may do without."""

    rate: RateTokens = Unlimited()
    reason_to_wait: str = "waits for its time"
    """The text in the row of a job that waits by the channel's rules."""

    @property
    def rules(self) -> Rules:
        """The rules that the claim applies, under the job's lock: who is refused, and who waits."""
        return NO_RULES

    def recipient(self, notice: Notice) -> str | None:
        """The recipient in the form that the channel's rules compare; None when they compare none. It must not
        raise."""
        return None

    def wait(self, claim: Claimed) -> float:
        """Seconds that a claimed job waits, by the channel's rules; 0 when it may go."""
        return 0.0

    @abstractmethod
    async def deliver(self, notice: Notice, attempt: int) -> Outcome:
        """Tells the client, and returns the outcome. Never acks and never commits.

        Returns Park when the server is away, Retry for a passing error, and Fail when a person must look. Decide by
        codes, never by the text of an error. An exception fails the job as our bug.
        """

    async def run(self) -> None:
        """The channel's own background work, until cancelled."""
        return
