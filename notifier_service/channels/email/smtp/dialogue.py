"""The SMTP dialogue for one mail: the commands, and the meaning of the replies; with PIPELINING if the server offers
it.

A dialogue reads from top to bottom and does no I/O. It yields the next bytes with the stage of the next reply, and is
sent that reply; or the MailError that came instead is thrown into it. It returns the reply to a mail that was taken, or
raises MailError.
"""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from typing import Final

from notifier_service.channels.email.smtp.errors import MailError, Stage, interrupted, refused, unsayable
from notifier_service.channels.email.smtp.replies import Reply

__all__ = ["Dialogue", "Extensions", "Reply", "Undotted", "mail", "mail_options"]


@dataclass(frozen=True, slots=True)
class Extensions:
    """The server's offer at EHLO."""

    pipelining: bool
    smtputf8: bool
    size: int | None  # the largest message in octets; None: no limit named
    dsn: bool = False  # delivery reports may be asked for


class Undotted(bytes):
    """A message that has no line with a dot at its start, by the way it was written: to look through a whole mail for
    such dots takes as long as to fill it."""

    __slots__ = ()


Dialogue = Generator[tuple[Stage, bytes], Reply, Reply]
_STAGES: Final[tuple[Stage, ...]] = ("mail", "recipient", "data")


def mail(
    sender: str,
    recipient: str,
    message: bytes,
    offered: Extensions,
    *,
    reset: bool = False,
    envelope_id: str | None = None,
) -> Dialogue:
    """Hands over a message of CRLF lines. `reset`: the mail before it was refused halfway. `envelope_id`: printable
    ASCII without + and =, by which reports name the mail (RFC 3461 §4.4); they are asked for where they are offered."""
    options = "".join(f" {each}" for each in mail_options(sender, recipient, smtputf8=offered.smtputf8))
    notify = ""
    if offered.dsn and envelope_id is not None:
        options += f" RET=HDRS ENVID={envelope_id}"
        notify = " NOTIFY=FAILURE,DELAY"
    if offered.size and len(message) > offered.size:
        raise unsayable("end of data", 552, "5.3.4 the message is larger than the server takes")
    if reset:
        reply = yield "mail", b"RSET\r\n"
        if reply.code // 100 != 2:
            raise refused("mail", reply.code, reply.text)
    yield from _begin((f"MAIL FROM:<{sender}>{options}\r\n", f"RCPT TO:<{recipient}>{notify}\r\n", "DATA\r\n"), offered)
    reply = yield "end of data", _stuffed(message)
    if reply.code // 100 == 3:
        # not a reply to a message: nobody can know whether the server has it
        raise interrupted("end of data", "out of step", cause="protocol", data_begun=True)
    if reply.code // 100 != 2:
        raise refused("end of data", reply.code, reply.text)
    return reply


def mail_options(sender: str, recipient: str, *, smtputf8: bool) -> Sequence[str]:
    """The parameters of MAIL for these addresses (RFC 6531 §3.4). `smtputf8`: whether the server offered it. Raises
    MailError."""
    if recipient.isascii() and sender.isascii():
        return ()
    if not smtputf8:
        raise unsayable("recipient", 553, "5.6.7 the server takes no internationalized addresses")
    return ("SMTPUTF8",)


def _begin(commands: tuple[str, str, str], offered: Extensions) -> Generator[tuple[Stage, bytes], Reply, None]:
    """The dialogue up to the 354 of DATA.

    All commands go in one write (RFC 2920), but every reply is awaited before the message. The first refusal decides,
    even if the server hangs up before its other replies (RFC 5321 §3.8).
    """
    if offered.pipelining:
        commands = ("".join(commands), "", "")
    wrong: MailError | None = None
    for stage, command in zip(_STAGES, commands, strict=True):
        try:
            reply = yield stage, command.encode()
        except MailError as error:
            raise _over(wrong or error) from None
        kind = reply.code // 100
        if kind in (4, 5):
            wrong = wrong or refused(stage, reply.code, reply.text)
        elif kind != (3 if stage == "data" else 2):
            # RFC 5321 §4.3.2 has no such reply: from here on nobody knows which reply answers which command
            raise _over(wrong or interrupted(stage, "out of step", cause="protocol"))
        if wrong is not None and not offered.pipelining:
            raise wrong
    if wrong is None:
        return
    if kind == 3:
        # RFC 2920 §3.1: DATA was accepted although no recipient was; a lone dot ends it
        yield from _lone_dot(wrong)
    raise wrong


def _lone_dot(wrong: MailError) -> Generator[tuple[Stage, bytes], Reply, None]:
    if wrong.stage != "recipient" or wrong.session_over:
        # it may have a recipient, and would deliver an empty mail
        raise _over(wrong)
    try:
        yield "data", b".\r\n"
    except MailError:
        raise _over(wrong) from None


def _over(error: MailError) -> MailError:
    error.session_over = True
    return error


def _stuffed(message: bytes) -> bytes:
    """RFC 5321 §4.5.2: a dot at the start of a line is doubled; a lone dot ends the message."""
    body = message if isinstance(message, Undotted) else message.replace(b"\r\n.", b"\r\n..")
    if body.startswith(b"."):
        body = b"." + body
    return body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n")
