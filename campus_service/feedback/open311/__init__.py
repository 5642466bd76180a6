"""The Open311 GeoReport v2 server at /open311/v2/: programs ask for services, and read what is public."""

from __future__ import annotations

from campus_service.feedback.open311.views import bp

__all__ = ["bp"]
