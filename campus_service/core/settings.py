"""The settings and belongings of the running application, for services that must not know Flask."""

from __future__ import annotations

from typing import Any, cast

from flask import current_app

from campus_service.config import Settings

KEY = "campus_settings"


def settings() -> Settings:
    """The Settings that create_app was given."""
    return cast(Settings, current_app.extensions[KEY])


def belongings() -> dict[str, Any]:
    """What lives as long as the running application: engines, caches; each under a name of its own."""
    return current_app.extensions
