"""Decides what a refusal is about (the recipient, the message, or us): one table, by the enhanced status (RFC 3463)
first, then by stage and code. Pure.

Servers give their answers at any stage: Postfix delays its verdict on client, name, sender and login until RCPT
(https://www.postfix.org/postconf.5.html#smtpd_delay_reject). So a stage alone says little, and a text is never read.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

Stage = Literal["connect", "hello", "tls", "login", "mail", "recipient", "data", "end of data"]
"""The stage that a reply answers: the greeting, EHLO, STARTTLS, AUTH, MAIL, RCPT, DATA, the message."""
Scope = Literal["server", "recipient", "message"]
Cause = Literal[
    "unreachable", "closing", "connections", "busy", "login", "name", "sender", "permission", "protocol", "route",
    "stopping", "system", "tls", "recipient", "message",
]  # fmt: skip
CAUSES: Final[tuple[Cause, ...]] = get_args(Cause)
OF_GREETING: Final[frozenset[Stage]] = frozenset({"connect", "hello"})
OF_MAIL: Final[frozenset[Stage]] = frozenset({"recipient", "data", "end of data"})
"""Stages at which the server knows the recipient, so its answer may concern only that one."""

_STATUS: Final = re.compile(r"^#?(([245])\.\d{1,3}\.\d{1,3})(?=\s|$)", re.ASCII | re.MULTILINE)
"""The pattern of an enhanced status. Some servers put it on the last line only; Cisco's put a # before it."""


