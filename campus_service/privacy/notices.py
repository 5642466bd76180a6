"""What a person hears about his copy and his deletion."""

from __future__ import annotations

from datetime import datetime

from campus_service.core.i18n import lazy
from campus_service.core.page import fmt_when
from campus_service.notifications.kinds import Group, Kind, Params, register
from campus_service.notifications.service import notify

PAGE = "/me/data"


def _words(params: Params) -> Params:
    when = params.get("when", "")
    return {**params, "when": fmt_when(datetime.fromisoformat(when)) if when else ""}


for _code, _title, _body in (
    (
        "privacy.export_ready",
        lazy("你的数据副本好了"),
        lazy("%(when)s 前可以下载，只有你登录后能打开。"),
    ),
    (
        "privacy.erasure_asked",
        lazy("你的数据将在 %(when)s 删除"),
        lazy("在那之前随时可以取消。不是你要求的，请马上取消并更改密码。"),
    ),
    ("privacy.erasure_cancelled", lazy("不删除了"), lazy("%(when)s 取消了删除，一切照旧。")),
    (
        "privacy.erasure_postponed",
        lazy("还有事没办完，数据暂时没有删除"),
        lazy("打开页面看看还差什么；办完以后，%(when)s 自动删除。"),
    ),
):
    register(Kind(_code, Group.ACCOUNT, _title, _body, words=_words))


def tell(user_id: int, what: str, moment: datetime) -> None:
    """The person hears ``what`` happened, or will at ``moment``."""
    notify(user_id, f"privacy.{what}", {"when": moment.isoformat()}, PAGE)
