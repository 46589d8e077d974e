"""What the dashboard's other pages tell."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api_service.ops.core import durations
from api_service.ops.core.figures import FAILED, HEALTH, Figure, Figures
from shared.database import Database
from shared.errors import DatabaseUnavailable
from shared.jobs import store as job_store
from shared.jobs.model import Kind, Priority
from shared.jobs.process_heartbeats import ProcessHeartbeat, Role, Vitals
from shared.jobs.store import Finish, Outcome
from shared.jobs.work_queues import WorkQueue, work_queues
from tests.support.client import Client
from tests.support.factories import a_claimed_job, a_job
from tests.support.rows import a_dead_letter, a_notification, nobody_falls_silent
from tests.support.tokens import a_token
from tests.support.visitor import Visitor


@pytest.fixture
async def visitor(api_url: str) -> AsyncIterator[Visitor]:
    async with Visitor.at(api_url, a_token("operator", "ops")) as one:
        yield one


async def test_the_overview_counts_and_judges(visitor: Visitor, database: Database) -> None:
    assert "No mail goes out: no notifier is running. Nothing is due." in (await visitor.get("/ops")).text
    both = [queue.name for queue in work_queues(1)]
    await ProcessHeartbeat(database, Role.NOTIFIER, lambda: Vitals(consumes=both)).beat()
    await ProcessHeartbeat(database, Role.RELAY, Vitals).beat()
    await nobody_falls_silent(database)
    for outcome in (Outcome.SUCCEEDED, Outcome.SUCCEEDED, Outcome.FAILED):
        job = await a_claimed_job(database)
        await job_store.finish(database, [Finish(job.job_id, 1, outcome, error="550 5.1.1 x")], owner="worker")
    await a_job(database, Kind.REMINDER, due_in=timedelta(hours=1))
    await visitor.submit("/ops/theme", {"theme": "dark"})  # a change by hand: figures are read anew

    page = await visitor.get("/ops")

    assert "1 job failed in the last hour; 2 were sent." in page.text
    for tally in ("scheduled 1", "succeeded 2", "failed 1", "skipped 0"):
        assert tally in page.text
    assert "2 succeeded" in page.text
    assert "SMTP 550 5.1.1" in page.text
    assert "2 succeeded" in (await visitor.get("/ops?span=week")).text


async def test_a_panel_that_cannot_be_read_leaves_the_others_alone(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = Figures.get

    async def away(kept: Figures, figure: Figure[Any]) -> Any:
        if figure in (HEALTH, FAILED):
            raise DatabaseUnavailable("gone")
        return await get(kept, figure)

    monkeypatch.setattr(Figures, "get", away)

    page = await visitor.get("/ops")

    assert page.status == 200
    assert page.text.count("This could not be read just now.") == 3  # the workers are a part of the verdict
    assert "scheduled 0" in page.text


async def test_a_page_without_a_database_says_so(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr("api_service.ops.dashboard.sessions.find", away)

    seen = await visitor.get("/ops/jobs")

    assert seen.status == 503
    assert "Try again" in seen.text
    changing = await visitor.post("/ops/queues/high/pause")
    assert "Whether anything was changed is not known" in changing.text


async def test_an_appointments_story_has_what_was_booked_told_and_superseded(
    visitor: Visitor, client: Client, database: Database
) -> None:
    booked = await client.book()
    moved = await client(
        "PATCH",
        f"/api/client/appointments/{booked['id']}",
        {"appointmentDate": "2099-05-04", "appointmentTime": "09:00"},
    )
    assert moved.status == 200
    await a_notification(database, booked["id"], kind="appointment_created_email", title="Booked")

    page = await visitor.get(f"/ops/appointments/{booked['id']}")

    for words in ("Booked", "Moved", "Now", "The appointment begins", "its successor", "Move notice", "in the app"):
        assert words in page.text
    assert page.html.index("Moved") < page.html.index(">Now<") < page.html.index("The appointment begins")
    assert "client-1@patients.example" not in page.html
    assert "removed after its retention" in page.text  # the notification of a job that was pruned


async def test_the_story_of_a_cancelled_appointment_ends_with_its_cancellation(
    visitor: Visitor, client: Client
) -> None:
    booked = await client.book()
    path = f"/api/client/appointments/{booked['id']}"
    await client("PATCH", path, {"appointmentDate": "2099-05-04", "appointmentTime": "09:00"})
    assert (await client("DELETE", path)).status in (200, 204)

    page = await visitor.get(f"/ops/appointments/{booked['id']}")

    assert "The appointment begins" not in page.text
    assert "to Mon 2099-05-04 09:00" in page.text
    assert page.html.index("from ") < page.html.index("<strong>Cancelled</strong>")


async def test_times_are_shown_in_the_zone_that_was_chosen_and_it_is_named(
    visitor: Visitor, database: Database
) -> None:
    job = await a_job(database)
    page = await visitor.get(f"/ops/jobs/{job.job_id}")
    assert "UTC" in page.text
    assert '<option value="Europe/Berlin">' in page.html  # the zone of the doctor

    await visitor.submit("/ops/zone", {"zone": "Europe/Berlin"})

    page = await visitor.get(f"/ops/jobs/{job.job_id}")
    assert "Europe/Berlin" in page.text.partition("Loaded")[2][:40]
    created = page.text.partition("Created ")[2].partition(" in ")[0][:50]
    assert "Europe/Berlin" in created
    for odd in ("Mars/Base", "../../etc/passwd", "", "x" * 400, "Europe/Berlin\x00"):
        await visitor.submit("/ops/zone", {"zone": odd})
        assert "Europe/Berlin" in (await visitor.get("/ops")).text


async def test_an_error_keeps_the_navigation(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    for path in ("/ops/nowhere", "/ops/jobs/0", "/ops/jobs?state=odd", f"/ops/jobs/{'0' * 32}", "/ops/agenda/nobody"):
        page = await visitor.get(path)
        assert page.status >= 400
        assert 'href="/ops/queues"' in page.html, path
        assert "Sign out" in page.text, path

    async def away(*_: object, **__: object) -> None:
        raise DatabaseUnavailable("gone")

    monkeypatch.setattr("api_service.ops.dashboard.sessions.find", away)
    unread = await visitor.get("/ops/jobs")
    assert unread.status == 503
    assert 'href="/ops/queues"' in unread.html
    assert "Sign out" not in unread.text


async def test_a_dead_letter_is_shown_whole_read_again_and_discarded(visitor: Visitor, database: Database) -> None:
    assert "Every message was readable." in (await visitor.get("/ops/dead-letters")).text
    letter = await a_dead_letter(database, b'\x00{"<b>\xff', detail="not JSON")

    page = await visitor.get(f"/ops/dead-letters/{letter}")

    assert "It still cannot be read" in page.text
    assert "&lt;b&gt;" in page.html
    assert "00 7b 22 3c 62 3e ff" in page.html
    assert "Dead letters 1" in (await visitor.submit("/ops/theme", {"theme": "light"})).text  # figures are read anew
    discarded = await visitor.submit(f"/ops/dead-letters/{letter}/discard", {"reason": "a test message"})
    assert "Dealt with" in discarded.text
    assert "Every message was readable." in (await visitor.get("/ops/dead-letters")).text
    assert (await visitor.get("/ops/dead-letters?discarded=1")).keys == [str(letter)]
    assert "a test message" in (await visitor.get("/ops/log")).text


async def test_a_dead_letter_that_can_be_read_today_leads_to_its_job(visitor: Visitor, database: Database) -> None:
    job = await a_job(database, state="succeeded")
    body = (await visitor.get(f"/ops/jobs/{job.job_id}")).html.split("<dt>body</dt><dd><code>")[1].split("</code>")[0]
    letter = await a_dead_letter(database, body.replace("&#34;", '"').encode(), reason="unknown version")

    page = await visitor.get(f"/ops/dead-letters/{letter}")

    assert "Today it can be read" in page.text
    assert f"/ops/jobs/{job.job_id}" in page.html


async def test_a_queue_is_paused_after_a_question_and_with_a_reason(visitor: Visitor) -> None:
    assert "/ops/queues/high/pause" in (await visitor.get("/ops/queues")).html
    asked = await visitor.get("/ops/queues/high/pause")
    assert "Pause the queue high?" in asked.text
    assert "None is lost" in asked.text
    without = await visitor.submit("/ops/queues/high/pause")
    assert (without.status, "Nothing was changed." in without.text) == (422, True)
    paused = await visitor.submit("/ops/queues/high/pause", {"reason": "moving the mail server"})
    assert "paused by operator" in paused.text
    assert "moving the mail server" in paused.text
    assert "is paused already" in (await visitor.get("/ops/queues/high/pause")).text
    resumed = await visitor.submit("/ops/queues/high/resume")
    assert "moving the mail server" not in resumed.text
    assert (await visitor.submit("/ops/queues/low/pause")).status == 404


async def test_queues_list_every_process_and_what_it_says(visitor: Visitor, database: Database) -> None:
    vitals = Vitals(slots=16, in_flight=3, consumes=[WorkQueue(Priority.HIGH).name], broker="the login was refused")
    await ProcessHeartbeat(database, Role.NOTIFIER, lambda: vitals, process="worker-a:7").beat()

    page = await visitor.get("/ops/queues")

    assert "notifier worker-a:7" in page.text
    assert "3 of 16 slots" in page.text
    assert "RabbitMQ: the login was refused" in page.text
    assert "RabbitMQ does not say just now how many messages wait." in page.text  # the API of this test has no broker


async def test_addresses_are_suppressed_found_and_allowed_again(visitor: Visitor) -> None:
    assert "No address is suppressed." in (await visitor.get("/ops/suppressions")).text
    added = await visitor.submit("/ops/suppressions", {"address": "ada@patients.example", "reason": "bounced"})
    assert "a•••a@patients.example bounced" in added.text
    assert "ada@patients.example" not in added.html
    found = await visitor.submit("/ops/suppressions/find", {"address": "ada@patients.example"})
    assert "bounced" in found.text
    missing = await visitor.submit("/ops/suppressions/find", {"address": "bob@patients.example"})
    assert "This address is not suppressed." in missing.text
    assert (await visitor.submit("/ops/suppressions", {"address": "x", "reason": "y"})).status == 422
    assert (await visitor.submit("/ops/suppressions", {"address": "a@b.example", "reason": ""})).status == 422

    [allow] = [
        part.split('"')[0] for part in added.html.split('action="')[1:] if part.startswith("/ops/suppressions/0")
    ]
    assert "No address is suppressed." in (await visitor.submit(allow)).text
    log = await visitor.get("/ops/log")
    assert "ada@patients.example" not in log.html
    assert "a•••a@patients.example" in log.text


async def test_the_log_is_narrowed_by_person_and_action(visitor: Visitor) -> None:
    await visitor.submit("/ops/queues/high/pause", {"reason": "one"})
    await visitor.submit("/ops/queues/high/resume", {"reason": "two"})
    for query, found in (("action=pause", 1), ("person=operator", 2), ("person=nobody", 0), ("period=1h", 2)):
        assert len((await visitor.get(f"/ops/log?{query}")).keys) == found


async def test_the_chart_is_of_a_span_and_a_kind_and_its_bars_lead_to_their_jobs(
    visitor: Visitor, database: Database
) -> None:
    ends = [
        Finish((await a_claimed_job(database)).job_id, 1, outcome, error="550 5.1.1 x")
        for outcome in (Outcome.SUCCEEDED, Outcome.FAILED)
    ]
    await job_store.finish(database, ends, owner="worker")  # at one moment, so that no bar ends between the two

    for span, words in (("hour", "The last hour"), ("day", "The last 24 hours"), ("week", "The last 7 days")):
        page = await visitor.get(f"/ops?span={span}&kind=appointment_created_email")
        assert f"{words} : Confirmation" in page.text or f"{words}: Confirmation" in page.text
        assert "1 succeeded, 1 failed; show those that failed" in page.html
        [bar] = re.findall(r'<a href="(/ops/jobs\?state=failed[^"]+)" aria-label', page.html)
        assert len((await visitor.get(bar.replace("&amp;", "&"))).keys) == 1
        assert "No reminder was sent" in (await visitor.get(f"/ops?span={span}&kind=appointment_reminder")).text
    assert "The last 24 hours" in (await visitor.get("/ops?span=x&kind=y")).text
    assert (await visitor.get("/ops/queues")).status == 200  # its hour is another figure than the chart's


async def test_the_overview_says_how_long_jobs_waited_and_ran(visitor: Visitor, database: Database) -> None:
    assert "No job has succeeded within 24 hours." in (await visitor.get("/ops")).text
    now = datetime.now(UTC)
    for seconds in range(1, 101):
        begun = now - timedelta(minutes=10)
        due, ended = begun - timedelta(seconds=seconds), begun + timedelta(seconds=2)
        await a_job(database, state="succeeded", due_at=due, started_at=begun, finished_at=ended)

    [found] = await durations.recent(database, now=now)

    assert (found.kind, found.jobs, found.ran.p99) == (Kind.CREATED, 100, 2.0)
    assert [round(each) for each in (found.waited.p50, found.waited.p95, found.waited.p99)] == [50, 95, 99]
    await visitor.submit("/ops/theme", {"theme": "dark"})  # a change by hand: figures are read anew
    assert "Confirmation 100 50 s 1 min 1 min 2.0 s 2.0 s 2.0 s" in (await visitor.get("/ops")).text


async def test_a_mail_that_had_no_turn_yet_did_not_wait(database: Database) -> None:
    begun = datetime.now(UTC) - timedelta(minutes=10)
    late = begun - timedelta(hours=1)
    await a_job(database, state="succeeded", due_at=late, mail_turn=begun, started_at=begun, finished_at=begun)

    [found] = await durations.recent(database, now=datetime.now(UTC))

    assert found.waited.p99 == 0
