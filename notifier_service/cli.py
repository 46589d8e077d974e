"""Parses the command line of notifier-service, and runs its commands."""

import argparse
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from notifier_service import app, check_email, preview
from notifier_service.preview import PreviewSettings
from notifier_service.settings import NotifierSettings
from shared.jobs.model import CLIENT_KINDS
from shared.people import zones
from shared.process import library_internals, logs
from shared.process.console import add_version, finish, mailbox, run_once, run_service
from shared.process.environment import load

SCRIPT: Final = "notifier-service"


def main(arguments: Sequence[str] | None = None) -> int:
    zones.bind_libraries()
    options = parser().parse_args(arguments)
    return finish(SCRIPT, partial(_run, options))


def parser() -> argparse.ArgumentParser:
    """The commands of notifier-service with their options."""
    whole = argparse.ArgumentParser(SCRIPT, description="Tells clients about their appointments.")
    add_version(whole)
    commands = whole.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="consume jobs until SIGTERM")
    _add_check_email(commands.add_parser("check-email", help="try the settings for mail, step by step"))
    _add_preview(commands.add_parser("preview", help="write example mails to files"))
    return whole


def _run(options: argparse.Namespace) -> int:
    if options.command == "preview":
        return preview.write(load(PreviewSettings), options.kind, options.locale, options.out)
    settings = load(NotifierSettings)
    logs.configure(settings.log_format, settings.log_level)
    library_internals.allow(settings.library_internals == "tested")
    if options.command == "serve":
        return run_service(SCRIPT, app.serve(settings))
    wanted = check_email.Options(options.to, options.dry_run, options.dkim_selector, options.name_server)
    return run_once(SCRIPT, check_email.run(settings, wanted))


def _add_check_email(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", metavar="ADDRESS", type=mailbox, help="send one test e-mail to this address")
    parser.add_argument(
        "--dry-run", action="store_true", help="with --to: ask the server whether it takes the mail, send nothing"
    )
    parser.add_argument(
        "--dkim-selector",
        metavar="NAME",
        action="append",
        default=[],
        help="the selector of a DKIM key to check; may be repeated",
    )
    parser.add_argument("--name-server", metavar="ADDRESS[:PORT]", help="use this name server instead of the system's")


def _add_preview(parser: argparse.ArgumentParser) -> None:
    kinds = [str(kind) for kind in CLIENT_KINDS]
    parser.add_argument(
        "--kind", choices=kinds, action="append", help="kind of mail; may be repeated; unset: all kinds"
    )
    parser.add_argument(
        "--locale",
        metavar="TAG",
        action="append",
        help="language of the client, such as de-CH; may be repeated; unset: all",
    )
    parser.add_argument(
        "--out", metavar="DIR", type=Path, required=True, help="directory for the files; created if it is missing"
    )
