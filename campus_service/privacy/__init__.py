"""A person's own data: taking a copy of it, and having it deleted."""
