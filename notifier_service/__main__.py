"""python -m notifier_service runs notifier-service. All other imports come after the process can be told to stop."""

import sys

from shared.process.early_stop import stop_early


def main() -> int:
    stop_early({"serve"})
    from notifier_service.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
