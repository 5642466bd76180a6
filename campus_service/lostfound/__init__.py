"""The lost-and-found registry: lost reports, found items, claims and returns."""
