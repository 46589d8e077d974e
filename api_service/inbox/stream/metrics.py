"""The metrics of the live stream."""

from prometheus_client import Counter, Gauge

from shared.process.metrics import closed

OPEN = Gauge("punctual_streams_open", "Event streams that this process holds open.")
EVENTS = closed(
    Counter(
        "punctual_stream_events_total",
        "Events written to streams: notification, unread (the count of unread ones), reset (load the list anew), end.",
        ["event"],
    ),
    ("notification", "unread", "reset", "end"),
)
ENDED = closed(
    Counter(
        "punctual_streams_ended_total",
        "Streams that ended: gone (the client went), slow (it did not take what was written in time), expired (its"
        " token did), stopping (this process stops), failed (a fault of ours). All but the first are resumed by"
        " Last-Event-ID.",
        ["reason"],
    ),
    ("gone", "slow", "expired", "stopping", "failed"),
)
REFUSED = closed(
    Counter(
        "punctual_streams_refused_total",
        "Streams that were not opened: client (it has as many as one may have), process (this one does).",
        ["limit"],
    ),
    ("client", "process"),
)
