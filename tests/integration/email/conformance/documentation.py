"""Makes the tables of docs/smtp.md from what the tests hold the code to."""

import importlib
import re
from collections.abc import Iterator
from typing import Final

from notifier_service.channels.email.smtp.classification import TABLE as ROWS
from notifier_service.channels.email.smtp.classification import Rule
from tests.integration.email.conformance.scenarios import SCENARIOS
from tests.integration.email.conformance.table import PLAIN, TABLE, expected, spelled
from tests.support.repository import DOCS
from tests.support.scripted_smtp import STAGES

PAGE: Final = DOCS / "smtp.md"
_PLAYED: Final = ("test_limits", "test_logins", "test_odd_servers")
_ANY: Final = 8


def written_into(page: str) -> str:
    """The page with its tables as they should be, each between its marks."""
    tables = {"dialogues": _dialogues, "plain": _plain, "scenarios": _scenarios, "classification": _rows}
    for name, make in tables.items():
        pattern = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        rows = make()
        page = re.sub(pattern, lambda found, rows=rows: f"{found[1]}{rows}{found[2]}", page, flags=re.DOTALL)  # type: ignore[misc] # binds this round's
    return page


def _table(header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    return "".join(f"| {' | '.join(row)} |\n" for row in (header, ("---",) * len(header), *rows))


def _dialogues() -> str:
    header = ("answer", "greeting", "EHLO", "MAIL", "RCPT", "DATA", "end of the message")
    return _table(header, ((name, *(_cell(code) for code in cells.split())) for name, cells in TABLE.items()))


def _plain() -> str:
    header = ("answer", "at", "tested version", "documented commands alone")
    places = sorted(PLAIN, key=lambda place: (list(TABLE).index(place[0]), STAGES.index(place[1])))
    return _table(
        header,
        ((kind, stage, expected(kind, stage, pipelining=False), spelled(PLAIN[kind, stage])) for kind, stage in places),
    )


def _cell(code: str) -> str:
    with_it, bar, without = code.partition("|")
    return spelled(with_it) + (f"; without PIPELINING {spelled(without)}" if bar else "")


def _scenarios() -> str:
    for name in _PLAYED:
        importlib.import_module(f"tests.integration.email.conformance.{name}")
    return _table(("the server", "result for the mails"), iter(sorted(set(SCENARIOS))))


def _rows() -> str:
    header = ("stage", "code", "status X.…", "at fault", "cause", "5yz", "source")
    return _table(header, map(_row, ROWS))


def _row(row: Rule) -> tuple[str, ...]:
    stages = "any" if len(row.stages) == _ANY else ", ".join(sorted(row.stages))
    ends = "tried again" if row.scope == "server" or row.again else "for good"
    return stages, _pattern(row.codes), _pattern(row.status), row.scope, row.cause, ends, row.source


def _pattern(pattern: str) -> str:
    return f"`{pattern}`".replace("|", "\\|") if pattern else "any"
