"""campus_service: lost-and-found, bulletin and feedback inbox of a university on one Flask site."""

__version__ = "0.4.0"
