"""procrastinate as its documentation recommends: an async worker, jobs deferred with schedule_at."""

import os

import aiosmtplib
import procrastinate

app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=os.environ["DATABASE_URL"]))


@app.task(name="remind", queue="reminders")  # type: ignore[untyped-decorator]
async def remind(message_id: str) -> None:
    await aiosmtplib.send(
        f"Message-ID: <{message_id}@peer.example>\r\n\r\nhello\r\n",
        sender="a@peer.example",
        recipients=["b@peer.example"],
        hostname="127.0.0.1",
        port=int(os.environ["SMTP_PORT"]),
        start_tls=False,
    )
