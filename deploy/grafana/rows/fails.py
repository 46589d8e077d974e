"""Failures, and what is at fault."""

from typing import Final

from deploy.grafana.model import DashboardRow, Panel, PanelQuery

ROW: Final = DashboardRow(
    "What fails?",
    [
        Panel(
            "Attempts by outcome",
            "Every attempt ends in one of these.",
            [PanelQuery("sum by (outcome) (rate(punctual_job_attempts_total[$__rate_interval]))", "{{outcome}}")],
            unit="ops",
            stacked=True,
        ),
        Panel(
            "Retries by reason",
            "Passing trouble: recipient and message are 4xx replies, server is the mail server as a whole.",
            [
                PanelQuery(
                    'sum by (reason) (rate(punctual_job_trouble_total{outcome="retrying"}[$__rate_interval]))',
                    "{{reason}}",
                )
            ],
            unit="ops",
        ),
        Panel(
            "Failures by reason",
            "For good: a person decides. address: none, or not usable; worker: vanished too often; handler: a fault"
            " of ours.",
            [
                PanelQuery(
                    'sum by (reason) (rate(punctual_job_trouble_total{outcome="failed"}[$__rate_interval]))',
                    "{{reason}}",
                )
            ],
            unit="ops",
        ),
        Panel(
            "Mail server errors",
            "By the part at fault, and whether trying again can help.",
            [
                PanelQuery(
                    "sum by (scope, permanent) (rate(punctual_smtp_errors_total[$__rate_interval]))",
                    "{{scope}}, permanent: {{permanent}}",
                )
            ],
            unit="ops",
        ),
        Panel(
            "Mail server: circuit",
            "1 while a notifier holds the mail server for away; its mails are parked and use up no retry.",
            [
                PanelQuery("punctual_smtp_circuit_open", "{{instance}}"),
                PanelQuery(
                    'sum(rate(punctual_job_attempts_total{outcome="parked"}[$__rate_interval]))', "parked a second"
                ),
            ],
        ),
        Panel(
            "Messages that changed nothing",
            "Stale ones follow every restart and redelivery: that they change nothing is the point.",
            [
                PanelQuery(
                    "sum by (reason) (rate(punctual_duplicates_suppressed_total[$__rate_interval]))", "{{reason}}"
                )
            ],
            unit="ops",
        ),
        Panel(
            "Dead letters",
            "recorded: nobody could read it, kept whole; known: its row tells it; recovered: given back to its row.",
            [PanelQuery("sum by (outcome) (rate(punctual_dead_letters_total[$__rate_interval]))", "{{outcome}}")],
            unit="ops",
        ),
        Panel(
            "Workers that vanished",
            "Leases that ran out, by what became of the job.",
            [PanelQuery("sum by (state) (rate(punctual_leases_recovered_total[$__rate_interval]))", "{{state}}")],
            unit="ops",
        ),
        Panel(
            "Dead letters in the queue",
            "Waiting for the recorder; they stay while PostgreSQL is away.",
            [PanelQuery('max(rabbitmq_detailed_queue_messages{queue="notifications.dead"})', "notifications.dead")],
            warn_above=1,
        ),
    ],
)
