"""Settings: one frozen object read once from CAMPUS_* variables; a bad value stops the start with its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

PREFIX = "CAMPUS_"
# Read by the test suite and by scripts only; the application ignores them.
NOT_SETTINGS = frozenset({"CAMPUS_REQUIRE_ALL", "CAMPUS_TEST_DATABASES"})


class BadSetting(Exception):
    """A setting is missing, unknown or unusable; the message is one line that names it and says how to mend it."""


class Settings(BaseModel):
    """Everything an operator can set; each field is the variable CAMPUS_<NAME> (docs/settings.md)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    secret_key: SecretStr = Field(description="signs cookies, links and pick-up codes; 32 characters or more")
    database_url: str = Field(default="", description="SQLAlchemy URL; empty: SQLite in the data directory")
    data_dir: Path = Field(default=Path("instance"), description="database, photos, index and queue")
    base_url: str = Field(default="http://127.0.0.1:8000", description="the address people type")
    site_name: str = Field(default="江城大学校园服务", description="shown in the bar and in mails")
    demo: bool = Field(default=False, description="demo data, demo sign-ins and the local mail page")
    mail_url: str = Field(
        default="page:", description="smtp://[user:password@]host:port, smtps://…, or page:"
    )
    mail_from: str = Field(default="noreply@campus.example", description="sender of every mail")
    mail_pace: int = Field(
        default=600, ge=1, le=100_000, description="mails of one mailing a minute to one domain"
    )
    search: Literal["whoosh", "database"] = Field(
        default="whoosh", description="search engine: an index in the data folder, or the database itself"
    )
    trusted_proxies: int = Field(default=0, ge=0, le=5, description="how many proxies set X-Forwarded-*")
    session_days: int = Field(default=14, ge=1, le=90, description="a sign-in ends after so many days")
    session_idle_hours: int = Field(default=72, ge=1, le=720, description="or after so many hours unused")
    worker_threads: int = Field(default=2, ge=1, le=16, description="threads of the job worker")
    inbound_port: int = Field(default=0, ge=0, le=65535, description="takes answers to mails by SMTP; 0: off")
    inbound_host: str = Field(default="127.0.0.1", min_length=1, description="where that listens")
    inbound_domain: str = Field(
        default="", pattern=r"^[A-Za-z0-9.-]*$", description="domain of the addresses; empty: the sender's"
    )
    webhook_hosts: str = Field(
        default="", description="further hosts of group robots: host or host:port, by commas"
    )
    match_alert: float = Field(
        default=0.0, ge=-20, le=20, description="log odds from which a loser is told of a likely match"
    )
    metrics_token: str = Field(
        default="", repr=False, description="opens /metrics to a monitoring program; empty: off"
    )
    rate_limits: bool = Field(default=True, description="limits on sign-in, posting and the API")
    log_level: Literal["debug", "info", "warning", "error"] = Field(default="info", description="log detail")

    @field_validator("secret_key")
    @classmethod
    def _long_enough(cls, value: SecretStr) -> SecretStr:
        if len(value.get_secret_value()) < 32:
            raise ValueError("must have 32 characters or more; make one with: campus-service secret")
        return value

    @field_validator("base_url")
    @classmethod
    def _is_a_site(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("must look like https://campus.example.edu.cn")
        return value.rstrip("/")

    @field_validator("mail_url")
    @classmethod
    def _is_a_mail_server(cls, value: str) -> str:
        parts = urlsplit(value)
        if value != "page:" and (parts.scheme not in ("smtp", "smtps") or not parts.hostname):
            raise ValueError("must look like smtp://host:25 or smtps://user:password@host:465, or be page:")
        if parts.port == 0:  # reading it raises ValueError for what is no port
            raise ValueError("needs a port between 1 and 65535")
        return value

    @field_validator("metrics_token")
    @classmethod
    def _cannot_be_guessed(cls, value: str) -> str:
        # A header carries no other characters.
        if value and not re.fullmatch(r"[!-~]{20,}", value):
            raise ValueError("must have 20 characters or more, letters, digits and signs of ASCII only")
        return value

    @property
    def https(self) -> bool:
        """Whether people reach the site over HTTPS: decides Secure cookies and HSTS."""
        return self.base_url.startswith("https://")

    @property
    def answers_domain(self) -> str:
        """The domain of the addresses that answers to our mails go to."""
        return (self.inbound_domain or self.mail_from.rpartition("@")[2]).lower()

    @property
    def sqlalchemy_url(self) -> str:
        """The database's URL; SQLite inside the data directory unless one was given."""
        return self.database_url or f"sqlite:///{self.data_dir.absolute() / 'campus.db'}"

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Read CAMPUS_* from ``environ``.

        Raises BadSetting, in one line, for an unknown, missing or unusable variable.
        """
        values = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environ.items()
            if name.startswith(PREFIX) and name not in NOT_SETTINGS
        }
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise BadSetting(_one_line(error)) from None


def _one_line(error: ValidationError) -> str:
    first = error.errors()[0]
    name = PREFIX + str(first["loc"][0]).upper()
    if first["type"] == "extra_forbidden":
        return f"{name} is not a setting of campus_service: see docs/settings.md, or remove it"
    if first["type"] == "missing":
        return f"{name} is missing: make one with `campus-service secret` and export {name}=…"
    return f"{name}: {first['msg'].removeprefix('Value error, ')}"
