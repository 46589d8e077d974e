"""Celery's tasks: late acks, a connection to the database and to the mail server kept by each worker process."""

import os
import smtplib
from functools import cache
from uuid import uuid4

import psycopg
from celery import Celery

from tests.bench.peers import letter
from tests.bench.peers.schema import READ, TELL, percents

app = Celery("peer", broker=os.environ["AMQP_URL"].replace("amqp://", "pyamqp://"))
app.conf.update(
    task_acks_late=True,
    task_ignore_result=True,
    worker_hijack_root_logger=False,
    worker_prefetch_multiplier=int(os.environ.get("PREFETCH", "4")),
    broker_connection_retry_on_startup=True,
)


@app.task  # type: ignore[untyped-decorator]
def confirm(appointment_id: str) -> None:
    """The e-mail and the row for the inbox."""
    with _database().transaction():
        facts = letter.fields(_database().execute(percents(READ), (appointment_id,)).fetchone() or ())
        _database().execute(percents(TELL), (uuid4(), appointment_id, "Your appointment is booked", facts["when"]))
    _mail_server().send_message(letter.built(facts))


@app.task  # type: ignore[untyped-decorator]
def remind(message_id: str) -> None:
    """A mail at its ETA."""
    text = f"Message-ID: <{message_id}@peer.example>\r\n\r\nhello\r\n"
    _mail_server().sendmail(letter.SENDER, [letter.RECIPIENT], text)


@cache
def _database() -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(os.environ["DATABASE_URL"], autocommit=True)


@cache
def _mail_server() -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", int(os.environ["SMTP_PORT"]))
