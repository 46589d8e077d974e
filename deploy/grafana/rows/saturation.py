"""Limits of resources that are nearly reached."""

from typing import Final

from deploy.grafana.model import DashboardRow, Panel, PanelQuery, percentiles

ROW: Final = DashboardRow(
    "Is anything full?",
    [
        Panel(
            "Database connections in use",
            "Of each process's pool. At 100 % requests and workers wait for one.",
            [
                PanelQuery(
                    'punctual_database_connections{state="busy"} / ignoring(state) punctual_database_connections_max',
                    "{{job}} {{instance}}",
                )
            ],
            unit="percentunit",
            warn_above=0.9,
        ),
        Panel(
            "Workers in use",
            "Jobs worked on, of HIGH_WORKERS and NORMAL_WORKERS.",
            [
                PanelQuery(
                    "sum by (priority) (punctual_jobs_in_flight) / sum by (priority) (punctual_workers)",
                    "{{priority}}",
                )
            ],
            unit="percentunit",
            warn_above=0.9,
        ),
        Panel(
            "Mail server connections in use",
            "Of SMTP_CONNECTIONS. At 100 % hand-overs wait for one.",
            [
                PanelQuery(
                    'punctual_smtp_connections{state="busy"} / ignoring(state) punctual_smtp_connections_max',
                    "{{instance}}",
                )
            ],
            unit="percentunit",
            warn_above=0.9,
        ),
        Panel(
            "Event loop lag",
            "How late timers fire: above 100 ms a process has too much to do.",
            percentiles("punctual_event_loop_lag_seconds", by="job"),
            unit="s",
            warn_above=0.1,
        ),
        Panel(
            "Processor",
            "Cores in use by each process; one is the most that a process can use.",
            [
                PanelQuery(
                    'rate(process_cpu_seconds_total{job=~"api|notifier"}[$__rate_interval])', "{{job}} {{instance}}"
                )
            ],
            warn_above=0.9,
        ),
        Panel(
            "Memory",
            "Resident, of each process.",
            [PanelQuery('process_resident_memory_bytes{job=~"api|notifier"}', "{{job}} {{instance}}")],
            unit="bytes",
        ),
        Panel(
            "RabbitMQ: memory used of its limit",
            "At 100 % it blocks publishers; bookings go on, and are published when it has room.",
            [
                PanelQuery(
                    "rabbitmq_process_resident_memory_bytes / rabbitmq_resident_memory_limit_bytes", "{{instance}}"
                )
            ],
            unit="percentunit",
            warn_above=0.8,
        ),
        Panel(
            "RabbitMQ: disk left above its limit",
            "At zero it blocks publishers.",
            [
                PanelQuery(
                    "rabbitmq_disk_space_available_bytes - rabbitmq_disk_space_available_limit_bytes", "{{instance}}"
                )
            ],
            unit="bytes",
        ),
        Panel(
            "Versions",
            "Processes by the version they run: two during a rolling update, one after it.",
            [PanelQuery("sum by (job, version) (punctual_build_info)", "{{job}} {{version}}")],
        ),
    ],
)
