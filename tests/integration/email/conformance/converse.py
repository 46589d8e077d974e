"""Hands one mail to a scripted server through the notifier's own way, and says what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from uuid import UUID, uuid4

from notifier_service.channels.email.delivery import Mail, MailDelivery, Server
from notifier_service.channels.email.smtp.circuit import Circuit
from notifier_service.channels.email.smtp.mailer import Mailer, SmtpConfig
from notifier_service.channels.email.smtp.timeouts import Timeouts
from notifier_service.channels.outcomes import Fail, Outcome, Park, Retry, Sent
from tests.integration.email.conformance.answers import TIMEOUT
from tests.support.scripted_smtp import ScriptedSmtp, Stage
from tests.support.waiting import eventually

End = Literal["sent", "retry", "fails", "parked", "possibly sent"]
SENDER = "clinic@punctual.example"
MESSAGE = b"Subject: x\r\n\r\n.a line\r\nend\r\n"


@dataclass(frozen=True, slots=True)
class Seen:
    """What came of a mail; how often the server has taken it; whether the connection is used again."""

    end: End
    taken: int
    session: Literal["kept", "ended"]

    def __str__(self) -> str:
        return f"{self.end}, {self.taken}, {self.session}"


PATIENT: Final = Timeouts.of(30.0, end_of_data=30.0)
"""So long that no busy machine is too late."""
_SHORT: Final[Mapping[Stage, tuple[str, ...]]] = {
    "connect": ("greeting",),
    "hello": ("login",),
    "mail": ("mail",),
    "recipient": ("recipient",),
    "data": ("data", "end_of_data"),  # aiosmtplib's documented command has one time-out for both
    "end of data": ("end_of_data",),
}


def waits_briefly_at(stage: Stage) -> Timeouts:
    """For a server that is too late at this stage alone."""
    return replace(PATIENT, **dict.fromkeys(_SHORT[stage], TIMEOUT))


def a_mailer(server: ScriptedSmtp, *, grow_every: float = 60.0, login_pause: float = 0.0, **more: Any) -> Mailer:
    config: dict[str, Any] = {
        "host": "127.0.0.1",
        "security": "none",
        "connections": 2,
        "timeouts": PATIENT,
        "ehlo_name": "punctual.example",
        **more,
    }
    return Mailer(
        SmtpConfig(port=server.port, sender=SENDER, **config),
        grow_every=grow_every,
        login_pause=login_pause,
    )


async def always(job_id: UUID, attempt: int, server: str) -> bool:
    return True


def a_delivery(
    mailer: Mailer, circuit: Circuit | None = None, *, crash_policy: Literal["resend", "hold"] = "resend"
) -> MailDelivery:
    circuit = circuit or Circuit(mailer.trouble)
    return MailDelivery([Server("main", mailer, circuit)], always, crash_policy=crash_policy)


def a_mail(recipient: str = "client@patients.example", message: bytes = MESSAGE) -> Mail:
    return Mail(uuid4(), 1, recipient, message)


def end_of(outcome: Outcome) -> End:
    match outcome:
        case Sent():
            return "sent"
        case Retry(bound_to=None):
            return "retry"
        case Retry() | Fail(bound_to="main"):
            return "possibly sent"
        case Fail():
            return "fails"
        case Park():
            return "parked"
    raise AssertionError(outcome)


async def converse(server: ScriptedSmtp, mailer: Mailer, mail: Mail | None = None, *, hangs_up: bool = False) -> Seen:
    """One mail by a new circuit. `hangs_up`: the server ends the session by itself, which is waited for."""
    before = len(server.taken)
    outcome = await a_delivery(mailer).hand_over(mail or a_mail())
    if hangs_up:
        await eventually(lambda: not mailer.counts[1])
    return Seen(end_of(outcome), len(server.taken) - before, "kept" if mailer.counts[1] else "ended")
