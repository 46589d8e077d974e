"""Parses the command line of notifier-service, and runs what it asks for."""

import argparse
import sys
from collections.abc import Sequence

import uvloop

from notifier_service import app, check_email
from notifier_service.settings import NotifierSettings
from shared import logs, zones
from shared.environment import load
from shared.errors import PunctualError


def main(arguments: Sequence[str] | None = None) -> int:
    zones.bind_libraries()
    parser = argparse.ArgumentParser("notifier-service", description="Tells clients about their appointments.")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("serve", help="consume jobs until SIGTERM")
    check = commands.add_parser("check-email", help="try the mail server's settings")
    check.add_argument("--to", metavar="ADDRESS", help="also send one test e-mail there")
    options = parser.parse_args(arguments)
    try:
        settings = load(NotifierSettings)
        logs.configure(settings.log_format, settings.log_level)
        if options.command == "serve":
            return uvloop.run(app.serve(settings))
        return uvloop.run(check_email.run(settings, options.to))
    except PunctualError as error:
        sys.stderr.write(f"notifier-service: {error}\n")
        return 1
