"""The commands `api-service import` and `api-service hand-back`: their options, their work, their reports."""

import argparse
import csv
import io
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from api_service.importing import comparing, hangfire, model, store, table
from api_service.importing.checking import Checked, check
from api_service.importing.comparing import Comparison, Teller
from api_service.importing.faults import FileFaults
from api_service.importing.files import write
from api_service.importing.handing_back import HandedBack, countable, hand_back
from api_service.importing.hangfire import HangfireJobs, Selector
from api_service.importing.run import Import, Imported, Plan
from api_service.web.fields import Instant
from shared.database import Database
from shared.jobs.model import Kind
from shared.process.console import WrongUsage, identifier
from shared.process.progress import progress

_INSTANT: Final[TypeAdapter[datetime]] = TypeAdapter(Instant)
_OTHERS_LISTED: Final = 10
_LINES_EVERY: Final = 10.0
"""Seconds between two lines about progress, where there is no terminal."""
REPORT: Final = ("id", "kind", "dueAt", "by", "hangfireJobId")


def add_parsers(commands: Any) -> None:
    """Adds both commands to the subparsers of api-service."""
    bring = commands.add_parser("import", help="import appointments of another system from a CSV file")
    bring.add_argument("file", type=Path, help="the CSV file; docs/migrating-from-hangfire.md has its columns")
    bring.add_argument(
        "--source", type=identifier(50), default="hangfire", help="the name of the other system; unset: hangfire"
    )
    bring.add_argument(
        "--encoding", choices=table.ENCODINGS, default="utf-8", help="of a file without a byte order mark; unset: utf-8"
    )
    bring.add_argument(
        "--from",
        dest="begins",
        type=_instant,
        help="plan reminders that are due from this instant on; unset: all. The other system tells the earlier ones",
    )
    bring.add_argument("--dry-run", action="store_true", help="check and compare, and change nothing")
    bring.add_argument(
        "--skip-faulty", action="store_true", help="import the rows without a fault; unset: a fault stops all"
    )
    bring.add_argument("--hangfire", type=Path, help="with --dry-run: CSV file of the jobs that Hangfire still has")
    _selector(bring, "--reminder-method", "reminds", "Remind")
    _selector(bring, "--confirmation-method", "confirms a booking", "Confirm")
    bring.add_argument(
        "--report", type=Path, help="with --hangfire: write who tells what, and when, into this CSV file"
    )
    back = commands.add_parser("hand-back", help="cancel planned reminders here, and list them for another system")
    back.add_argument("file", type=Path, help="the CSV file to be written; an old one is replaced")
    back.add_argument(
        "--from", dest="begins", type=_instant, help="reminders that are due from this instant on; unset: now"
    )
    back.add_argument("--dry-run", action="store_true", help="count them, and change nothing")


async def bring(database: Database, options: argparse.Namespace, offsets: Sequence[float]) -> tuple[int, list[str]]:
    """Runs `import`. `offsets`: seconds before an appointment, one for each reminder. Returns the exit status, 65
    (EX_DATAERR) when a person must look at something, and the lines of the report."""
    jobs, job_faults = _their_jobs(options)
    faults = FileFaults()
    rows = table.read(table.load(options.file), model.COLUMNS, faults, encoding=options.encoding)
    checked = await check(database, model.parsed(rows, faults), faults, source=options.source)
    plan = Plan(options.source, offsets, options.begins)
    lines = list(_checked(checked, len(rows)))
    if options.dry_run:
        clean = True
        if jobs is not None:
            found = await _compared(database, checked, jobs, plan)
            clean = found.is_clean and not job_faults.total
            lines += [*_faults("faults in the list of jobs", job_faults), *_comparison(found, jobs)]
            if options.report is not None:
                write(options.report, _report(found))
        return (0 if clean and not checked.faults.total else os.EX_DATAERR), [*lines, "nothing was changed"]
    if checked.faults.total and not options.skip_faulty:
        return os.EX_DATAERR, [*lines, "nothing was imported: mend the file, or say --skip-faulty"]
    async with progress("import", len(checked.wanted), lines_every=_LINES_EVERY) as bar:
        result = await Import(database, plan).run(checked.wanted, bar.advance)
    result.already += len(checked.known)
    bad = checked.faults.total or result.refused.total
    return (os.EX_DATAERR if bad else 0), [*lines, *_imported(result)]


async def give_back(database: Database, options: argparse.Namespace) -> tuple[int, list[str]]:
    """Runs `hand-back`. Returns the exit status and the lines of the report."""
    begins = options.begins or datetime.now(UTC)
    leaving, staying = await countable(database, begins)
    if options.dry_run:
        counts = [f"{leaving} reminders would be handed back", f"{staying} are being told, and would stay"]
        return 0, [*counts, "nothing was changed"]
    async with progress("hand-back", leaving, lines_every=_LINES_EVERY) as bar:
        result = await hand_back(database, begins, bar.advance)
    write(options.file, result.text)
    return 0, list(_handed_back(result, options.file))


