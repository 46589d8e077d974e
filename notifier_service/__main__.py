"""python -m notifier_service is notifier-service: everything else is imported once it can be told to stop."""

import sys

from shared.process.early_stop import stop_early


def main() -> int:
    stop_early({"serve"})
    from notifier_service.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
