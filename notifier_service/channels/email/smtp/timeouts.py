"""The longest time of each SMTP step (RFC 5321 §4.5.3.2)."""

from dataclasses import dataclass
from typing import Self

from notifier_service.channels.email.smtp.classification import Stage


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds, each from the start of the step. RFC 5321 asks for 5 minutes up to RCPT, 2 for DATA, 3 for each piece of
    the message, and 10 for the answer to its end. The last one matters most: a mail whose 250 nobody awaited is sent
    twice."""

    greeting: float
    """The connection (with TLS if it begins with TLS), and the greeting: each."""
    login: float
    """Each of EHLO, STARTTLS and AUTH."""
    mail: float
    recipient: float
    data: float
    block: float
    """The message, while the server reads nothing of it."""
    end_of_data: float

    @classmethod
    def of(cls, each: float, *, end_of_data: float = 600.0) -> Self:
        """One time for every step except the last."""
        return cls(each, each, each, each, each, each, end_of_data)

    def waiting_for(self, stage: Stage) -> float:
        """The longest wait for the reply at this stage."""
        match stage:
            case "connect":
                return self.greeting
            case "hello" | "tls" | "login":
                return self.login
            case "mail":
                return self.mail
            case "recipient":
                return self.recipient
            case "data":
                return self.data
            case "end of data":
                return self.end_of_data
