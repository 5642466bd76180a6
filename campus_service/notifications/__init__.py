"""Telling people what happened: in the site, by mail, as each of them prefers."""
