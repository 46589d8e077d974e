"""The queues, and the work that waits in them."""

from typing import Final

from deploy.grafana.model import DashboardRow, Panel, PanelQuery, percentiles

ROW: Final = DashboardRow(
    "Where does it queue?",
    [
        Panel(
            "Live jobs by state",
            "From PostgreSQL, every 15 s. Scheduled holds every reminder of the future and may be large.",
            [
                PanelQuery(
                    'max by (state) (punctual_jobs{state=~"scheduled|enqueued|processing|retrying|failed"})',
                    "{{state}}",
                )
            ],
        ),
        Panel(
            "Ready messages by queue",
            "From RabbitMQ. The work queues should be near zero; retry queues hold what waits for its next attempt.",
            [
                PanelQuery(
                    'max by (queue) (rabbitmq_detailed_queue_messages_ready{queue=~"notifications[.].*"})', "{{queue}}"
                )
            ],
        ),
        Panel(
            "Consumers by queue",
            "Retry queues have none: their messages leave by time.",
            [
                PanelQuery(
                    "max by (queue) (rabbitmq_detailed_queue_consumers"
                    '{queue=~"notifications[.](dead|(high|normal)([.][0-9]+)?)"})',
                    "{{queue}}",
                )
            ],
        ),
        Panel(
            "Published by path",
            "direct: at once by the process that committed; sweep: when due, or left behind; delayed: held by the"
            " broker; recovered: the broker had lost it.",
            [PanelQuery("sum by (path) (rate(punctual_jobs_published_total[$__rate_interval]))", "{{path}}")],
            unit="ops",
            stacked=True,
        ),
        Panel(
            "Not published",
            "Refused, returned or unanswered by the broker, and left to the sweep for want of room. Later, not lost.",
            [
                PanelQuery("sum by (reason) (rate(punctual_publish_failures_total[$__rate_interval]))", "{{reason}}"),
                PanelQuery("sum(rate(punctual_relay_overflow_total[$__rate_interval]))", "overflow"),
            ],
            unit="ops",
        ),
        Panel(
            "Messages a confirm batch",
            "How many messages share one wait for the broker: grows with load.",
            percentiles("punctual_relay_batch_size"),
        ),
        Panel(
            "In memory of the services",
            "Committed and not yet given to the broker; ended and not yet committed. Grows while one of them is away.",
            [
                PanelQuery("sum(punctual_relay_waiting)", "to be published"),
                PanelQuery("sum(punctual_outcomes_waiting)", "outcomes to be committed"),
            ],
        ),
        Panel(
            "Unacknowledged messages",
            "With consumers just now: at most the prefetch of all of them.",
            [
                PanelQuery(
                    "max by (queue) (rabbitmq_detailed_queue_messages_unacked"
                    '{queue=~"notifications[.](high|normal)([.][0-9]+)?"})',
                    "{{queue}}",
                )
            ],
        ),
        Panel(
            "Connections to the broker, and pauses",
            "1 while a connection stands: in an outage of RabbitMQ bookings go on. And 1 while an operator has paused a"
            " queue.",
            [
                PanelQuery("punctual_relay_broker_connected", "relay {{instance}}"),
                PanelQuery("punctual_notifier_broker_connected", "notifier {{instance}}"),
                PanelQuery("max by (priority) (punctual_queue_paused)", "{{priority}} paused"),
                PanelQuery("max by (queue) (punctual_shard_paused)", "{{queue}} paused"),
            ],
        ),
    ],
)
