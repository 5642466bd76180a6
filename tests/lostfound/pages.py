"""Reading pages as a browser without JavaScript does: their forms, their links, and what they cost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import event
from werkzeug.test import TestResponse

from campus_service.core import cache
from campus_service.core.db import db

Values = dict[str, list[str]]


class _Reader(HTMLParser):
    """Collects the fields of every form by the form's address, and the addresses of all links."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, Values] = {}
        self.links: list[str] = []
        self._form: Values | None = None
        self._area = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "form":
            self._form = self.forms.setdefault(given.get("action", ""), {})
        name = given.get("name", "")
        if self._form is None or not name:
            if tag == "option" and self._form is not None and self._select and "selected" in given:
                self._form[self._select] = [given.get("value", "")]
            return
        if tag == "textarea":
            self._area = name
            self._form.setdefault(name, [""])
        elif tag == "select":
            self._select = name
            self._form[name] = [""]
        elif tag == "input":
            self._input(self._form, name, given)

    @staticmethod
    def _input(form: Values, name: str, given: dict[str, str]) -> None:
        if given.get("type") == "file" or (
            given.get("type") in ("radio", "checkbox") and "checked" not in given
        ):
            return
        form.setdefault(name, []).append(given.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""

    def handle_data(self, data: str) -> None:
        if self._area and self._form is not None:
            # The first line end after <textarea> is not part of the value.
            self._form[self._area] = [self._form[self._area][0] + data.removeprefix("\n")]


def _read(response: TestResponse) -> _Reader:
    reader = _Reader()
    reader.feed(response.text)
    return reader


def form(response: TestResponse, action: str, **changes: Any) -> dict[str, Any]:
    """What a browser would send from the form with this address, with some fields filled in otherwise."""
    return _read(response).forms[action] | changes


def links(response: TestResponse, beginning: str = "") -> list[str]:
    """Where the page leads, in order."""
    return [link for link in _read(response).links if link.startswith(beginning)]


def address(path: str, **args: str) -> str:
    """A path with its query string."""
    return f"{path}?{urlencode(args)}"


@contextmanager
def counted(cold: bool = True) -> Iterator[list[str]]:
    """The SQL statements that the block executes; ``cold``: with nothing remembered from requests before."""
    if cold:
        cache.forget()
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
