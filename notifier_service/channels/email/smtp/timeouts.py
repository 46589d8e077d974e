"""Knows how long each step with a mail server may take (RFC 5321 §4.5.3.2)."""

from dataclasses import dataclass
from typing import Self

from notifier_service.channels.email.smtp.classification import Stage


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds, each from the moment at which the step was begun. RFC 5321 asks for 5 minutes up to RCPT, 2 for DATA, 3
    for each piece of the message, and 10 for the answer to its end: that one above all, since a mail whose 250 nobody
    waited for is sent twice."""

    greeting: float
    """TCP with TLS where the connection begins with it, and the greeting: each."""
    login: float
    """Each of EHLO, STARTTLS and AUTH."""
    mail: float
    recipient: float
    data: float
    block: float
    """Without a single octet of the message being taken."""
    end_of_data: float

    @classmethod
    def of(cls, each: float, *, end_of_data: float = 600.0) -> Self:
        """The same for every step but the last."""
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
