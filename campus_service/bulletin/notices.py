"""What the newsroom's people are told: something to review, a decision, an issue to sign, an issue that is out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from campus_service.bulletin.models import Article, Issue
from campus_service.core.i18n import LazyString, lazy
from campus_service.core.page import fmt_when
from campus_service.notifications.kinds import Group, Kind, Params, register
from campus_service.notifications.service import notify


def _shown(params: Params) -> Params:
    at = params.get("at", "")
    return {**params, "at": fmt_when(datetime.fromisoformat(at)) if at else ""}


_KINDS: tuple[tuple[str, LazyString, LazyString], ...] = (
    ("article.submitted", lazy("有文章待审：%(title)s"), lazy("%(who)s交了稿。审的人不能写过这篇文章。")),
    (
        "article.changes",
        lazy("请再改改：%(title)s"),
        lazy("%(who)s看过了，写明了要改什么；段落旁边可能还有批注。"),
    ),
    (
        "article.approved",
        lazy("审过了：%(title)s"),
        lazy("%(who)s通过了这篇文章，现在的文字就是将来发布的文字。"),
    ),
    ("article.online", lazy("上线了：%(title)s"), lazy("读者现在可以看到。发现差错请用“勘误”，不要悄悄改。")),
    ("article.assigned", lazy("请你写：%(title)s"), lazy("排在《校园指南针》“%(issue)s”里。")),
    ("issue.to_sign", lazy("请签发：%(title)s"), lazy("各篇都已通过，等主编签发。")),
    ("issue.signed", lazy("已签发：%(title)s"), lazy("%(who)s签发了这一期，可以定时发布。")),
    ("issue.scheduled", lazy("定时发布：%(title)s"), lazy("北京时间 %(at)s 出刊。")),
    ("issue.published", lazy("第 %(number)s 期出刊了：%(title)s"), lazy("网页、订阅和邮件都从这时起有了。")),
)
for _code, _title, _body in _KINDS:
    register(Kind(_code, Group.NEWSROOM, _title, _body, words=_shown))


def tell_about_article(people: Iterable[int], kind: str, article: Article, **params: str) -> None:
    """Tell people about an article in the newsroom."""
    for person in people:
        notify(
            person, f"article.{kind}", {"title": article.title, **params}, f"/newsroom/articles/{article.id}"
        )


def tell_about_issue(people: Iterable[int], kind: str, issue: Issue, **params: str) -> None:
    """Tell people about an issue in the newsroom."""
    for person in people:
        notify(person, f"issue.{kind}", {"title": issue.title, **params}, f"/newsroom/issues/{issue.id}")
