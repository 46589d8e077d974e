"""One booking is one trace, from the request to the mail server, through both processes."""

import subprocess
import sys

from deploy.local.mailbox.faults import Fault
from deploy.local.ports import free_port
from tests.support.client import a_wish
from tests.support.collector import Collector, Seen, collecting
from tests.support.waiting import eventually
from tests.support.world import World

CALLER = "b7ad6b7169203331"
TRACE = "0af7651916cd43dd8448eb211c80319c"
AT_ONCE = {"OTEL_BSP_SCHEDULE_DELAY": "100"}
NAMES = ["POST /api/client/appointments", "book", "publish notifications", "process notifications.high", "send mail"]


def chain(spans: list[Seen], first: str) -> list[Seen]:
    """Spans from the child of `first` downwards; of siblings, the one that has children."""
    found: list[Seen] = []
    parent = first
    parents = {span.parent_id for span in spans}
    while children := [span for span in spans if span.parent_id == parent]:
        found.append(max(children, key=lambda span: span.span_id in parents))
        parent = found[-1].span_id
    return found


async def complete(collector: Collector, trace_id: str, count: int) -> list[Seen]:
    async def arrived() -> list[Seen]:
        spans = collector.of_trace(trace_id)
        return spans if len(spans) >= count else []

    return await eventually(arrived)


async def test_a_booking_is_one_trace_from_the_request_to_the_mail_server(world: World) -> None:
    async with collecting() as collector:
        world.settings.update(AT_ONCE)
        async with world.api(TRACING_ENDPOINT=collector.url) as api, world.notifier(TRACING_ENDPOINT=collector.url):
            headers = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
            answer = await world.client(api)("POST", "/api/client/appointments", a_wish(), headers=headers)
            assert answer.status == 200
            spans = await complete(collector, TRACE, 5)

    assert sorted(span.name for span in spans) == sorted(NAMES)
    request, publish, process, send = chain(spans, CALLER)
    [book] = [span for span in spans if span.name == "book"]
    assert [each.name for each in (request, publish, process, send)] == [NAMES[0], *NAMES[2:]]
    assert book.parent_id == request.span_id
    assert [each.kind for each in (request, book, publish, process, send)] == [
        "SERVER",
        "CLIENT",
        "PRODUCER",
        "CONSUMER",
        "CLIENT",
    ]
    assert [each.service for each in (request, publish, process)] == ["punctual-api"] * 2 + ["punctual-notifier"]
    assert request.attributes["http.response.status_code"] == 200
    assert process.attributes["punctual.job.outcome"] == "succeeded"
    assert send.attributes["punctual.smtp.reply_code"] == 250
    assert not [span.name for span in spans if span.is_error]
    told = str([span.attributes for span in spans])
    assert "@" not in told
    assert "checkup" not in told


async def test_a_retry_goes_on_in_the_same_trace_and_says_what_was_at_fault(world: World) -> None:
    world.mailbox.fail(Fault(code=451, count=1))
    async with collecting() as collector:
        world.settings.update(AT_ONCE | {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
        async with world.api() as api, world.notifier():
            headers = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
            await world.client(api)("POST", "/api/client/appointments", a_wish(), headers=headers)
            spans = await complete(collector, TRACE, 7)

    attempts = [span for span in spans if span.name == "process notifications.high"]
    assert [each.attributes["punctual.job.outcome"] for each in attempts] == ["retrying", "succeeded"]
    assert [each.attributes.get("error.type") for each in attempts] == ["server", None]
    assert [each.is_error for each in attempts] == [True, False]


async def test_what_the_caller_does_not_sample_is_not_exported_and_a_collector_that_is_away_stops_nothing(
    world: World,
) -> None:
    async with collecting() as collector:
        world.settings.update(AT_ONCE)
        away = f"http://127.0.0.1:{free_port()}"
        async with world.api(TRACING_ENDPOINT=collector.url) as api, world.notifier(TRACING_ENDPOINT=away) as notifier:
            client = world.client(api)
            headers = {"traceparent": f"00-{TRACE}-{CALLER}-00"}
            await client("POST", "/api/client/appointments", a_wish(), headers=headers)
            await client.book()
            await eventually(lambda: len(world.mails()) == 2)
            await eventually(lambda: "book" in [span.name for span in collector.spans])
            assert not collector.of_trace(TRACE)
            await notifier.stop()
            await api.stop()


def test_without_an_endpoint_nothing_of_opentelemetry_is_imported() -> None:
    modules = "import api_service.cli, notifier_service.cli, sys"
    found = "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    done = subprocess.run([sys.executable, "-c", f"{modules}; {found}"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
