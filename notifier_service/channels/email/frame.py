"""The frame of a mail: header fields and MIME parts, where only the values of each mail are left to be filled in."""

from typing import Final

_FRAME: Final = (
    "From: {sender}\r\n"
    "To: %(recipient)b\r\n"
    "{reply_to}"
    "Subject: %(subject)b\r\n"
    "Date: %(date)b\r\n"
    "Message-ID: <%(job_id)b@{domain}>\r\n"
    # of no mail that there is: mail programs show those that answer the same one as one thread (RFC 5256 §3)
    "In-Reply-To: <appointment-%(appointment_id)b@{domain}>\r\n"
    "References: <appointment-%(appointment_id)b@{domain}>\r\n"
    "Auto-Submitted: auto-generated\r\n"  # RFC 3834: no vacation notice answers it
    "{job_header}"
    "{unsubscribe}"
    "Content-Language: {language}\r\n"
    "MIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed; boundary="=_m%(boundary)b"\r\n'
    "\r\n"
    "--=_m%(boundary)b\r\n"
    'Content-Type: multipart/alternative; boundary="=_a%(boundary)b"\r\n'
    "\r\n"
    "--=_a%(boundary)b\r\n"  # "=_" can stand in no quoted-printable text
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n%(text)b"
    "--=_a%(boundary)b\r\n"
    "Content-Type: text/html; charset=utf-8\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n%(html)b"
    # RFC 6047 §2.4; the attachment has a type of its own, lest a program counts the invitation twice. The line end in
    # front of a boundary is the boundary's: hence another one behind the calendar
    "--=_a%(boundary)b\r\n"
    "Content-Type: text/calendar; charset=utf-8; method={method}; component=VEVENT\r\n"
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n%(calendar)b\r\n"
    "--=_a%(boundary)b--\r\n"
    "--=_m%(boundary)b\r\n"
    'Content-Type: application/ics; name="appointment.ics"\r\n'
    'Content-Disposition: attachment; filename="appointment.ics"\r\n'
    "Content-Transfer-Encoding: quoted-printable\r\n"
    "\r\n%(calendar)b\r\n"
    "--=_m%(boundary)b--\r\n"
)
# RFC 2369 and RFC 8058: mail programs show a button of their own
_UNSUBSCRIBE: Final = "List-Unsubscribe: <%(unsubscribe)b>\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"


def mail_frame(
    *,
    sender: str,
    domain: str,
    reply_to: str | None,
    job_header: str | None,
    language: str,
    method: str,
    unsubscribes: bool,
) -> bytes:
    """A template of the % operator, to be filled with bytes: `recipient`, `subject`, `date`, `job_id`,
    `appointment_id`, `boundary`, `text`, `html`, `calendar`, and `unsubscribe` where it `unsubscribes`.

    `sender` and `reply_to`: values of their fields. `domain`: of the Message-IDs. `job_header`: the name of a field for
    the job's id. `method`: of the calendar entry (RFC 5545 §3.7.2)."""
    return _FRAME.format(
        sender=_literal(sender),
        domain=_literal(domain),
        reply_to="" if reply_to is None else f"Reply-To: {_literal(reply_to)}\r\n",
        job_header="" if job_header is None else f"{_literal(job_header)}: %(job_id)b\r\n",
        unsubscribe=_UNSUBSCRIBE if unsubscribes else "",
        language=language,
        method=method,
    ).encode()


def _literal(text: str) -> str:
    return text.replace("%", "%%")
