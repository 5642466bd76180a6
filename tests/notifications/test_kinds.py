"""The words of a notification are made for their reader, when they are shown."""

from __future__ import annotations

from typing import Any

from flask import Flask

from campus_service.core.i18n import force_locale, get_locale, lazy
from campus_service.notifications.kinds import KINDS, Group, Kind, Params, Words, register, words


def test_params_are_filled_into_title_and_body(app: Flask) -> None:
    shown = words("test.claimed", {"item": "黑色雨伞", "days": 3})
    assert shown == Words("有人认领：黑色雨伞", "请在 3 天内答复。")


def test_what_an_older_version_did_not_note_is_a_gap(app: Flask) -> None:
    assert words("test.claimed", {}).title == "有人认领：…"


def test_a_kind_of_another_version_gets_plain_words(app: Flask) -> None:
    assert words("no.such.kind", {}).title == "有一条新消息"


def test_params_that_mean_different_words_in_each_language_are_turned_into_them(app: Flask) -> None:
    def in_words(params: Params) -> dict[str, Any]:
        return {"day": params["day"] if get_locale().language == "en" else f"星期{params['day']}"}

    register(Kind("test.day", Group.REPORTS, lazy("%(day)s"), lazy(""), words=in_words))
    assert words("test.day", {"day": "六"}).title == "星期六"
    with force_locale("en"):
        assert words("test.day", {"day": "六"}).title == "六"


def test_every_group_has_a_name_and_a_sentence(app: Flask) -> None:
    assert all(str(group.label) and str(group.hint) for group in Group)


def test_every_registered_kind_can_be_shown_whatever_it_is_given(app: Flask) -> None:
    assert len(KINDS) > 2
    for code in KINDS:
        assert words(code, {}).title
        assert words(code, {"item": "100% 羊毛 %s %(x)s"}).title
