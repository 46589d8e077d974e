"""Services with one guarantee taken out: the drill of that guarantee must turn red."""

import asyncio
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any


def attempt_check() -> int:
    """A notifier whose claim takes any ticket, whatever the row says."""
    _loosen(
        "claiming.sql",
        "claim",
        ("WHEN l.attempt <> l.ticket_attempt THEN 'stale'", ""),
        ("WHEN l.state NOT IN ('scheduled', 'enqueued', 'retrying') THEN 'stale'", ""),
    )
    return _notifier()


def owner_check() -> int:
    """A notifier that commits outcomes whoever holds the lease by now."""
    _loosen(
        "finishing.sql",
        "finish",
        ("JOIN outcome o ON o.job_id = j.id AND o.attempt = j.attempt", "JOIN outcome o ON o.job_id = j.id"),
        ("WHERE j.state IS NOT DISTINCT FROM 'processing' AND j.lease_owner = $10", "WHERE $10::text IS NOT NULL"),
        ("WHERE outcome <> 'succeeded'", "WHERE outcome <> 'succeeded' ON CONFLICT DO NOTHING"),
    )
    return _notifier()


def ack_after_commit() -> int:
    """A notifier that acks what it receives a moment before it does anything about it."""
    from shared.broker import Delivery, Subscription

    receive = Subscription._receive
    acking = set()

    async def ack_and_receive(self: Subscription, delivery: Delivery) -> None:
        await self._underlay.basic_ack(delivery.tag, wait=False)
        await asyncio.sleep(0.25)
        receive(self, delivery)

    def receive_and_ack(self: Subscription, delivery: Delivery) -> None:
        task = asyncio.create_task(ack_and_receive(self, delivery))
        acking.add(task)
        task.add_done_callback(acking.discard)

    async def settled(self: Subscription, delivery: object) -> None:
        return

    Subscription._receive = receive_and_ack  # type: ignore[method-assign]
    Subscription.ack = Subscription.reject = settled  # type: ignore[method-assign]
    return _notifier()


def confirms() -> int:
    """An API that counts as published whatever it has tried to publish."""
    from shared.broker import Publication, Publisher

    async def publish_all(self: Publisher, publications: Sequence[Publication]) -> list[None]:
        for publication in publications:
            try:
                await self.publish(publication)
            except Exception:  # noqa: BLE001, S112 - the fault that the drill must find
                continue
        return [None for _ in publications]

    Publisher.publish_all = publish_all  # type: ignore[assignment,method-assign]
    return _api()


def publish_after_commit() -> int:
    """An API that publishes the jobs of a booking, and then commits it."""
    from api_service.appointments.booking import BookingService
    from api_service.appointments.store import Booked, PlannedBooking
    from shared.jobs.model import Ticket

    commit = BookingService._commit

    async def publish_and_commit(self: BookingService, wishes: Sequence[PlannedBooking]) -> list[Booked]:
        now = datetime.now(UTC)
        jobs = [(wish, job) for wish in wishes for job in wish.jobs if job.seconds_before is None]
        self._dispatch.offer([Ticket(job.id, 0, job.kind, wish.id, now) for wish, job in jobs])
        await asyncio.sleep(0.05)
        return await commit(self, wishes)

    BookingService._commit = publish_and_commit  # type: ignore[method-assign]
    return _api()


def taking_back() -> int:
    """An API that takes nothing back of what an appointment was said to be before it was moved or cancelled."""
    _loosen(
        "cancelling.sql",
        "cancel",
        ("AND state IN ('scheduled', 'enqueued', 'retrying', 'processing', 'failed')", "AND false"),
    )
    return _api()


def revision_check() -> int:
    """A notifier whose claim does not look at what the client was told since."""
    _loosen(
        "claiming.sql",
        "claim",
        ("WHEN l.revision < a.revision", "WHEN false"),
        (
            "AND l.kind NOT IN ('appointment_cancelled_email', 'doctor_agenda_email', 'doctor_notice_email') THEN",
            "AND false THEN",
        ),
    )
    return _notifier()


def evidence() -> int:
    """A notifier for which no refusals, however many, are evidence of an outage."""
    from notifier_service.channels.email.smtp import outage_detection as judged

    assert math.isfinite(judged.ENOUGH + judged.ENOUGH_ON_RAMP), "there is no threshold to take out"
    judged.ENOUGH = judged.ENOUGH_ON_RAMP = math.inf  # type: ignore[misc]
    return _notifier()


def patience() -> int:
    """An API that takes a cancelled statement for a bug of ours."""
    from shared.database import errors

    meanings: Any = errors.BY_CODE
    assert "57014" in meanings, "there is no meaning of 57014 to take out"
    meanings["57014"] = errors.Meaning.BUG
    return _api()


def _loosen(file: str, statement: str, *changes: tuple[str, str]) -> None:
    """Replaces guards of a statement; each must be there."""
    from shared.database.sql_file import statements as read

    statements: Any = read("shared.jobs.sql", file)  # the same object for whoever reads it
    text = statements[statement]
    for guard, instead in changes:
        assert guard in text, f"{statement} has no {guard!r} to take out"
        text = text.replace(guard, instead)
    statements[statement] = text


def _api() -> int:
    from api_service import cli

    return cli.main(["serve"])


def _notifier() -> int:
    from notifier_service import cli

    return cli.main(["serve"])
