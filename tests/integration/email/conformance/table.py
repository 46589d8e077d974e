"""Says what is right for each answer at each stage: the tests hold the session to it, and docs/smtp.md shows it.

A cell says what becomes of the job (S sent, R retry, F fails, P parked, Q possibly sent: a retry that is used up and
recorded as such), how often the server has the mail then, and whether the connection is kept or ended. Where PIPELINING
makes a difference, the cell without it follows the bar.
"""

from collections.abc import Mapping
from typing import Final

from tests.support.scripted_smtp import STAGES, Stage

# each row: greeting, EHLO, MAIL, RCPT, DATA, end of the message
TABLE: Final[Mapping[str, str]] = {
    "the right one": "S1k S1k S1k S1k S1k S1k",
    "the right one, byte by byte": "S1k S1k S1k S1k S1k S1k",
    "the right one, line ends without CR": "S1k S1k S1k S1k S1k S1k",
    "the right one, on many lines": "S1k S1k S1k S1k S1k S1k",
    "the right one, its code alone": "S1k S1k S1k S1k S1k S1k",
    "the right one, twice": "P0e S1k R0e R0e R0e S1e",
    "the right one, too late": "P0e P0e R0e|P0e R0e R0e Q1e",
    "the right one, then hangs up": "P0e P0e R0e R0e Q0e S1e",
    "none, hangs up": "P0e P0e R0e|P0e R0e R0e Q0e",
    "none, hangs up with the message": "P0e P0e R0e|P0e R0e R0e Q1e",
    "none, hangs": "P0e P0e R0e|P0e R0e R0e Q0e",
    "`421 4.3.2`, hangs up": "P0e P0e P0e R0e R0e R0e",
    "`421 4.3.2`, goes on": "P0e P0e P0e R0e R0e R0e",
    "`450 4.2.0`": "P0e P0e P0k R0k R0k R0k",
    "`450 4.7.1`": "P0e P0e P0k R0k R0k R0k",
    "`451 4.3.0`": "P0e P0e P0k R0k R0k R0k",
    "`451`": "P0e P0e P0k R0k R0k R0k",
    "`452 4.3.1`": "P0e P0e P0k R0k R0k R0k",
    "`452 4.5.3`": "P0e P0e P0k R0k R0k R0k",
    "`451 4.3.0`, hangs up": "P0e P0e P0e R0e R0e R0e",
    "`500 5.5.1`": "P0e P0e P0k R0k R0k R0k",
    "`501 5.1.3`": "P0e P0e P0k F0k F0k F0k",
    "`503 5.5.1`": "P0e P0e P0k R0k R0k R0k",
    "`504 5.5.2`": "P0e P0e P0k R0k R0k R0k",
    "`530 5.7.0`": "P0e P0e P0k R0k R0k R0k",
    "`535 5.7.8`": "P0e P0e P0k R0k R0k R0k",
    "`550 5.1.1`": "P0e P0e P0k F0k F0k F0k",
    "`550 5.1.8`": "P0e P0e P0k R0k R0k R0k",
    "`550 5.2.1`": "P0e P0e P0k F0k F0k F0k",
    "`550 5.4.5`": "P0e P0e P0k R0k R0k R0k",
    "`550 5.7.1`": "P0e P0e P0k R0k R0k R0k",
    "`550 5.7.26`": "P0e P0e P0k R0k R0k R0k",
    "`550`": "P0e P0e P0k F0k F0k F0k",
    "`552 5.2.2`": "P0e P0e P0k R0k R0k R0k",
    "`552 5.3.4`": "P0e P0e F0k F0k F0k F0k",
    "`552`": "P0e P0e P0k R0k R0k R0k",
    "`554`": "P0e P0e P0k F0k F0k F0k",
    "`554 2.0.0` (at odds with itself)": "P0e P0e P0k F0k F0k F0k",
    "`550 5.1.1`, hangs up": "P0e P0e P0e F0e F0e F0e",
    "`550 5.1.1`, byte by byte": "P0e P0e P0k F0k F0k F0k",
    "`550 5.1.1` cut off, hangs up": "P0e P0e R0e|P0e R0e R0e Q0e",
    "a success of the wrong class": "P0e P0e P0e R0e R0e Q0e",
    "`199`": "P0e P0e R0e|P0e R0e R0e Q0e",
    "`600`": "P0e P0e R0e|P0e R0e R0e Q0e",
    "`²50` (no ASCII digits)": "P0e P0e R0e|P0e R0e R0e Q0e",
    "`٢٥٠` (no ASCII digits)": "P0e P0e R0e|P0e R0e R0e Q0e",
    "garbage": "P0e P0e R0e|P0e R0e R0e Q0e",
    "an empty line": "P0e P0e R0e|P0e R0e R0e Q0e",
    "a reply of two codes": "P0e P0e R0e|P0e R0e R0e Q1e",
    "a reply without end": "P0e P0e R0e|P0e R0e R0e Q1e",
    "a line without end": "P0e P0e R0e|P0e R0e R0e Q1e",
}
_UNTOLD: Final = (
    "the right one, too late",
    "none, hangs up",
    "none, hangs up with the message",
    "none, hangs",
    "`550 5.1.1` cut off, hangs up",
    "`199`",
    "`600`",
    "`²50` (no ASCII digits)",
    "`٢٥٠` (no ASCII digits)",
    "garbage",
    "an empty line",
    "a reply without end",
    "a line without end",
)
PLAIN: Final[Mapping[tuple[str, Stage], str]] = {
    **{(kind, "data"): "Q0e" for kind in _UNTOLD},
    ("the right one, then hangs up", "recipient"): "Q0e",
    ("the right one, twice", "hello"): "R0e",
    ("the right one, twice", "data"): "Q1e",
    ("the right one, twice", "end of data"): "S1k",
    ("a reply of two codes", "mail"): "P0k",
    ("a reply of two codes", "recipient"): "F0k",
    ("a reply of two codes", "data"): "F0k",
    ("a reply of two codes", "end of data"): "F1k",
}
"""Where aiosmtplib's documented commands end otherwise (LIBRARY_INTERNALS=off). They send DATA and the message by one
call, which does not tell how far it came; they keep a second reply for the next command; and they take the last line's
code of a reply with two."""
ENDS_LATER: Final[Mapping[tuple[str, Stage], str]] = {("the right one, then hangs up", "hello"): "R0e"}
"""Where MAIL may have been sent before the end of the connection is noticed, as it is by asyncio of Python 3.13."""
ENDS: Final = {"S": "sent", "R": "retry", "F": "fails", "P": "parked", "Q": "possibly sent"}
SESSIONS: Final = {"k": "kept", "e": "ended"}


def expected(kind: str, stage: Stage, *, pipelining: bool, plain: bool = False) -> str:
    """As `str(Seen)` has it. `plain`: by aiosmtplib's documented commands alone."""
    if plain and (kind, stage) in PLAIN:
        return spelled(PLAIN[kind, stage])
    cell = TABLE[kind].split()[STAGES.index(stage)]
    with_it, _, without = cell.partition("|")
    return spelled(with_it if (pipelining and not plain) or not without else without)


def spelled(code: str) -> str:
    return f"{ENDS[code[0]]}, {code[1]}, {SESSIONS[code[2]]}"