def _selector(parser: argparse.ArgumentParser, name: str, does: str, example: str) -> None:
    parser.add_argument(
        name,
        type=_method,
        action="append",
        default=[],
        help=f"with --hangfire: the method that {does}, and where its appointment's id is, such as"
        f" Mails.{example}:0.Id; may be repeated; unset: none",
    )


def _method(argument: str) -> Selector:
    try:
        return hangfire.selector(argument)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _instant(argument: str) -> datetime:
    try:
        return _INSTANT.validate_python(argument)
    except ValidationError:
        raise argparse.ArgumentTypeError("must be an instant such as 2027-01-05T14:00:00Z") from None


def _their_jobs(options: argparse.Namespace) -> tuple[HangfireJobs | None, FileFaults]:
    """The jobs of Hangfire's list; None without one. Raises WrongUsage, UnreadableFile."""
    faults = FileFaults()
    if options.hangfire is None:
        if options.report or options.reminder_method or options.confirmation_method:
            raise WrongUsage("--report and the methods need --hangfire")
        return None, faults
    if not options.dry_run:
        raise WrongUsage("--hangfire compares, so it needs --dry-run")
    if not options.reminder_method:
        raise WrongUsage("--hangfire needs --reminder-method")
    rows = table.read(table.load(options.hangfire), hangfire.COLUMNS, faults, encoding=options.encoding)
    selectors = {Kind.REMINDER: options.reminder_method, Kind.CREATED: options.confirmation_method}
    return hangfire.parsed(rows, selectors, faults), faults


async def _compared(database: Database, checked: Checked, jobs: HangfireJobs, plan: Plan) -> Comparison:
    told = await store.tellings(database, plan.source, [each.digest for each in checked.known])
    return comparing.compare(checked.wanted, checked.known, told, jobs.pending, plan, datetime.now(UTC))


def _checked(checked: Checked, rows: int) -> Iterator[str]:
    counts = (f"{len(checked.wanted)} new", f"{len(checked.known)} imported before", f"{checked.begun} begun")
    yield f"{rows} rows: {', '.join(counts)}, {checked.faults.total} faults, {checked.notices.total} notices"
    yield from _faults("faults", checked.faults)
    yield from _faults("notices: imported all the same", checked.notices)


def _faults(title: str, faults: FileFaults) -> Iterator[str]:
    if faults.total:
        yield f"{title}:"
        yield from (f"  {line}" for line in faults.lines())


def _imported(result: Imported) -> Iterator[str]:
    yield f"{result.appointments} appointments imported, {result.already} were here already"
    for kind, count in sorted(result.jobs.items()):
        yield f"{count} jobs planned: {kind}"
    yield from _faults("not imported", result.refused)


def _comparison(found: Comparison, jobs: HangfireJobs) -> Iterator[str]:
    words = {
        Teller.PUNCTUAL: "by Punctual",
        Teller.HANGFIRE: "by Hangfire",
        Teller.BOTH: "by both",
        Teller.NEITHER: "by neither",
    }
    yield f"to be told: {', '.join(f'{found.counts[by]} {said}' for by, said in words.items())}"
    extra = sum(each.is_extra for each in found.told)
    if extra:
        yield f"{extra} of those by Hangfire are due when nobody expects them: moved or cancelled since?"
    if found.unknown:
        yield f"{len(found.unknown)} jobs of Hangfire are about appointments that are not in the file"
    for name, count in jobs.others.most_common(_OTHERS_LISTED):
        yield f"{count} jobs of Hangfire are about something else: {name}"
    if jobs.ended:
        yield f"{jobs.ended} jobs of Hangfire have ended or failed, and will not run"


def _report(found: Comparison) -> str:
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow(REPORT)
    for each in sorted(
        found.told, key=lambda told: (told.due_at or datetime.min.replace(tzinfo=UTC), told.appointment)
    ):
        due = "" if each.due_at is None else each.due_at.isoformat().replace("+00:00", "Z")
        writer.writerow((each.appointment, each.kind, due, each.by, each.hangfire_job or ""))
    return file.getvalue()


def _handed_back(result: HandedBack, path: Path) -> Iterator[str]:
    yield f"{result.cancelled} reminders cancelled here"
    yield f"{result.listed} reminders in {path}, those of earlier runs included"
    if result.unwanted:
        yield f"{result.unwanted} are not in the file: their clients want no reminders"
    if result.staying:
        yield f"{result.staying} are being told here, and stay"
