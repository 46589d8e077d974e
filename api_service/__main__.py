"""python -m api_service is api-service: everything else is imported once it can be told to stop."""

import sys

from shared.process.early_stop import stop_early


def main() -> int:
    stop_early({"serve", "relay"})
    from api_service.cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
