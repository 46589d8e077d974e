"""Handles one returned mail: records its report, or drops and counts it."""

import asyncio
from collections.abc import Callable
from typing import Final, Literal

import structlog

from notifier_service.bounces import metrics
from notifier_service.bounces.metrics import Dropped
from notifier_service.bounces.parsing import ReturnedMail, read, senders
from shared.database import Database
from shared.deliveries import record, report_of
from shared.errors import Contention, ItemRefused, Unavailable
from shared.links.bounces import BounceAddresses, Bounced
from shared.process.internal_errors import internal_error, item_refused
from shared.wording import Languages

log = structlog.get_logger("notifier_service.bounces")

LONGEST_READ: Final = 10.0
"""Seconds that a mail may take to be read, on a busy machine."""
Verdict = Literal["taken", "later"]
"""later: the MTA keeps the mail and hands it over again."""


class BounceIntake:
    def __init__(
        self,
        database: Database,
        addresses: BounceAddresses,
        languages: Languages,
        *,
        suppress_after: int | None,
        told: Callable[[str], None],
    ) -> None:
        """`told` is called with the client of each in-app notification; it must neither wait nor raise."""
        self._database = database
        self._addresses = addresses
        self._languages = languages
        self._suppress_after = suppress_after
        self._told = told

    async def take(self, recipient: str, content: bytes) -> Verdict:
        """Takes one mail to one recipient. Never raises: a faulty mail does not stop its neighbours."""
        metrics.RECEIVED.inc()
        try:
            dropped = await self._take(recipient, content)
        except (Unavailable, Contention) as error:
            log.warning("returned mail waits", error=str(error))
            return "later"
        except ItemRefused as error:
            item_refused("bounces", error)
            dropped = "refused"
        except Exception as error:  # noqa: BLE001 - counted and logged
            internal_error("bounces", error)
            dropped = "unreadable"
        if dropped is not None:
            drop(dropped)
        return "taken"

    async def _take(self, recipient: str, content: bytes) -> Dropped | None:
        finding = await self._read(content)
        if not isinstance(finding, ReturnedMail):
            return finding
        bounced = self._bounced(finding, recipient)
        if bounced is None:
            return "forged"
        report = report_of(
            bounced.job_id,
            finding.event,
            source="lmtp",
            status=finding.status,
            detail=finding.detail,
            proof=bounced.proof,
        )
        _, told = await record(self._database, report, self._languages, suppress_after=self._suppress_after)
        if told is not None:
            self._told(told)
        return None

    async def _read(self, content: bytes) -> ReturnedMail | Dropped:
        """Parses in a thread: a mail that is made to be slow does not stop other mails."""
        try:
            async with asyncio.timeout(LONGEST_READ):
                return await asyncio.to_thread(read, content)
        except TimeoutError:
            return "unreadable"

    def _bounced(self, finding: ReturnedMail, recipient: str) -> Bounced | None:
        read_all = (self._addresses.read(each) for each in senders(finding, recipient))
        return next(filter(None, read_all), None)


def drop(reason: Dropped) -> None:
    """Counts a mail without a usable report."""
    metrics.DROPPED.labels(reason).inc()
    log.info("returned mail dropped", reason=reason)
