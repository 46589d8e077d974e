"""The confirmation that every peer sends: plain text and HTML, of the same templates."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from typing import Any, Final

import jinja2

SENDER: Final = "a@peer.example"
RECIPIENT: Final = "b@peer.example"
_templates = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True)
_MARK: Final = "zz{}zz"


def fields(row: Sequence[object]) -> dict[str, str]:
    """The values of the templates, of an appointment's row; columns behind the sixth are read, but not written."""
    appointment_id, doctor_id, client, day, clock, reason = row[:6]
    return {
        "id": str(appointment_id),
        "doctor": f"Dr. Ada {doctor_id}",
        "client": str(client),
        "when": f"{day:%A, %d %B %Y}, {clock:%H:%M}",
        "reason": str(reason),
    }


def built(facts: Mapping[str, str], **encoding: Any) -> EmailMessage:
    """As the standard library's documentation shows. `encoding`: arguments that set_content takes beside."""
    message = EmailMessage()
    message["From"], message["To"] = SENDER, RECIPIENT
    message["Subject"] = f"Your appointment with {facts['doctor']}"
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{facts['id']}@peer.example>"
    message.set_content(_templates.get_template("letter.txt").render(facts), **encoding)
    message.add_alternative(_templates.get_template("letter.html").render(facts), subtype="html", **encoding)
    return message


class Prebuilt:
    """A mail that was built once, and is only filled afterwards."""

    def __init__(self) -> None:
        names = ("id", "doctor", "client", "when", "reason")
        # 8bit: in quoted-printable a mark might be broken in two
        self._text = built({name: _MARK.format(name) for name in names}, cte="8bit").as_bytes().decode()
        self._names = names

    def fill(self, facts: Mapping[str, str]) -> bytes:
        text = self._text
        for name in self._names:
            text = text.replace(_MARK.format(name), facts[name])
        return text.encode()
