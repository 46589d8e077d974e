"""The error of a hand-over, and its meaning for the job and for the jobs behind it."""

from notifier_service.channels.email.smtp.classification import OF_MAIL, Cause, Scope, Stage, classify, status_of
from shared.errors import PunctualError

__all__ = ["Cause", "MailError", "Scope", "Stage", "interrupted", "refused", "unsayable"]


class MailError(PunctualError):
    """A mail was not handed over, or nobody can know whether it was.

    `detail`: the server's own text, which may echo an address, so it is for job_attempts only; `str()` leaves it out.
    `data_begun`: the end of the message was sent and no reply came, so the server may have it. `session_over`: the next
    reply on this connection cannot be matched to a command. `of_mail`: the server knew the recipient, so its answer may
    concern only that one; otherwise the answer is about us or the server. `asked`: False if the mail was not even
    offered, since the server cannot take it by its own offer.
    """

    def __init__(
        self,
        stage: Stage,
        what: str,
        *,
        scope: Scope,
        cause: Cause,
        code: int | None = None,
        text: str = "",
        permanent: bool = False,
        data_begun: bool = False,
        of_mail: bool | None = None,
    ) -> None:
        super().__init__(f"{what} at {stage}" + (f" ({code})" if code else ""))
        self.stage = stage
        self.code = code
        self.enhanced = None if code is None else status_of(code, text)
        self.detail = f"{code} {text}" if code else f"{what} at {stage}"
        self.data_begun = data_begun
        self.of_mail = stage in OF_MAIL if of_mail is None else of_mail
        self.session_over = code is None or code == 421
        self.scope: Scope = scope
        self.cause: Cause = cause
        self.permanent = permanent
        self.asked = True


def refused(stage: Stage, code: int, text: str) -> MailError:
    """The error for a refusal."""
    verdict = classify(stage, code, text)
    return MailError(
        stage,
        "refused",
        scope=verdict.scope,
        cause=verdict.cause,
        permanent=verdict.permanent,
        code=code,
        text=text,
    )


def unsayable(stage: Stage, code: int, text: str) -> MailError:
    """The error for a refusal that we know before we ask."""
    error = refused(stage, code, text)
    error.asked = False
    return error


def interrupted(
    stage: Stage, what: str, *, cause: Cause = "unreachable", data_begun: bool = False, of_mail: bool | None = None
) -> MailError:
    """The error for a time-out, a broken connection or garbage: the server is at fault, and may soon be well again."""
    return MailError(stage, what, scope="server", cause=cause, data_begun=data_begun, of_mail=of_mail)
