"""Argon2id hashes of passwords, and hashes of the random tokens in cookies and links."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from campus_service.accounts.password_rules import normal

# OWASP's second choice (19 MiB, 2 passes, 1 lane): eight threads hashing at once stay within 160 MB.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1, type=Type.ID)


def hash_password(password: str) -> str:
    """The Argon2id hash of ``password`` with its own salt and parameters in it."""
    return _HASHER.hash(normal(password))


def verify_password(password_hash: str | None, password: str) -> bool:
    """Whether ``password`` belongs to the hash; takes as long when there is no such account (None)."""
    try:
        _HASHER.verify(password_hash or _nobody(), normal(password))
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


def needs_rehash(password_hash: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return _HASHER.check_needs_rehash(password_hash)


def new_token() -> str:
    """256 random bits, safe in a URL and a cookie."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> str:
    """What the database keeps of a token; a plain hash will do, since nobody can guess 256 bits."""
    return hashlib.sha256(token.encode()).hexdigest()


@cache
def _nobody() -> str:
    return hash_password(secrets.token_urlsafe(16))
