"""Answers that a mail server can give, each at every stage; some are made of that stage's right one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from tests.support.scripted_smtp import Answer, Stage, says

TIMEOUT: Final = 0.4
"""Seconds that the session waits for a reply, in these tests."""
LATE: Final = 0.9
HELLO: Final = b"250-scripted\r\n250-PIPELINING\r\n250 SIZE 1000000\r\n"
CODES: Final[Mapping[Stage, bytes]] = {"connect": b"220", "data": b"354"}


def right(stage: Stage) -> bytes:
    """The success of a stage, as bytes."""
    return HELLO if stage == "hello" else CODES.get(stage, b"250") + b" ok\r\n"


def one_line(stage: Stage) -> bytes:
    return CODES.get(stage, b"250") + b" ok\r\n"


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of answers, made for a stage."""

    name: str
    make: Callable[[Stage], Answer]


def _line(text: str, name: str | None = None, **more: object) -> Kind:
    return Kind(name or f"`{text}`", lambda _: says(text, **more))


def _bytes(name: str, text: bytes, **more: object) -> Kind:
    return Kind(name, lambda _: says(text, **more))


def _wrong_class(stage: Stage) -> Answer:
    return says("250 ok") if stage in ("connect", "data") else says("354 go on")


KINDS: Final[tuple[Kind, ...]] = (
    Kind("the right one", lambda stage: says(right(stage))),
    Kind("the right one, byte by byte", lambda stage: Answer(tuple(bytes([each]) for each in right(stage)))),
    Kind("the right one, line ends without CR", lambda stage: says(right(stage).replace(b"\r", b""))),
    Kind("the right one, on many lines", lambda stage: says((one_line(stage)[:3] + b"-x\r\n") * 50 + right(stage))),
    Kind("the right one, its code alone", lambda stage: says(one_line(stage)[:3] + b"\r\n")),
    Kind("the right one, twice", lambda stage: says(right(stage) * 2)),
    Kind("the right one, too late", lambda stage: says(right(stage), late=LATE, takes=stage == "end of data" or None)),
    Kind("the right one, then hangs up", lambda stage: says(right(stage), then="hangs up")),
    _bytes("none, hangs up", b"", then="hangs up"),
    _bytes("none, hangs up with the message", b"", then="hangs up", takes=True),
    _bytes("none, hangs", b"", then="hangs"),
    _line("421 4.3.2 closing", "`421 4.3.2`, hangs up", then="hangs up"),
    _line("421 4.3.2 closing", "`421 4.3.2`, goes on"),
    _line("450 4.2.0 busy", "`450 4.2.0`"),
    _line("450 4.7.1 later", "`450 4.7.1`"),
    _line("451 4.3.0 fault", "`451 4.3.0`"),
    _line("451 fault", "`451`"),
    _line("452 4.3.1 disk full", "`452 4.3.1`"),
    _line("452 4.5.3 too many", "`452 4.5.3`"),
    _line("451 4.3.0 fault", "`451 4.3.0`, hangs up", then="hangs up"),
    _line("500 5.5.1 what", "`500 5.5.1`"),
    _line("501 5.1.3 syntax", "`501 5.1.3`"),
    _line("503 5.5.1 sequence", "`503 5.5.1`"),
    _line("504 5.5.2 your name", "`504 5.5.2`"),
    _line("530 5.7.0 log in", "`530 5.7.0`"),
    _line("535 5.7.8 password", "`535 5.7.8`"),
    _line("550 5.1.1 no such user", "`550 5.1.1`"),
    _line("550 5.1.8 sender", "`550 5.1.8`"),
    _line("550 5.2.1 disabled", "`550 5.2.1`"),
    _line("550 5.4.5 quota", "`550 5.4.5`"),
    _line("550 5.7.1 policy", "`550 5.7.1`"),
    _line("550 5.7.26 DMARC", "`550 5.7.26`"),
    _line("550 no", "`550`"),
    _line("552 5.2.2 full", "`552 5.2.2`"),
    _line("552 5.3.4 too large", "`552 5.3.4`"),
    _line("552 no", "`552`"),
    _line("554 no", "`554`"),
    _line("554 2.0.0 at odds", "`554 2.0.0` (at odds with itself)"),
    _line("550 5.1.1 no such user", "`550 5.1.1`, hangs up", then="hangs up"),
    Kind("`550 5.1.1`, byte by byte", lambda _: Answer(tuple(bytes([each]) for each in b"550 5.1.1 no\r\n"))),
    _bytes("`550 5.1.1` cut off, hangs up", b"550 5.1.1 no su", then="hangs up"),
    Kind("a success of the wrong class", _wrong_class),
    _line("199 hm", "`199`"),
    _line("600 hm", "`600`"),
    _bytes("`²50` (no ASCII digits)", "²50 ok\r\n".encode()),
    _bytes("`٢٥٠` (no ASCII digits)", "٢٥٠ ok\r\n".encode()),
    _bytes("garbage", b"\x00\xff\x16\x03 what?\r\n"),
    _bytes("an empty line", b"\r\n"),
    _bytes("a reply of two codes", b"250-ok\r\n550 no\r\n"),
    _bytes("a reply without end", b"250-more\r\n" * 20_000),
    _bytes("a line without end", b"2" * 200_000),
)
