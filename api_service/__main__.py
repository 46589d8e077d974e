"""python -m api_service is api-service."""

import sys

from api_service.cli import main

sys.exit(main())
