"""The command check-email: tries the mail settings, and reports each fault with its remedy, step by step."""

from notifier_service.check_email.command import Options, run

__all__ = ["Options", "run"]
