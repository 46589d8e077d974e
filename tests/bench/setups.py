"""Who is measured: a contender, with how many processes, on a database with how many finished jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.bench.contenders import CONTENDERS, CORE, US, Contender, Peer, Punctual


@dataclass(frozen=True, slots=True)
class Setup:
    """`finished`: finished jobs in the database before, which is kept for all rounds; None: a new database, which is
    gone afterwards. `pending`: reminders that are months ahead."""

    name: str
    contender: Contender
    apis: int = 1
    workers: int = 1
    finished: int | None = None
    pending: int = 0


QUICK: Final = ("Punctual", "Celery", "by hand, mails prebuilt")
ONE_AND_ONE: Final = Setup("1 API, 1 notifier", US)
TWO_AND_TWO: Final = Setup("2 APIs, 2 notifiers", US, 2, 2)
PENDING: Final = 1_000_000


def of_checkout(folder: Path) -> Setup:
    """Punctual as another checkout has it, in whose .venv it is installed. Raises ValueError."""
    scripts = folder.absolute() / ".venv" / "bin"
    if not (scripts / "api-service").exists():
        raise ValueError(f"{scripts}: no api-service there; `make install` in that checkout installs it")
    name = f"Punctual of {folder.absolute().name}"
    return Setup(name, Punctual(name, scripts=scripts))


def of_contenders(names: Sequence[str]) -> list[Setup]:
    """`names` of contenders, or `all`, `core` (those of the targets), `quick` (two peers). Raises ValueError."""
    match list(names):
        case ["all"]:
            chosen = list(CONTENDERS)
        case ["core"]:
            chosen = list(CORE)
        case ["quick"]:
            chosen = [each for each in CONTENDERS if each.name in QUICK]
        case _:
            by_name = {each.name: each for each in CONTENDERS}
            if unknown := [name for name in names if name not in by_name]:
                raise ValueError(f"no such contender: {', '.join(unknown)}; there are {'; '.join(by_name)}")
            chosen = [by_name[name] for name in names]
    return [Setup(each.name, each) for each in chosen]


def reminding(chosen: Sequence[Setup]) -> list[Setup]:
    """Those that keep reminders, and Punctual with a million more of them."""
    keeping = [each for each in chosen if isinstance(each.contender, Peer) and each.contender.scheduler]
    keeping = [each for each in keeping if "our reads" not in each.name]
    return [Setup(US.name, US), Setup(f"{US.name}, {PENDING:,} more pending", US, pending=PENDING), *keeping]


def grown(finished: int) -> list[Setup]:
    """A database without finished jobs, and one with that many."""
    return [Setup(history_name(each), US, finished=each) for each in (0, finished)]


def history_name(finished: int) -> str:
    return f"{finished:,} finished jobs" if finished else "no finished jobs"


def us() -> list[Setup]:
    return [Setup(US.name, US)]
