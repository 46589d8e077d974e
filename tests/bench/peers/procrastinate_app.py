"""procrastinate's tasks, for an async worker; connections to the mail server kept."""

import os
from uuid import uuid4

import procrastinate

from tests.bench.peers import letter
from tests.bench.peers.mailing import Mailers
from tests.bench.peers.schema import READ, TELL, percents

connector = procrastinate.PsycopgConnector(conninfo=os.environ["DATABASE_URL"])
app = procrastinate.App(connector=connector)
mailers = Mailers(int(os.environ["SMTP_PORT"]))


@app.task(name="confirm", queue="bookings")  # type: ignore[untyped-decorator]
async def confirm(appointment_id: str) -> None:
    """The e-mail and the row for the inbox."""
    async with connector.pool.connection() as database:
        row = await (await database.execute(percents(READ), (appointment_id,))).fetchone()
        facts = letter.fields(tuple(row.values()) if isinstance(row, dict) else row)
        await database.execute(percents(TELL), (uuid4(), appointment_id, "Your appointment is booked", facts["when"]))
    async with mailers.one() as mailer:
        await mailer.send_message(letter.built(facts))


@app.task(name="remind", queue="bookings")  # type: ignore[untyped-decorator]
async def remind(message_id: str) -> None:
    """A mail at its time."""
    text = f"Message-ID: <{message_id}@peer.example>\r\n\r\nhello\r\n"
    async with mailers.one() as mailer:
        await mailer.sendmail(letter.SENDER, [letter.RECIPIENT], text)
