"""What can go wrong for a reason a person should hear; http.py turns each into a page or a JSON problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from campus_service.core.i18n import LazyString, lazy

Text: TypeAlias = str | LazyString


class DomainError(Exception):
    """The parent of all: ``message`` is for the reader, ``status`` is the HTTP status it becomes."""

    status = 400
    default: Text = lazy("这一步没有做成。")

    def __init__(self, message: Text | None = None) -> None:
        self.message: Text = message if message is not None else self.default
        super().__init__(self.message)

    def __str__(self) -> str:
        return str(self.message)


class NotFound(DomainError):
    """There is no such thing, or this reader may not know of it."""

    status = 404
    default = lazy("没有找到这一页，可能已经领走或不再公开。")


class Forbidden(DomainError):
    """The actor's roles do not allow it."""

    status = 403
    default = lazy("这一步需要别的权限。")


class SignInNeeded(Forbidden):
    """A visitor has to sign in first."""

    status = 401
    default = lazy("请先登录。")


class Conflict(DomainError):
    """The thing is no longer in the state this step starts from, or somebody was faster."""

    status = 409
    default = lazy("情况刚刚变了，请刷新后再看。")


class TooMany(DomainError):
    """A limit was reached; the message says which and until when."""

    status = 429
    default = lazy("次数太多了，请稍后再试。")


class Invalid(DomainError):
    """Some fields cannot be accepted: ``fields`` maps the field's name to what is wrong with it."""

    status = 422
    default = lazy("有几处要改一下，已填的内容都还在。")

    def __init__(self, fields: Mapping[str, Text], message: Text | None = None) -> None:
        self.fields = dict(fields)
        super().__init__(message)

    def __str__(self) -> str:
        return "; ".join(f"{name}: {text}" for name, text in self.fields.items())
