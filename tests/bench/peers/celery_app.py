"""Celery as its documentation recommends for tasks that must not be lost: late acks, an ETA for each task."""

import os
import smtplib

from celery import Celery

app = Celery("peer", broker=os.environ["AMQP_URL"])
app.conf.update(
    task_acks_late=True, worker_prefetch_multiplier=0, task_ignore_result=True, worker_hijack_root_logger=False
)


@app.task  # type: ignore[untyped-decorator]
def remind(message_id: str) -> None:
    with smtplib.SMTP("127.0.0.1", int(os.environ["SMTP_PORT"])) as smtp:
        smtp.sendmail("a@peer.example", ["b@peer.example"], f"Message-ID: <{message_id}@peer.example>\r\n\r\nhello\r\n")
