"""What the API is asked, and how it answers."""

from typing import Final

from deploy.grafana.model import Panel, Query, Row, percentiles

ROW: Final = Row(
    "The API",
    [
        Panel(
            "Requests by route",
            "Without probes and scrapes.",
            [
                Query(
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
                Query(
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
            "Over all other routes but probes.",
            percentiles(
                "punctual_http_request_duration_seconds",
                'route!~"/livez|/readyz|/metrics|/api/client/appointments"',
            ),
            unit="s",
        ),
        Panel(
            "Jobs created",
            "By bookings, moves and cancellations.",
            [Query("sum by (kind) (rate(punctual_jobs_created_total[$__rate_interval]))", "{{kind}}")],
            unit="ops",
            stacked=True,
        ),
        Panel(
            "Who holds reminders",
            "1 for the delay backend in use: the broker's delayed exchange, or the relay.",
            [Query("max by (backend) (punctual_delay_backend_info)", "{{backend}}")],
        ),
    ],
)
