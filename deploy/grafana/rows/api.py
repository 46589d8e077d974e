"""The requests to the API, and its answers."""

from typing import Final

from deploy.grafana.model import DashboardRow, Panel, PanelQuery, percentiles

ROW: Final = DashboardRow(
    "The API",
    [
        Panel(
            "Requests by route",
            "Without probes and scrapes.",
            [
                PanelQuery(
                    "sum by (method, route) (rate(punctual_http_request_duration_seconds_count{"
                    'route!~"/livez|/readyz|/metrics"}[$__rate_interval]))',
                    "{{method}} {{route}}",
                )
            ],
            unit="reqps",
            stacked=True,
        ),
        Panel(
            "Answers that were errors",
            "4xx are callers' (409: the slot is taken), 5xx are ours.",
            [
                PanelQuery(
                    'sum by (status) (rate(punctual_http_request_duration_seconds_count{status=~"[45].."}'
                    "[$__rate_interval]))",
                    "{{status}}",
                )
            ],
            unit="reqps",
        ),
        Panel(
            "Latency of a booking",
            "Never waits for the broker or the mail server: only for the commit.",
            percentiles("punctual_http_request_duration_seconds", 'method="POST",route="/api/client/appointments"'),
            unit="s",
        ),
        Panel(
            "Latency of everything else",
            "Over all other routes but probes and streams, which stay open.",
            percentiles(
                "punctual_http_request_duration_seconds",
                'route!~"/livez|/readyz|/metrics|/api/client/appointments|.*/stream"',
            ),
            unit="s",
        ),
        Panel(
            "Jobs created",
            "By bookings, moves and cancellations.",
            [PanelQuery("sum by (kind) (rate(punctual_jobs_created_total[$__rate_interval]))", "{{kind}}")],
            unit="ops",
            stacked=True,
        ),
        Panel(
            "Who holds reminders",
            "1 for the delay backend in use: the broker's delayed exchange, or the relay.",
            [PanelQuery("max by (backend) (punctual_delay_backend_info)", "{{backend}}")],
        ),
        Panel(
            "Turned away",
            "Answered 429 by whose limit it was, streams not opened, and connections that did not read their answer.",
            [
                PanelQuery(
                    "sum by (limit) (rate(punctual_http_rate_limited_total[$__rate_interval]))", "429: {{limit}}"
                ),
                PanelQuery(
                    "sum by (limit) (rate(punctual_streams_refused_total[$__rate_interval]))", "stream: {{limit}}"
                ),
                PanelQuery("sum(rate(punctual_http_slow_readers_total[$__rate_interval]))", "slow readers"),
            ],
            unit="reqps",
        ),
        Panel(
            "Open event streams",
            "Clients who see new notifications at once.",
            [PanelQuery("punctual_streams_open", "{{instance}}")],
        ),
        Panel(
            "Streams that ended",
            "All but gone are resumed by the client, from where it was; failed is a fault of ours.",
            [PanelQuery("sum by (reason) (rate(punctual_streams_ended_total[$__rate_interval]))", "{{reason}}")],
            unit="ops",
        ),
    ],
)
