"""python -m notifier_service is notifier-service."""

import sys

from notifier_service.cli import main

sys.exit(main())
