"""The interface of a channel: a worker asks nothing else of it, so that a new channel is one more adapter."""

from abc import ABC, abstractmethod
from typing import Protocol

from notifier_service.channels.notice import Notice
from notifier_service.channels.outcomes import Outcome
from shared.jobs.model import Priority
from shared.jobs.store import NO_RULES, Claimed, Rules


class Rate(Protocol):
    """Tokens that bound how fast a channel's jobs are claimed."""

    async def acquire(self, priority: Priority) -> None:
        """Waits for a token."""

    def try_acquire(self) -> bool:
        """Takes a token if there is one now."""

    def give_back(self) -> None:
        """A token that was not needed."""


class Unlimited:
    """The rate of a channel that has none."""

    async def acquire(self, priority: Priority) -> None:
        return

    def try_acquire(self) -> bool:
        return True

    def give_back(self) -> None:
        return


class ChannelAdapter(ABC):
    """One channel. Whatever has a default here is a rule that the channel does not have."""

    rate: Rate = Unlimited()
    reason_to_wait: str = "waits for its time"
    """The words for the row of a job that waits by the channel's rules."""

    @property
    def rules(self) -> Rules:
        """Asked in the claim, under the lock of the job: who is refused, and who waits."""
        return NO_RULES

    def recipient(self, notice: Notice) -> str | None:
        """Whom it would tell, in the form that its rules compare; None where they compare none. It must not raise."""
        return None

    def wait(self, claim: Claimed) -> float:
        """Seconds that a claimed job waits, by the channel's rules; 0 when it may go."""
        return 0.0

    @abstractmethod
    async def deliver(self, notice: Notice, attempt: int) -> Outcome:
        """Tells the client, and says how it went. It never acks and never commits.

        A server that is away is Park, a passing trouble Retry, and Fail is for a person; which of them it is, codes say
        and never words. An exception fails the job as a fault of ours.
        """

    async def run(self) -> None:
        """Its own work beside the jobs, until cancelled."""
        return
