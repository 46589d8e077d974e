"""Whether people are told in time: the promise."""

from typing import Final

from deploy.grafana.model import DashboardRow, Panel, PanelQuery

ROW: Final = DashboardRow(
    "Are people being told?",
    [
        Panel(
            "Reminders that were due",
            "Sent, failed or skipped in the time range.",
            [
                PanelQuery(
                    'sum(increase(punctual_told_seconds_count{kind="appointment_reminder"}[$__range]))'
                    ' + sum(increase(punctual_jobs_finished_total{kind="appointment_reminder",'
                    'outcome=~"failed|skipped"}[$__range]))'
                )
            ],
            figure=True,
        ),
        Panel(
            "Sent in time",
            "With the mail server within a second of their due time.",
            [PanelQuery('sum(increase(punctual_told_seconds_bucket{kind="appointment_reminder",le="1.0"}[$__range]))')],
            figure=True,
        ),
        Panel(
            "Sent late",
            "More than a second after their due time, at whatever attempt.",
            [
                PanelQuery(
                    'sum(increase(punctual_told_seconds_count{kind="appointment_reminder"}[$__range]))'
                    ' - sum(increase(punctual_told_seconds_bucket{kind="appointment_reminder",le="1.0"}[$__range]))'
                )
            ],
            figure=True,
            warn_above=1,
        ),
        Panel(
            "Skipped reminders",
            "Opted out, suppressed, booked too late for it, or overtaken by the appointment; each row says why.",
            [
                PanelQuery(
                    'sum(increase(punctual_jobs_finished_total{kind="appointment_reminder",outcome="skipped"}[$__range]))'
                )
            ],
            figure=True,
        ),
        Panel(
            "Confirmations within 60 s",
            "Of all confirmations and changes that were sent or failed. The objective is 99.9 %.",
            [
                PanelQuery(
                    'sum(increase(punctual_told_seconds_bucket{kind!="appointment_reminder",le="60.0"}[$__range]))'
                    ' / (sum(increase(punctual_told_seconds_count{kind!="appointment_reminder"}[$__range]))'
                    ' + sum(increase(punctual_jobs_finished_total{kind!="appointment_reminder",'
                    'outcome="failed"}[$__range])))'
                )
            ],
            unit="percentunit",
            figure=True,
            warn_below=0.999,
        ),
        Panel(
            "Failed, waiting for a person",
            "Jobs that failed for good and were not requeued. Zero is right.",
            [PanelQuery('max(punctual_jobs{state="failed"})')],
            figure=True,
            warn_above=1,
        ),
        Panel(
            "Promise kept: reminders",
            "What became of reminders, a second.",
            [
                PanelQuery(
                    'sum(rate(punctual_told_seconds_bucket{kind="appointment_reminder",le="1.0"}[$__rate_interval]))',
                    "in time",
                ),
                PanelQuery(
                    'sum(rate(punctual_told_seconds_count{kind="appointment_reminder"}[$__rate_interval]))'
                    ' - sum(rate(punctual_told_seconds_bucket{kind="appointment_reminder",'
                    'le="1.0"}[$__rate_interval]))',
                    "late",
                ),
                PanelQuery(
                    "sum by (outcome) (rate(punctual_jobs_finished_total{"
                    'kind="appointment_reminder",outcome!="succeeded"}[$__rate_interval]))',
                    "{{outcome}}",
                ),
            ],
            unit="ops",
            stacked=True,
        ),
        Panel(
            "Confirmations: share late or failed",
            "The line is the pace at which the page goes out: 14.4 times what the objective allows.",
            [
                PanelQuery("punctual:confirmations:bad_ratio5m", "5 min"),
                PanelQuery("punctual:confirmations:bad_ratio1h", "1 h"),
                PanelQuery("punctual:confirmations:bad_ratio6h", "6 h"),
            ],
            unit="percentunit",
            warn_above=0.0144,
        ),
        Panel(
            "E-mails by kind",
            "Jobs that succeeded, a second.",
            [
                PanelQuery(
                    'sum by (kind) (rate(punctual_jobs_finished_total{outcome="succeeded"}[$__rate_interval]))',
                    "{{kind}}",
                )
            ],
            unit="ops",
            stacked=True,
        ),
    ],
)
