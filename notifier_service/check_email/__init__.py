"""The command check-email: tries the settings for mail, and says step by step what is wrong and what to do about it."""

from notifier_service.check_email.command import Options, run

__all__ = ["Options", "run"]
