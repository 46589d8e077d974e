"""Says recorded errors and their causes in plain English. Pure."""

import re
from typing import Final

# RFC 5321 §4.2.3 and RFC 3463 §3, in our words: a server's own may echo an address
_REPLIES: Final = {
    "421": "the mail server closes the connection",
    "450": "the mailbox is busy",
    "451": "a local error of the mail server",
    "452": "the mail server has no room",
    "454": "authentication is not possible just now",
    "535": "our credentials were refused",
    "550": "the mailbox is not available",
    "551": "the recipient is not local",
    "552": "the mailbox is over its quota",
    "553": "the mailbox name is not allowed",
    "554": "the message was refused",
}
# how an interrupted session is called in an error, such as "TimeoutError at data"
_INTERRUPTED: Final = {
    "TimeoutError": "the mail server did not answer in time",
    "ConnectionRefusedError": "nothing listens at the mail server's address",
    "ConnectionResetError": "the mail server cut the connection",
    "SMTPServerDisconnected": "the mail server cut the connection",
    "SMTPTimeoutError": "the mail server did not answer in time",
    "gaierror": "the mail server's name is not known",
}
_STATUSES: Final = {
    "1.1": "no such mailbox",
    "1.2": "no such domain",
    "1.3": "the address is malformed",
    "1.6": "the mailbox has moved",
    "2.1": "the mailbox is disabled",
    "2.2": "the mailbox is full",
    "2.3": "the message is too large for the mailbox",
    "3.2": "the mail system accepts nothing just now",
    "4.1": "the recipient's server does not answer",
    "4.4": "the mail cannot be routed",
    "4.7": "the delivery took too long",
    "7.1": "delivery is not authorised",
    "7.8": "our credentials were refused",
    "7.26": "the sender's authentication (SPF, DKIM) failed",
}
_MISSING: Final = {
    "tls": "the mail server offers no encryption (STARTTLS)",
    "login": "the mail server offers no login that we can use",
}
# notifier_service/channels/email/smtp/classification.py has the stages
_STAGES: Final = {
    "connect": "while we connected",
    "hello": "at its greeting",
    "tls": "while encryption was agreed on",
    "login": "while we logged in",
    "mail": "when it was told the sender",
    "recipient": "when it was told the recipient",
    "data": "before it took the mail",
    "end of data": "after it was given the mail",
}
OWN_FAULT: Final = "a fault in Punctual itself; the log has its traceback"
UNNAMED: Final = "the connection to the mail server broke"
_AT: Final = re.compile(rf"(?P<what>[\w ]*\w) at (?P<stage>{'|'.join(_STAGES)})(?: \(\d+\))?$")
_CLASS: Final = re.compile(r"[A-Za-z_]\w*(Error|Exception|Group|Warning|Disconnected)\b|gaierror")
_FAULT: Final = re.compile(rf"(?:{_CLASS.pattern})(?::|$)")


def in_english(error: str | None) -> str:
    """A recorded error in another language, in English; empty if it is English already.

    >>> in_english("TimeoutError at data")
    'the mail server did not answer in time, before it took the mail'
    >>> in_english("550 5.1.1 no such user"), in_english("KeyError: 'x'") == OWN_FAULT
    ('', True)
    """
    line = (error or "").partition("\n")[0].strip()
    if _FAULT.match(line):
        return OWN_FAULT
    found = _AT.search(line)
    if found is None:
        return ""
    what, stage = found["what"].strip(), found["stage"]
    if what.endswith("not offered"):
        return _MISSING.get(stage, "")
    if not _CLASS.fullmatch(what):
        return ""
    return f"{_INTERRUPTED.get(what, UNNAMED)}, {_STAGES[stage]}"


def cause(group: str | None) -> str:
    """What an error group means: a mail server's code, an interrupted session, or a fault of our own.

    >>> cause("SMTP 550 5.1.1"), cause("SMTP 571"), cause("TimeoutError at data")
    ('no such mailbox', '', 'the mail server did not answer in time, before it took the mail')
    >>> cause("KeyError: …")
    'a fault in Punctual itself; the log has its traceback'
    """
    words = (group or "").split()
    if not words:
        return ""
    if words[0] != "SMTP":
        return in_english(group)
    status = words[2].partition(".")[2] if len(words) > 2 else ""
    return _STATUSES.get(status) or _REPLIES.get(words[1], "")
