"""Toy as a channel: who gets it, and the delivery of one job. Built as docs/extending.md says."""

import asyncio
import os
from pathlib import Path

from notifier_service.channels.adapter import ChannelAdapter
from notifier_service.channels.notice import Notice
from notifier_service.channels.outcomes import Fail, Outcome, Park, Retry, Sent
from shared.jobs.store import Rules

NO_TOYS = "client-without-toys"


class ToyChannel(ChannelAdapter):
    def __init__(self) -> None:
        self._outbox = Path(os.environ["TOY_OUTBOX"])

    @property
    def rules(self) -> Rules:
        return Rules(_RULES, (NO_TOYS,))

    async def deliver(self, notice: Notice, attempt: int) -> Outcome:
        if not self._outbox.parent.is_dir():
            return Park(5.0, "the toy box is away")
        if attempt == 1:
            return Retry("the toy box was shut", at_fault="server")
        if notice.client_name == "":
            return Fail("nobody to give a toy to", at_fault="address")
        await asyncio.to_thread(self._append, f"{notice.client_id} {notice.kind} {notice.job_id}\n")
        return Sent()

    def _append(self, line: str) -> None:
        with self._outbox.open("a") as outbox:
            outbox.write(line)


_RULES = """admitted AS (
    SELECT *, CASE WHEN verdict = 'claimed' AND client_id = $10 THEN 'opted_out' END AS refused,
           'the client wants no toys' AS reason, mail_turn AS not_before, false AS is_limited
      FROM judged
)"""
