"""Parses the command line of api-service, and runs its commands."""

import argparse
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from api_service import app, relay_app, resources
from api_service.doctors import store as doctors
from api_service.doctors.schemas import DoctorRequest
from api_service.identity import tokens
from api_service.identity.bearer import ROLES
from api_service.importing import command as import_command
from api_service.offers.settling import OfferSettling
from api_service.relay import told_before
from api_service.relay.reconcile import lines as reconciled_lines
from api_service.relay.reconcile import reconcile
from api_service.settings import ApiSettings, KeySettings
from api_service.zones import command as zone_command
from api_service.zones.replanning import replan
from shared.database.migrations.plan import planned_lines
from shared.database.migrations.runner import migrate
from shared.errors import ConfigurationError
from shared.jobs import store as job_store
from shared.jobs.model import State
from shared.people import zones
from shared.process import library_internals, logs
from shared.process.console import (
    WrongUsage,
    add_version,
    duration,
    finish,
    identifier,
    mailbox,
    run_once,
    run_service,
    text,
)
from shared.process.environment import load, plain
from shared.process.progress import progress
from shared.process.startup import naming_the_database

SCRIPT: Final = "api-service"
_OPTIONS: Final = {
    "name": "--name",
    "specialty": "--specialty",
    "timezone": "--timezone",
    "location": "--location",
    "slotMinutes": "--slot-minutes",
}


def main(arguments: Sequence[str] | None = None) -> int:
    zones.bind_libraries()
    options = parser().parse_args(arguments)
    return finish(SCRIPT, partial(_run, options))


def _run(options: argparse.Namespace) -> int:
    if options.command == "token":
        sys.stdout.write(_token(load(KeySettings), options) + "\n")
        return 0
    settings = load(ApiSettings)
    logs.configure(settings.log_format, "warning" if _draws_a_bar(options) else settings.log_level)
    library_internals.allow(settings.library_internals == "tested")
    match options.command:
        case "serve":
            return run_service(SCRIPT, app.serve(settings))
        case "relay":
            return run_service(SCRIPT, relay_app.serve(settings))
    return run_once(SCRIPT, _work(settings, options))


def _draws_a_bar(options: argparse.Namespace) -> bool:
    """Whether the command shows its progress on the terminal, and so does not log each step there."""
    return options.command in {"migrate", "reconcile"} and sys.stderr.isatty()


async def _work(settings: ApiSettings, options: argparse.Namespace) -> int:
    """Runs a command that ends by itself. Returns its exit status."""
    with naming_the_database(settings.database_url.get_secret_value()):
        match options.command:
            case "migrate":
                await _migrate(settings, plan_only=options.plan)
            case "reconcile":
                return await _reconcile(settings, options.told)
            case "zones":
                return await _zones(settings, options)
            case "import" | "hand-back":
                return await _import(settings, options)
            case _:
                await _doctor(settings, options)
    return 0


def parser() -> argparse.ArgumentParser:
    """The commands of api-service with their options."""
    whole = argparse.ArgumentParser(SCRIPT, description="Takes bookings, and relays their jobs.")
    add_version(whole)
    commands = whole.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="serve the API until SIGTERM, with a relay unless RELAY_ENABLED=false")
    commands.add_parser("relay", help="run a relay alone until SIGTERM")
    schema = commands.add_parser("migrate", help="bring the database to the newest schema while others use it")
    schema.add_argument("--plan", action="store_true", help="list the steps, and change nothing")
    lost = commands.add_parser(
        "reconcile", help="publish lost messages again, after the broker has lost a node, or after a restore"
    )
    lost.add_argument(
        "--told",
        type=Path,
        action="append",
        default=[],
        metavar="LOG",
        help="after a restore: a notifier's log (JSON); whatever it says was told is not told again; may be repeated",
    )
    law = commands.add_parser(
        "zones", help="move future appointments to their local time, after a zone's law has changed"
    )
    law.add_argument("--dry-run", action="store_true", help="list the appointments that would move, and change nothing")
    law.add_argument("--even-older", action="store_true", help="move them even if another instance has newer zone data")
    import_command.add_parsers(commands)
    token = commands.add_parser("token", help="issue a token; needs JWT_SECRET")
    token.add_argument(
        "subject", type=identifier(200), help="client id, or the name of an operator or a member of the staff"
    )
    token.add_argument(
        "--role", action="append", choices=sorted(ROLES), required=True, help="the bearer's role; may be repeated"
    )
    token.add_argument("--email", type=mailbox, help="the client's e-mail address")
    token.add_argument("--name", type=text, help="the client's or operator's name")
    token.add_argument(
        "--lifetime", type=duration, default=12 * 3600.0, help="time until it expires, such as 30d; unset: 12h"
    )
    doctor = commands.add_parser("doctor", help="create or replace a doctor; missing options clear their values")
    doctor.add_argument("id", type=identifier(100), help="the doctor's id, as bookings name it")
    doctor.add_argument("--name", type=text, required=True, help="the name that clients read")
    doctor.add_argument("--specialty", type=text, help="such as General practice; unset: none")
    doctor.add_argument("--timezone", type=text, required=True, help="IANA name such as Europe/Berlin")
    doctor.add_argument("--location", type=text, help="the address for mails and calendars; unset: none")
    doctor.add_argument("--slot-minutes", type=int, help="minutes of one slot; unset: 30")
    return whole