@dataclass(frozen=True, slots=True)
class Classification:
    """What a refusal is about, its cause, and whether another attempt can help."""

    scope: Scope
    cause: Cause
    permanent: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table. `status`: RFC 3463's subject and detail; `codes`: reply codes. Both are patterns of the
    whole; "" matches any. `again`: worth another attempt although the code is 5yz."""

    stages: frozenset[Stage]
    codes: str
    status: str
    scope: Scope
    cause: Cause
    source: str
    again: bool = False


_GREETING: Final[frozenset[Stage]] = frozenset({"connect", "hello"})
_OPENING: Final[frozenset[Stage]] = frozenset({"connect", "hello", "tls", "login"})
_MAIL: Final[frozenset[Stage]] = frozenset({"mail"})
_RCPT: Final[frozenset[Stage]] = frozenset({"recipient"})
_MESSAGE: Final[frozenset[Stage]] = frozenset({"data", "end of data"})
_ANY: Final[frozenset[Stage]] = frozenset(get_args(Stage))

TABLE: Final[tuple[Rule, ...]] = (
    # the server has too many mails from us, or from everybody
    Rule(_GREETING, "421", "", "server", "connections", "RFC 5321 §3.8; the pool asks whether others of ours are open"),
    Rule(_GREETING, "4..", r"3\.2|7\.0", "server", "connections", "RFC 3463 §3.4; Exchange, Gmail"),
    Rule(frozenset({"login"}), "421", "", "server", "login", "RFC 4954 §4; Postfix, Exim: too many logins have failed"),
    Rule(_ANY, "421", "", "server", "closing", "RFC 5321 §3.8: the channel is closed, whatever was asked"),
    # our login and our name, at whatever stage they are checked
    Rule(_ANY, "530|534|535|538", "", "server", "login", "RFC 4954 §4, §6; RFC 3207 §4"),
    Rule(_ANY, "", r"7\.(8|9|10|11|12|13|14)", "server", "login", "RFC 5248 §2.2: credentials, mechanisms, accounts"),
    Rule(frozenset({"login"}), "", "", "server", "login", "RFC 4954 §4"),
    Rule(frozenset({"tls"}), "", "", "server", "tls", "RFC 3207 §4"),
    Rule(frozenset({"hello"}), "5..", "", "server", "name", "RFC 5321 §4.1.4: the EHLO name"),
    Rule(frozenset({"connect"}), "5..", "", "server", "permission", "RFC 5321 §3.1: no service for us"),
    Rule(_OPENING, "", "", "server", "busy", "RFC 5321 §3.1, §4.2.1: the server as a whole"),
    Rule(_ANY, "504", "", "server", "name", "Postfix reject_non_fqdn_helo_hostname, at RCPT (smtpd_delay_reject)"),
    # our sender
    Rule(_ANY, "", r"1\.[78]", "server", "sender", "RFC 3463 §3.2: the sender's address"),
    Rule(_ANY, "", r"7\.2\d", "server", "sender", "RFC 7372: DKIM, SPF, DMARC, reverse DNS of the sender"),
    Rule(_MAIL, "", r"1\..*|2\..*", "server", "sender", "RFC 3463 §3.2: at MAIL no recipient was named yet"),
    # the size, which no waiting changes
    Rule(_ANY, "", r"2\.3|3\.4", "message", "message", "RFC 3463 §3.3, §3.4: larger than may be"),
    # the recipient
    Rule(_RCPT | _MESSAGE, "", r"2\.2", "recipient", "recipient", "RFC 3463 §3.3: full; may be emptied", again=True),
    Rule(_RCPT | _MESSAGE, "", r"[12]\..*", "recipient", "recipient", "RFC 3463 §3.2, §3.3: address, mailbox"),
    Rule(_RCPT | _MESSAGE, "", r"7\.1[78]", "recipient", "recipient", "RFC 7293 §9: the mailbox has another owner"),
    Rule(_RCPT | _MESSAGE, "", r"6\.7", "recipient", "recipient", "RFC 6531 §3.5: no internationalized address"),
    # the message
    Rule(_MESSAGE, "", r"6\..*", "message", "message", "RFC 3463 §3.7: the content"),
    # the server, or its opinion of us
    Rule(_ANY, "", r"3\..*", "server", "system", "RFC 3463 §3.4: the mail system"),
    Rule(_ANY, "", r"4\.5|5\.3", "server", "busy", "RFC 3463 §3.5, §3.6: congestion, quotas, too many recipients"),
    Rule(_ANY, "", r"4\..*", "server", "route", "RFC 3463 §3.5: the network behind the server"),
    Rule(_ANY, "", r"5\..*", "server", "protocol", "RFC 3463 §3.6: how we speak"),
    Rule(_ANY, "", r"7\..*", "server", "permission", "RFC 3463 §3.8: relaying, policy, reputation"),
    Rule(_ANY, "571", "", "server", "permission", "Exchange: delivery not authorized"),
    # no telling status: stage and code decide
    Rule(_MAIL, "452", "", "server", "system", "RFC 5321 §4.2.3: insufficient system storage"),
    Rule(_MAIL, "55.", "", "server", "sender", "RFC 5321 §3.3: the sender is refused"),
    Rule(_MAIL, "4..", "", "server", "busy", "RFC 5321 §4.2.1: at MAIL nothing but us is known"),
    Rule(_ANY, "500|502|503|555", "", "server", "protocol", "RFC 5321 §4.2.2: syntax and sequence of commands"),
    Rule(_MAIL, "", "", "server", "protocol", "RFC 5321 §4.2.2"),
    Rule(_RCPT | _MESSAGE, "552", "", "recipient", "recipient", "RFC 5321 §4.5.3.1.10: treated as 452", again=True),
    Rule(_RCPT, "", "", "recipient", "recipient", "RFC 5321 §3.3, §4.2.1"),
    Rule(_MESSAGE, "", "", "message", "message", "RFC 5321 §4.2.5"),
)  # fmt: skip
"""The first matching row counts."""


def status_of(code: int, text: str) -> str | None:
    """The enhanced status at the start of a line of a reply's text: the first that does not contradict the code; None
    when there is none.

    >>> status_of(550, "5.1.1 no such user"), status_of(250, "5.1.1 ok"), status_of(550, "no such user")
    ('5.1.1', None, None)
    >>> status_of(550, "refused\\n5.7.1 by policy"), status_of(554, "#5.1.0 address rejected")
    ('5.7.1', '5.1.0')
    """
    return next((found[1] for found in _STATUS.finditer(text) if int(found[2]) == code // 100), None)


def classify(stage: Stage, code: int, text: str) -> Classification:
    """The meaning of a refusal.

    >>> classify("recipient", 550, "5.1.1 no such user")
    Classification(scope='recipient', cause='recipient', permanent=True)
    >>> classify("recipient", 554, "5.7.1 relay access denied")
    Classification(scope='server', cause='permission', permanent=False)
    """
    row = row_of(stage, code, text)
    permanent = 500 <= code < 600 and row.scope != "server" and not row.again
    return Classification(row.scope, row.cause, permanent)


def row_of(stage: Stage, code: int, text: str) -> Rule:
    """The row of the table that decides."""
    status = status_of(code, text)
    detail = "" if status is None or status[2:] == "0.0" else status[2:]
    return next(
        row for row in TABLE if stage in row.stages and _matches(row.codes, str(code)) and _matches(row.status, detail)
    )


def _matches(pattern: str, value: str) -> bool:
    return not pattern or re.fullmatch(pattern, value) is not None
