"""Parses the command line of notifier-service, and runs what it asks for."""

import argparse
from collections.abc import Sequence
from functools import partial
from typing import Final

from notifier_service import app, check_email
from notifier_service.settings import NotifierSettings
from shared import logs, zones
from shared.console import finish, mailbox, run_once, run_service
from shared.environment import load

SCRIPT: Final = "notifier-service"


def main(arguments: Sequence[str] | None = None) -> int:
    zones.bind_libraries()
    parser = argparse.ArgumentParser("notifier-service", description="Tells clients about their appointments.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="consume jobs until SIGTERM")
    check = commands.add_parser("check-email", help="try the mail server's settings")
    check.add_argument("--to", metavar="ADDRESS", type=mailbox, help="also send one test e-mail there")
    options = parser.parse_args(arguments)
    return finish(SCRIPT, partial(_run, options))


def _run(options: argparse.Namespace) -> int:
    settings = load(NotifierSettings)
    logs.configure(settings.log_format, settings.log_level)
    if options.command == "serve":
        return run_service(SCRIPT, app.serve(settings))
    return run_once(SCRIPT, check_email.run(settings, options.to))