def _token(settings: KeySettings, options: argparse.Namespace) -> str:
    if settings.jwt_secret is None:
        raise ConfigurationError("JWT_SECRET: tokens can be issued only where it is set")
    return tokens.issue(
        settings.jwt_secret.get_secret_value(),
        subject=options.subject,
        roles=options.role,
        email=options.email,
        name=options.name,
        issuer=settings.jwt_issuer,
        audience=settings.jwt_audience,
        lifetime=options.lifetime,
    )


async def _migrate(settings: ApiSettings, *, plan_only: bool) -> None:
    database = await resources.pool(settings)
    try:
        if plan_only:
            lines = await planned_lines(database)
        else:
            async with progress("migrate", 0) as shown:
                lines = [f"applied {each}" for each in await migrate(database, shown)]
    finally:
        await database.close()
    sys.stdout.write("".join(f"{line}\n" for line in lines) or "nothing to apply\n")


async def _reconcile(settings: ApiSettings, logs: Sequence[Path]) -> int:
    """Returns EX_DATAERR when a person must look at what was told of jobs that are not there."""
    told = told_before.read(logs)
    async with resources.connected(settings) as database:
        async with progress("told before", len(told), lines_every=10.0) as bar:
            settled = await told_before.settle(database, told, bar.advance)
        before = await job_store.unfinished(database)
        lost = sum(count for (_, state), count in before.items() if state != State.PROCESSING)
        async with progress("reconcile", lost, lines_every=10.0) as bar:
            moved = await reconcile(database, bar.advance)
    report = [*(settled.lines() if logs else ()), *reconciled_lines(moved, before)]
    sys.stdout.write("".join(f"{line}\n" for line in report))
    return os.EX_DATAERR if settled.unknown else 0


async def _zones(settings: ApiSettings, options: argparse.Namespace) -> int:
    async with resources.connected(settings) as database:
        report = await replan(database, dry_run=options.dry_run, even_older=options.even_older)
    sys.stdout.write("".join(f"{line}\n" for line in zone_command.lines(report, dry_run=options.dry_run)))
    return zone_command.status(report)


async def _import(settings: ApiSettings, options: argparse.Namespace) -> int:
    async with resources.connected(settings) as database:
        if options.command == "import":
            status, lines = await import_command.bring(database, options, settings.reminder_offsets)
        else:
            status, lines = await import_command.give_back(database, options)
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return status


async def _doctor(settings: ApiSettings, options: argparse.Namespace) -> None:
    values = {field: getattr(options, option[2:].replace("-", "_")) for field, option in _OPTIONS.items()}
    try:
        request = DoctorRequest.model_validate({field: value for field, value in values.items() if value is not None})
    except ValidationError as error:
        faults = (f"{_OPTIONS.get(str(fault['loc'][0]))}: {plain(fault)}" for fault in error.errors())
        raise WrongUsage("; ".join(faults)) from None
    listener = OfferSettling(reminder_offsets=settings.reminder_offsets)
    async with resources.connected(settings) as database:
        doctor, cleared = await doctors.put(database, options.id, request, listener)
    lost = f"; cleared: {', '.join(cleared)}" if cleared else ""
    sys.stdout.write(f"doctor {doctor.id}: {doctor.name}, {doctor.timezone}{lost}\n")
