"""The WSGI entry point: gunicorn campus_service.wsgi:app."""

from __future__ import annotations

import sys

from campus_service.app import create_app
from campus_service.config import BadSetting

try:
    app = create_app()
except BadSetting as error:
    sys.stderr.write(f"campus-service: {error}\n")
    sys.exit(2)
