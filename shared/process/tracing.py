"""Traces a booking from its request to the mail server, by OpenTelemetry. Without an endpoint, OpenTelemetry is not
even imported.

The row and its message carry the context as a W3C traceparent, so that a trace continues in the next process. Spans
have ids, kinds and codes, but no address, no name and no text of an error.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import ContextVar
from importlib.metadata import version
from threading import Thread
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Literal, Self

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Tracer

Role = Literal["SERVER", "CLIENT", "PRODUCER", "CONSUMER"]
"""The role of a span: OpenTelemetry's span kinds."""
LAST_EXPORT: Final = 3.0
"""Seconds that a stop waits until the collector has the last spans."""
# W3C trace context, version 00; all-zero ids are invalid
_TRACEPARENT: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})")
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)
_tracer: "Tracer | None" = None


class Span:
    """The one span that does nothing, used while tracing is off."""

    traceparent: str | None = None
    """The traceparent for calls made inside this span; None while tracing is off."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def note(self, **attributes: str | int) -> None:
        """Adds attributes; `__` in their names stands for a dot."""


OFF: Final = Span()


class _Recording(Span):
    def __init__(self, span: Any) -> None:
        from opentelemetry.trace import StatusCode

        context = span.get_span_context()
        self.traceparent = f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
        self._span = span
        self._error = StatusCode.ERROR

    def __enter__(self) -> Self:
        self._token = _current.set(self.traceparent)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        _current.reset(self._token)
        if kind is not None and getattr(error, "status", 500) >= 400:  # a redirect is raised, too, and is no error
            self.note(error__type=kind.__qualname__)
        self._span.end()

    def note(self, **attributes: str | int) -> None:
        self._span.set_attributes(_dotted(attributes))
        if "error__type" in attributes:
            self._span.set_status(self._error)


def span(name: str, role: Role, *, parent: str | None = None, **attributes: str | int) -> Span:
    """A span for the length of the block: a child of `parent` (a traceparent), or of the span around it.

    `__` in an attribute's name stands for a dot.
    """
    if _tracer is None:
        return OFF
    from opentelemetry.trace import SpanKind

    return _Recording(
        _tracer.start_span(
            name, _context(parent or _current.get()), kind=SpanKind[role], attributes=_dotted(attributes)
        )
    )


def usable(traceparent: str) -> bool:
    """Whether a trace can continue from this traceparent."""
    return _TRACEPARENT.fullmatch(traceparent) is not None


def enabled() -> bool:
    return _tracer is not None


@asynccontextmanager
async def exporting(endpoint: str | None, service: str) -> AsyncIterator[None]:
    """Exports the spans of the block by OTLP over HTTP to `endpoint` (such as http://collector:4318); None: exports
    nothing.

    Sampling and batching obey OpenTelemetry's own variables (OTEL_TRACES_SAMPLER, OTEL_BSP_…).
    """
    global _tracer
    if endpoint is None:
        yield
        return
    provider = _provider(endpoint, service)
    _tracer = provider.get_tracer("punctual", version("punctual"))
    try:
        yield
    finally:
        _tracer = None
        await _shut_down(provider)


def _provider(endpoint: str, service: str) -> "TracerProvider":
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": service, "service.version": version("punctual")})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces", timeout=5)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    return provider


async def _shut_down(provider: "TracerProvider") -> None:
    """Flushes in a thread, for a limited time: a collector that is away must not delay the stop."""
    thread = Thread(target=provider.shutdown, name="last-export", daemon=True)
    thread.start()
    loop = asyncio.get_running_loop()
    deadline = loop.time() + LAST_EXPORT
    while thread.is_alive() and loop.time() < deadline:  # noqa: ASYNC110 - nothing is left to wake a loop that is gone
        await asyncio.sleep(0.02)


def _context(traceparent: str | None) -> "Context | None":
    """The remote parent that a traceparent names; a new trace if there is none, or an invalid one."""
    from opentelemetry.context import Context
    from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags, set_span_in_context

    found = _TRACEPARENT.fullmatch(traceparent or "")
    if found is None:
        return Context()
    trace, parent, flags = (int(part, 16) for part in found.groups())
    context = SpanContext(trace, parent, is_remote=True, trace_flags=TraceFlags(flags))
    return set_span_in_context(NonRecordingSpan(context), Context())


def _dotted(attributes: dict[str, str | int]) -> dict[str, str | int]:
    return {name.replace("__", "."): value for name, value in attributes.items()}
