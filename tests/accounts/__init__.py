"""Accounts: signing up and in, sessions, tokens, roles."""
