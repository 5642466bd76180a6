"""Limits on how often something may be asked, counted in one small file for all workers of a machine.

``limiter.limit("30 per hour", methods=["POST"])`` on a view counts per person, or per address for a visitor.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from flask import Flask, Response, g, request
from flask_limiter import Limiter
from flask_login import current_user
from limits import parse
from limits.storage import Storage

from campus_service.core.clock import now
from campus_service.core.errors import Text, TooMany
from campus_service.core.settings import settings

API_LIMIT = "120 per minute"
SCHEME = "campus"

# Survives the death of a worker; losing the counts in a power cut is fine, waiting for the disk is not.
_OPEN = "PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = OFF"
_TABLE = "CREATE TABLE IF NOT EXISTS counts (key BLOB PRIMARY KEY, count INTEGER, ends REAL) WITHOUT ROWID"
_COUNT = """
    INSERT INTO counts VALUES (:key, :amount, :now + :expiry)
    ON CONFLICT (key) DO UPDATE SET
        count = CASE WHEN ends <= :now THEN 0 ELSE count END + :amount,
        ends = CASE WHEN ends <= :now THEN :now + :expiry ELSE ends END
    RETURNING count
"""
_READ = "SELECT count, ends FROM counts WHERE key = ? AND ends > ?"
# One count in so many also throws away what has run out.
_SWEEP_EVERY = 500


class FileStorage(Storage):
    """Counts for the ``limits`` library in a SQLite file of the running application's data directory.

    Keys are hashed with the site's secret: neither an address nor an account can be read from the file, nor tried out.
    """

    # The library declares this on the instance, though it reads it from the class.
    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012

    @property
    def base_exceptions(self) -> type[Exception]:
        """What the library takes for "the storage is down"; it then counts in memory."""
        return sqlite3.Error

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Add ``amount`` and return the count; a count begins anew ``expiry`` seconds after its first."""
        moment = now().timestamp()
        values = {"key": _hidden(key), "amount": amount, "now": moment, "expiry": expiry}
        with closing(_connect()) as file:
            if secrets.randbelow(_SWEEP_EVERY) == 0:
                file.execute("DELETE FROM counts WHERE ends <= ?", (moment,))
            return int(file.execute(_COUNT, values).fetchone()[0])

    def get(self, key: str) -> int:
        """The count of ``key``, 0 if it has run out."""
        return int(self._read(key)[0])

    def get_expiry(self, key: str) -> float:
        """When the count of ``key`` begins anew, in seconds since 1970."""
        return self._read(key)[1]

    def check(self) -> bool:
        """Whether counting works again; a damaged file is thrown away and begun anew."""
        try:
            return self.incr("check", 1) > 0
        except sqlite3.OperationalError:
            return False
        except sqlite3.DatabaseError:
            _path().unlink(missing_ok=True)
            return self.incr("check", 1) > 0

    def reset(self) -> int | None:
        """Forget all counts; returns how many there were."""
        with closing(_connect()) as file:
            return file.execute("DELETE FROM counts").rowcount

    def clear(self, key: str) -> None:
        """Forget one count."""
        with closing(_connect()) as file:
            file.execute("DELETE FROM counts WHERE key = ?", (_hidden(key),))

    def _read(self, key: str) -> tuple[int, float]:
        moment = now().timestamp()
        with closing(_connect()) as file:
            return file.execute(_READ, (_hidden(key), moment)).fetchone() or (0, moment)


def _path() -> Path:
    return settings().data_dir / "limits.db"


def _connect() -> sqlite3.Connection:
    path = _path()
    fresh = not path.exists()
    file = sqlite3.connect(path, timeout=2, isolation_level=None)
    file.executescript(f"{_OPEN}; {_TABLE}" if fresh else _OPEN)
    return file


def _hidden(key: str) -> bytes:
    secret = settings().secret_key.get_secret_value().encode()
    return hmac.digest(secret, f"ratelimit:{key}".encode(), "sha256")[:16]


def address() -> str:
    """The sender's network address; of IPv6 the /64, which is what one person is given."""
    text = request.remote_addr or "unknown"
    try:
        parsed = ipaddress.ip_address(text)
    except ValueError:
        return text
    return text if parsed.version == 4 else str(ipaddress.ip_network(f"{text}/64", strict=False))


def person_or_address() -> str:
    """Whom a limit counts: the person who is signed in or whose token it is, else the address."""
    person = getattr(current_user, "user_id", None)
    return f"person:{person}" if person is not None else address()


limiter = Limiter(
    person_or_address,
    application_limits=[API_LIMIT],
    application_limits_exempt_when=lambda: not request.path.startswith(("/api/", "/open311/")),
    storage_uri=f"{SCHEME}://",
    strategy="fixed-window",
    in_memory_fallback_enabled=True,
)


@limiter.request_filter
def _switched_off() -> bool:
    return not settings().rate_limits


def count(limit: str, scope: str, who: str, words: Text) -> None:
    """Count a step of ``who`` while it is being taken; raises TooMany with ``words`` past ``limit`` ("5 per day").

    For limits that count only some requests of an address, and say in the page itself what was refused. Whom it
    refused is not logged.
    """
    if not settings().rate_limits:
        return
    item = parse(limit)
    try:
        if limiter.limiter.hit(item, scope, who):
            return
        g.back_at = limiter.limiter.get_window_stats(item, scope, who).reset_time
    except sqlite3.Error:
        return  # who cannot be counted is not turned away
    raise TooMany(words)


def init_app(app: Flask) -> None:
    """Let ``app`` keep the limits; a refused request hears when to come back."""
    limiter.init_app(app)
    app.after_request(_say_when)


def _say_when(response: Response) -> Response:
    reached = limiter.current_limit
    back_at = g.get("back_at") or (reached.reset_at if reached is not None and reached.breached else None)
    if response.status_code == 429 and back_at is not None:
        response.headers.setdefault("Retry-After", str(max(1, round(back_at - now().timestamp()))))
    return response
