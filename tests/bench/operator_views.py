"""Every page of the dashboard and every call that reads of the operators' API, as an operator asks for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

from shared.database import Executor
from shared.database.sql_file import statements
from shared.jobs.model import Kind, State
from tests.bench.operations import BUSY

_SQL: Final = statements("tests.bench.sql", "dashboard.sql")
_RARE: Final = Kind.CANCELLED


@dataclass(frozen=True, slots=True)
class View:
    """A page, or an answer of the API. `route` as the application names it; `form`: what is posted."""

    name: str
    route: str
    path: str
    form: Mapping[str, str] = field(default_factory=dict)


def views(ids: Mapping[str, str]) -> Sequence[View]:
    """All that operators look at. `ids`: of a job, an appointment, a letter; a cause; the beginning of a page."""

    def page(name: str, path: str, **query: str) -> View:
        return View(name, "/ops/" + path if path else "/ops", _url("/ops/" + path if path else "/ops", query))

    def api(name: str, path: str, **query: str) -> View:
        return View(f"API: {name}", "/api/ops/" + path, _url("/api/ops/" + path, query))

    def one(view: View, row_id: str) -> View:
        return View(view.name, view.route, view.path.replace("%7Bid%7D", row_id).replace("{id}", row_id), view.form)

    return [
        page("Overview", ""),
        *(page(f"Overview, {span}", "", span=span) for span in ("hour", "week")),
        page("Overview, one kind", "", kind="appointment_reminder"),
        page("Failed by cause", "failed"),
        page("Failed by kind", "failed", by="kind"),
        page("Jobs", "jobs"),
        *(page(f"Jobs, {state}", "jobs", state=state) for state in State),
        *(page(f"Jobs, {state}, of a kind", "jobs", state=state, kind=_RARE) for state in State),
        page("Jobs of a rare kind", "jobs", kind=_RARE),
        page("Jobs of a queue", "jobs", queue="high"),
        page("Jobs of a week ago", "jobs", until=ids["week_ago"]),
        page("Jobs of a cause", "jobs", state="failed", group=ids["cause"]),
        page("Jobs, words of an error", "jobs", state="failed", error="not known here"),
        page("Jobs, words that no error has", "jobs", state="failed", error="no such words"),
        page("Jobs, words that no retried job's error has", "jobs", state="retrying", error="no such words"),
        page("Jobs of a client with 50,000", "jobs", client=BUSY),
        page("Jobs of a client with 50,000, of a kind", "jobs", client=BUSY, kind=_RARE),
        page("Jobs of an appointment", "jobs", appointment=ids["appointment"]),
        one(page("A job", "jobs/{id}"), ids["job"]),
        one(page("A failed job", "jobs/{id}"), ids["failed"]),
        one(page("An appointment of a client with 50,000 jobs", "appointments/{id}"), ids["busy_appointment"]),
        one(page("Its record", "appointments/{id}/record"), ids["busy_appointment"]),
        page("Agenda", "agenda"),
        one(page("A doctor's day", "agenda/{id}"), BUSY),
        page("Queues", "queues"),
        View("Pause a queue", "/ops/queues/{name}/pause", "/ops/queues/high/pause"),
        page("Forecast", "forecast"),
        page("Dead letters", "dead-letters"),
        page("Dead letters, a rare reason", "dead-letters", reason="rejected"),
        one(page("A dead letter", "dead-letters/{id}"), ids["letter"]),
        page("Suppressions", "suppressions"),
        page("Suppressions, a rare reason", "suppressions", reason="telephone"),
        page("Log", "log"),
        page("Log, a rare person", "log", person="once"),
        *(View(f"Search: {what}", "/ops/search", "/ops/search", {"q": text}) for what, text in _searches(ids)),
        api("jobs", "jobs"),
        *(api(f"jobs, {state}", "jobs", state=state) for state in State),
        *(api(f"jobs, {state}, of a kind", "jobs", state=state, kind=_RARE) for state in State),
        api("jobs of a rare kind", "jobs", kind=_RARE),
        api("jobs, words of an error", "jobs", error="not known here"),
        api("jobs, words that no error has", "jobs", error="no such words"),
        api("jobs of a client with 50,000", "jobs", clientId=BUSY),
        api("jobs of an appointment", "jobs", appointmentId=ids["appointment"]),
        api("jobs whose ids begin so", "jobs", id=ids["job"][:8]),
        one(api("a job", "jobs/{id}"), ids["job"]),
        one(api("its preview", "jobs/{id}/preview"), ids["failed"]),
        one(api("a record", "appointments/{id}/record"), ids["busy_appointment"]),
        one(api("a client", "clients/{id}"), BUSY),
        api("figures", "stats"),
        api("forecast", "forecast"),
        api("parked mails", "parked"),
        api("queues", "queues"),
        api("dead letters", "dead-letters"),
        api("dead letters, a rare reason", "dead-letters", reason="rejected"),
        one(api("a dead letter", "dead-letters/{id}"), ids["letter"]),
        api("suppressions", "suppressions"),
        api("suppressions, a rare reason", "suppressions", reason="telephone"),
        api("proposals", "suppressions/proposals"),
        api("actions", "actions"),
        api("actions of a rare person", "actions", operator="once"),
    ]


def _url(path: str, query: Mapping[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _searches(ids: Mapping[str, str]) -> Sequence[tuple[str, str]]:
    return (
        ("an id", ids["job"]),
        ("the end of an id", ids["job"][-8:]),
        ("a client", BUSY),
        ("an address", f"{BUSY}@patients.example"),
        ("an address that nobody has", "nobody@patients.example"),
        ("words", "not known here"),
    )


async def known_ids(executor: Executor) -> Mapping[str, str]:
    """What `views` asks for, in a database that add_operations has filled."""
    [row] = await executor.fetch(_SQL["known"], BUSY)
    return {name: str(value) for name, value in row.items()}
