"""Decides what a refusal means: passing or for good, and of whom it speaks. By reply code, never by text.

RFC 5321 §4.2.1: 4yz is transient, 5yz permanent. A permanent refusal before a recipient was named speaks of
us or of the whole server (greeting, credentials, sender): that is mended by an operator, for all jobs at
once, so it is retried like an outage and does not fail the jobs one by one.
"""

from typing import Literal

from shared.errors import PunctualError

Scope = Literal["server", "recipient", "message"]
Stage = Literal["connect", "login", "mail", "recipient", "data", "end of data"]

_SPEAKS_OF: dict[Stage, Scope] = {
    "connect": "server",
    "login": "server",
    "mail": "server",
    "recipient": "recipient",
    "data": "message",
    "end of data": "message",
}


class MailError(PunctualError):
    """A mail was not handed over, or nobody can know.

    `detail` has the server's own words, which may echo an address: for job_attempts only. `str()` has none.
    `data_begun`: the message was on its way, so the server may have it although no 250 arrived.
    """

    def __init__(
        self, stage: Stage, what: str, *, code: int | None = None, text: str = "", data_begun: bool = False
    ) -> None:
        super().__init__(f"{what} at {stage}" + (f" ({code})" if code else ""))
        self.code = code
        self.detail = f"{code} {text}" if code else f"{what} at {stage}"
        self.data_begun = data_begun
        self.scope: Scope = "server" if code is None or code == 421 else _SPEAKS_OF[stage]
        self.permanent = code is not None and 500 <= code < 600 and self.scope != "server"


def refused(stage: Stage, code: int, text: str) -> MailError:
    """What a reply that is no success means."""
    return MailError(stage, "refused", code=code, text=text)


def interrupted(stage: Stage, what: str, *, data_begun: bool = False) -> MailError:
    """What a time-out or a broken connection means: the server is at fault, and may be well again soon."""
    return MailError(stage, what, data_begun=data_begun)
