"""Says the active faults in words, and offers those that people try most as buttons."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from deploy.local.mailbox.faults import Fault, Stage

_PLACES: Final[Mapping[Stage, str]] = {
    Stage.CONNECT: "a new connection",
    Stage.EHLO: "the greeting",
    Stage.MAIL: "the sender",
    Stage.RCPT: "the recipient",
    Stage.DATA: "the command DATA",
    Stage.END_OF_DATA: "a mail",
    Stage.AFTER_ACCEPT: "a mail that is kept",
}


@dataclass(frozen=True, slots=True)
class FaultButton:
    """`make`: the fault, for so many times or (None) until it is cleared."""

    name: str
    words: str
    make: Callable[[int | None], Fault]


BUTTONS: Final = {
    button.name: button
    for button in (
        FaultButton("later", "Answer 451", lambda count: Fault(code=451, count=count)),
        FaultButton("never", "Answer 550", lambda count: Fault(code=550, count=count)),
        FaultButton("hang", "Do not answer", lambda count: Fault(hang=Stage.END_OF_DATA, count=count)),
        FaultButton("hang-up", "Hang up", lambda count: Fault(drop=Stage.END_OF_DATA, count=count)),
        FaultButton("down", "Switch off", lambda _: Fault(down=True)),
    )
}


def in_words(fault: Fault) -> str:
    """
    >>> in_words(Fault(code=451, count=1)), in_words(Fault(hang=Stage.EHLO)), in_words(Fault(down=True))
    ('answers a mail with 451, once', 'does not answer the greeting', 'is switched off')
    """
    if fault.down:
        return "is switched off"
    place = f"the recipient {fault.refuse}" if fault.refuse else _PLACES[fault.stage]
    if fault.hang:
        what = f"does not answer {place}"
    elif fault.drop:
        what = f"hangs up at {place}"
    else:
        what = f"answers {place} with {fault.code}" if fault.code else f"answers {place}"
    late = f", {fault.delay:g} s late" if fault.delay else ""
    times = "" if fault.count is None else ", once" if fault.count == 1 else f", {fault.count} times"
    return f"{what}{late}{times}"
