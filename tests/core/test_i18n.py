"""Texts are translated when they are shown, and what they quote stays text."""

from __future__ import annotations

from flask import Flask, render_template_string

from campus_service.core.errors import Invalid
from campus_service.core.i18n import force_locale, get_locale, lazy


def test_what_a_lazy_text_quotes_is_escaped_on_a_page(app: Flask) -> None:
    text = lazy("“%(typed)s”不能用。", typed="<script>alert(1)</script>")
    with app.test_request_context():
        shown = render_template_string("{{ text }}", text=text)
    assert shown == "“&lt;script&gt;alert(1)&lt;/script&gt;”不能用。"


def test_outside_a_request_texts_are_chinese_and_can_be_forced_to_english(app: Flask) -> None:
    assert get_locale().language == "zh"
    with force_locale("en"):
        assert get_locale().language == "en"
    assert str(Invalid({"title": lazy("这里要填。")})) == "title: 这里要填。"


def test_a_lazy_text_compares_and_formats_like_the_text_it_stands_for(app: Flask) -> None:
    assert lazy("共 %(n)s 件", n=3) == "共 3 件"
    assert f"{lazy('这里要填。')}" == "这里要填。"
