"""Jobs that end without a mail are counted too, and label values are closed."""

from datetime import UTC, datetime
from itertools import product

from prometheus_client import REGISTRY

from shared.database import Database
from shared.ids import new_id
from shared.jobs import store as job_store
from shared.jobs.model import FINAL, Channel, Kind
from shared.jobs.store import NewJob
from tests.integration.api.conftest import api_url, client, operator
from tests.support.client import Client, job_of
from tests.support.factories import a_claimed_job, an_appointment
from tests.support.rows import let_leases_lapse

__all__ = ["api_url", "client", "operator"]
REMINDER = Kind.REMINDER


def counted(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"punctual_{name}", labels | {"channel": Channel.EMAIL}) or 0.0


def finished(kind: Kind, outcome: str) -> float:
    return counted("jobs_finished_total", kind=kind, outcome=outcome)


async def test_a_cancelled_appointment_counts_what_was_planned_for_it(client: Client) -> None:
    before = finished(REMINDER, "cancelled")
    appointment = await client.book()

    await client("DELETE", f"/api/client/appointments/{appointment['id']}")

    assert finished(REMINDER, "cancelled") == before + 1


async def test_a_job_cancelled_by_an_operator_is_counted(client: Client, operator: Client) -> None:
    before = finished(Kind.CREATED, "cancelled")
    job_id = job_of(await client.book(), "appointment_created_email")

    assert (await operator("POST", f"/api/ops/jobs/{job_id}/cancel")).status == 202

    assert finished(Kind.CREATED, "cancelled") == before + 1


async def test_a_reminder_whose_time_has_passed_when_it_is_made_is_counted_as_skipped(database: Database) -> None:
    before = finished(REMINDER, "skipped")
    appointment = await an_appointment(database)
    job = NewJob(new_id(), REMINDER, datetime(2020, 1, 1, tzinfo=UTC))

    await job_store.create(database, [job], appointment_id=appointment, client_id="c")

    assert finished(REMINDER, "skipped") == before + 1


async def test_a_vanished_worker_is_counted_as_a_lost_attempt_and_the_last_as_a_failed_job(database: Database) -> None:
    lost, failed = counted("job_attempts_total", kind=Kind.CREATED, outcome="lost"), finished(Kind.CREATED, "failed")
    trouble = counted("job_trouble_total", outcome="failed", reason="worker")
    await a_claimed_job(database)
    await let_leases_lapse(database)

    await job_store.recover_expired_leases(database, limit=10, most=1)

    assert counted("job_attempts_total", kind=Kind.CREATED, outcome="lost") == lost + 1
    assert finished(Kind.CREATED, "failed") == failed + 1
    assert counted("job_trouble_total", outcome="failed", reason="worker") == trouble + 1


def test_every_series_of_closed_labels_is_there_before_anything_happens() -> None:
    for kind, outcome, channel in product(Kind, FINAL, Channel):
        labels: dict[str, str] = {"kind": kind, "outcome": outcome, "channel": channel}
        assert REGISTRY.get_sample_value("punctual_jobs_finished_total", labels) is not None
