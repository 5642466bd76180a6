"""Floods: how often one network may write without a name or try receipts; whom a limit met is noted nowhere."""

from __future__ import annotations

from campus_service.core.i18n import lazy
from campus_service.core.ratelimit import address, count

# domain.md §2: anonymous messages of one network, and of all the world, in a day.
PER_NETWORK = "5 per day"
FOR_ALL = "200 per day"
RECEIPTS = "10 per hour"


def count_anonymous() -> None:
    """One more message without a name; raises TooMany."""
    count(
        PER_NETWORK,
        "feedback.anonymous",
        address(),
        lazy(
            "这个网络今天不留名字的反馈已经有 5 件了。急事请打保卫处电话；也可以登录后留名字发，或明天再来。"
        ),
    )
    count(
        FOR_ALL,
        "feedback.anonymous",
        "all",
        lazy("今天不留名字的反馈太多，暂时收不下了。急事请打保卫处电话；也可以登录后留名字发，或明天再来。"),
    )


def count_receipt() -> None:
    """One more receipt tried; raises TooMany."""
    count(
        RECEIPTS,
        "feedback.receipt",
        address(),
        lazy("这个网络一小时里输了 10 次查询码，请过一小时再试。"),
    )
