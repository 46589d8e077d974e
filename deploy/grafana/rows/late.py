"""How late people are told, and which step takes the time."""

from typing import Final

from deploy.grafana.model import DashboardRow, Panel, PanelQuery, percentiles

ROW: Final = DashboardRow(
    "How late?",
    [
        Panel(
            "Commit to sent",
            "From a booking's commit to the mail server's acceptance, first attempts. Milliseconds when all is well.",
            percentiles("punctual_commit_to_sent_seconds"),
            unit="s",
        ),
        Panel(
            "Reminder lateness",
            "From the due time to the mail server's acceptance, first attempts. 100 ms is the promise for p99.",
            percentiles("punctual_reminder_lateness_seconds"),
            unit="s",
            warn_above=0.1,
        ),
        Panel(
            "One hand-over to the mail server",
            "If this grows, everything above grows with it, and it is not ours.",
            percentiles("punctual_smtp_send_duration_seconds"),
            unit="s",
        ),
        Panel(
            "From claim to commit of the outcome",
            "What a worker is busy with, by kind.",
            percentiles("punctual_job_duration_seconds", by="kind"),
            unit="s",
        ),
        Panel(
            "What waits longest",
            "The oldest due job, wherever it waits, and the due row that the relay has not taken yet.",
            [
                PanelQuery("max(punctual_oldest_due_job_age_seconds)", "oldest due job"),
                PanelQuery("max(punctual_relay_lag_seconds)", "relay lag"),
            ],
            unit="s",
            warn_above=120,
        ),
        Panel(
            "Held back on purpose",
            "Seconds waited a second for EMAIL_RATE, over all messages; and mails whose address has had its share of"
            " the hour.",
            [
                PanelQuery(
                    "sum(rate(punctual_email_rate_limited_seconds_total[$__rate_interval]))", "waiting for the rate"
                ),
                PanelQuery("sum(rate(punctual_email_turns_waited_total[$__rate_interval]))", "mails put off"),
            ],
        ),
    ],
)
