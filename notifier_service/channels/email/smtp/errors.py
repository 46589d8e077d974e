"""The error of a hand-over, with what it means for the job and for the jobs behind it."""

from notifier_service.channels.email.smtp.classification import OF_MAIL, Cause, Scope, Stage, classify, status_of
from shared.errors import PunctualError

__all__ = ["Cause", "MailError", "Scope", "Stage", "interrupted", "refused", "unsayable"]


class MailError(PunctualError):
    """A mail was not handed over, or nobody can know.

    `detail` has the server's own words, which may echo an address: for job_attempts only. `str()` has none.
    `data_begun`: the end of the message was on its way and no reply came, so the server may have it.
    `session_over`: what the connection would say next answers nothing that is known.
    `of_mail`: the server knew for whom the mail was, so that its answer may be meant for that one alone; otherwise it
    speaks of us or of the server for certain.
    `asked`: False where the mail cannot be sent there, by what the server offers, so that it was not even asked.
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
    """What a reply that is no success means."""
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
    """The refusal that a server would have to give, which we know before we ask."""
    error = refused(stage, code, text)
    error.asked = False
    return error


def interrupted(
    stage: Stage, what: str, *, cause: Cause = "unreachable", data_begun: bool = False, of_mail: bool | None = None
) -> MailError:
    """What a time-out, a broken connection or garbage means: the server is at fault, and may be well again soon."""
    return MailError(stage, what, scope="server", cause=cause, data_begun=data_begun, of_mail=of_mail)
