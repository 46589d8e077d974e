"""The clinic's desk, through both real processes: what it does for a client arrives, with its words, in a mail."""

from datetime import UTC, datetime, timedelta

from tests.support.client import Client, a_wish
from tests.support.tokens import a_token
from tests.support.waiting import eventually
from tests.support.world import World

PATH = "/api/staff/appointments"
BACK_DOOR = "Please use the back door,\nand <b>do not</b> eat before."


async def test_the_staff_books_moves_and_cancels_and_the_client_reads_its_words(world: World) -> None:
    async with world.api() as api, world.notifier():
        desk = Client(api.url, a_token("desk-1", "staff"))
        patient = {"id": "client-9", "email": "nine@patients.example", "locale": "de"}
        wish = a_wish(datetime.now(UTC).replace(microsecond=0) + timedelta(days=30))

        booked = (await desk("POST", PATH, wish | {"client": patient, "message": BACK_DOOR})).body
        [mail] = await eventually(lambda: world.mails("bestätigt"))
        assert mail["to"] == ["nine@patients.example"]
        assert "Nachricht der Praxis: Please use the back door,\n  and <b>do not</b> eat before." in mail[
            "text"
        ].replace("\r\n", "\n")
        assert "and &lt;b&gt;do not&lt;/b&gt; eat before." in mail["html"]

        path = f"{PATH}/{booked['id']}"
        later = a_wish(datetime.now(UTC).replace(microsecond=0) + timedelta(days=31))
        to = {name: later[name] for name in ("appointmentDate", "appointmentTime")}
        moved = (await desk("PATCH", path, to | {"message": "The doctor is away that day."})).body
        [mail] = await eventually(lambda: world.mails("verlegt"))
        assert "The doctor is away that day." in mail["text"]
        assert "back door" not in mail["text"]

        await desk("DELETE", path, {"message": "The doctor is ill."})
        [mail] = await eventually(lambda: world.mails("abgesagt"))
        assert "The doctor is ill." in mail["text"]

        told = (await desk("GET", f"{path}/history")).body["items"]
        assert [(each["act"], each["by"]) for each in told] == [
            ("booked", "desk-1"),
            ("moved", "desk-1"),
            ("cancelled", "desk-1"),
        ]
        assert told[1]["before"]["startsAt"] == booked["startsAt"]
        assert told[1]["after"]["startsAt"] == moved["startsAt"]
