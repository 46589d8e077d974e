"""E-mail as a channel: its rules in the claim, its rate, and the delivery of one job."""

import asyncio
from functools import cached_property
from typing import Final

from notifier_service.channels.adapter import ChannelAdapter
from notifier_service.channels.email import metrics
from notifier_service.channels.email.delivery import Mail, MailDelivery
from notifier_service.channels.email.rate_limit import RateLimit
from notifier_service.channels.email.recipient_limit import RecipientLimit
from notifier_service.channels.email.rendering import Renderer, UnusableAddress
from notifier_service.channels.notice import Notice
from notifier_service.channels.outcomes import Fail, Outcome
from shared.database.sql_file import statements
from shared.jobs.store import Claimed, Rules
from shared.links.bounces import BounceAddresses
from shared.people.addresses import normalised, parse

_SQL: Final = statements("notifier_service.channels.email.sql", "admission.sql")


class EmailChannel(ChannelAdapter):
    reason_to_wait = "waits for its turn: the address has had as many e-mails as one may have in an hour"

    def __init__(
        self,
        renderer: Renderer,
        delivery: MailDelivery,
        *,
        limit: RecipientLimit,
        rate: RateLimit,
        bounces: BounceAddresses | None = None,
    ) -> None:
        """`bounces`: an envelope sender for each mail; None: they all have the configured one."""
        self.rate: RateLimit = rate
        self._bounces = bounces
        self._renderer = renderer
        self._delivery = delivery
        self._limit = limit

    @cached_property
    def rules(self) -> Rules:
        return rules(self._limit)

    def recipient(self, notice: Notice) -> str | None:
        return None if notice.mail_to is None else normalised(notice.mail_to)

    def wait(self, claim: Claimed) -> float:
        seconds = self._limit.wait(claim)
        if seconds:
            metrics.WAITED.inc()
        return seconds

    async def deliver(self, notice: Notice, attempt: int) -> Outcome:
        if notice.mail_to is None:
            return Fail("no address is known for this client", at_fault="address")
        try:
            message = self._renderer.render(notice)
        except UnusableAddress as error:
            return Fail(str(error), at_fault="address")
        recipient = parse(notice.mail_to)
        sender = None if self._bounces is None else self._bounces.issue(notice.job_id, recipient.normal)
        return await self._delivery.hand_over(
            Mail(
                notice.job_id,
                attempt,
                recipient.wire,
                message,
                notice.bound_to,
                notice.lost,
                sender,
                notice.kind.priority,
            )
        )

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._limit.run())
            group.create_task(self.rate.run())


def rules(limit: RecipientLimit) -> Rules:
    """Opt-out and suppression, and the recipient limit if there is one."""
    allowance = limit.allowance
    if allowance is None:
        return Rules(f"{_SQL['refusals']}, {_SQL['no_turns']}")
    return Rules(f"{_SQL['refusals']}, {_SQL['turns']}", (allowance.gap, allowance.ahead, allowance.most))
