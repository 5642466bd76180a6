"""Writing in a real browser: two at one article, a network that goes away, pictures, and what Word leaves on the clipboard."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, Route, expect

from campus_service.bulletin import queries
from campus_service.bulletin.models import Article
from campus_service.bulletin.states import ArticleState, Origin
from campus_service.core.db import db
from tests.bulletin.stories import written
from tests.journeys.conftest import OFFLINE, Windows
from tests.journeys.looking import faults
from tests.journeys.site import Site
from tests.media.pictures import phone_photo

BODY = "第一段：时间地点。\n\n第二段：怎么逛。\n\n第三段：带什么。"


def _written(site: Site, body: str = BODY) -> int:
    with site.app.app_context():
        id = written(site.people.writer, body=body)
        db.session.remove()
    return id


def _article(site: Site, id: int) -> Article:
    with site.app.app_context():
        row = db.session.get_one(Article, id)
        db.session.remove()
    return row


def _texts(site: Site, id: int) -> dict[Origin, str]:
    """The newest text of every origin."""
    with site.app.app_context():
        found = {row.origin: row.body for row, _name in reversed(queries.revisions(id))}
        db.session.remove()
    return found


def _opened(windows: Windows, id: int, who: str = "writer", *, phone: bool = True) -> Page:
    page = windows.open(signed_in=who, phone=phone)
    page.goto(f"/newsroom/articles/{id}")
    return page


def _body(page: Page) -> str:
    return page.locator("#f-body").input_value()


def _replace(page: Page, old: str, new: str) -> None:
    """Change some words of the plain text, as typing does."""
    page.locator("#f-body").evaluate(
        "(field, [old, words]) => { const at = field.value.indexOf(old); field.focus();"
        " field.setSelectionRange(at, at + old.length); document.execCommand('insertText', false, words); }",
        [old, new],
    )


def _said(page: Page, words: str) -> None:
    expect(page.locator("[data-said]")).to_contain_text(words)


def test_two_write_in_different_paragraphs_and_both_see_it_joined(site: Site, windows: Windows) -> None:
    id = _written(site)
    yu, shen = _opened(windows, id), _opened(windows, id, "editor")
    expect(shen.locator("[data-pen-who]")).to_contain_text("阿柚")
    _replace(yu, "时间地点", "周六上午，广场")
    _said(yu, "已保存")
    _replace(shen, "带什么", "带校园卡")
    _said(shen, "合进来")
    both = "第一段：周六上午，广场。\n\n第二段：怎么逛。\n\n第三段：带校园卡。"
    assert _body(shen) == both
    assert _article(site, id).body == both
    yu.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(yu.locator("#f-body")).to_have_value(both)


def test_two_write_in_the_same_paragraph_both_are_shown_and_nothing_is_lost(
    site: Site, windows: Windows
) -> None:
    id = _written(site)
    yu, shen = _opened(windows, id), _opened(windows, id, "editor", phone=False)
    shen.get_by_role("button", name="纯文本").click()
    _replace(yu, "怎么逛", "先看分区图")
    _said(yu, "已保存")
    _replace(shen, "怎么逛", "从东门进")
    dialog = shen.get_by_role("dialog", name="同一处两个人都改了")
    expect(dialog).to_contain_text("第二段：先看分区图。")
    expect(dialog).to_contain_text("第二段：从东门进。")
    dialog.get_by_role("button", name="就这样合起来").click()
    _said(shen, "已保存")
    assert (
        _body(shen) == "第一段：时间地点。\n\n第二段：先看分区图。\n\n第二段：从东门进。\n\n第三段：带什么。"
    )
    assert _article(site, id).body == _body(shen)
    assert "从东门进" in _texts(site, id)[Origin.ASIDE]


def test_who_takes_the_other_text_still_finds_his_own_among_the_revisions(
    site: Site, windows: Windows
) -> None:
    id = _written(site)
    yu, shen = _opened(windows, id), _opened(windows, id, "editor")
    _replace(yu, "怎么逛", "先看分区图")
    _said(yu, "已保存")
    _replace(shen, "怎么逛", "从东门进")
    dialog = shen.get_by_role("dialog", name="同一处两个人都改了")
    dialog.get_by_label("对方写的").check()
    dialog.get_by_role("button", name="就这样合起来").click()
    expect(shen.locator("#f-body")).to_have_value(re.compile("先看分区图"))
    shen.goto(f"/newsroom/articles/{id}/revisions")
    expect(shen.locator(".ed-steps")).to_contain_text("另存一旁")


def test_a_lost_connection_while_typing_loses_nothing(site: Site, windows: Windows) -> None:
    windows.expected = OFFLINE
    id = _written(site)
    page = _opened(windows, id)
    page.context.set_offline(True)
    _replace(page, "时间地点", "断网时写的")
    _said(page, "没有网络，先存在这台机器上")
    assert _article(site, id).body == BODY
    page.context.set_offline(False)
    _said(page, "已保存")
    assert "断网时写的" in _article(site, id).body


def test_a_closed_window_without_a_network_gives_the_text_back_and_joins_it(
    site: Site, windows: Windows
) -> None:
    windows.expected = OFFLINE
    id = _written(site)
    page, shen = _opened(windows, id), _opened(windows, id, "editor")
    page.context.set_offline(True)
    _replace(page, "时间地点", "断网时写的")
    _said(page, "没有网络")
    page.close()
    _replace(shen, "带什么", "带校园卡")
    _said(shen, "已保存")
    context = windows.contexts[-2]
    context.set_offline(False)
    again = context.new_page()
    again.goto(f"/newsroom/articles/{id}")
    expect(again.locator("#f-body")).to_have_value(re.compile("断网时写的"))
    _said(again, "合进来")
    body = _article(site, id).body
    assert "断网时写的" in body
    assert "带校园卡" in body


def test_typing_goes_on_while_an_answer_is_on_its_way(site: Site, windows: Windows) -> None:
    id = _written(site)
    yu, shen = _opened(windows, id), _opened(windows, id, "editor")
    _replace(yu, "带什么", "带校园卡")
    _said(yu, "已保存")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    shen.route(re.compile(rf"/newsroom/articles/{id}$"), hold)
    _replace(shen, "时间地点", "周六")
    _said(shen, "正在保存")
    _replace(shen, "周六", "周六上午")
    held[0].continue_()
    shen.unroute_all()
    expect(shen.locator("#f-body")).to_have_value(
        "第一段：周六上午。\n\n第二段：怎么逛。\n\n第三段：带校园卡。"
    )
    _said(shen, "已保存")
    expect(shen.locator("dialog[open]")).to_have_count(0)
    assert _article(site, id).body == _body(shen)


def test_instant_rendering_leaves_alone_what_was_not_touched(site: Site, windows: Windows) -> None:
    body = "## 怎么逛\n\n* 一\n* 二\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n最后一段"
    id = _written(site, body)
    page = _opened(windows, id, phone=False)
    text = page.locator(".vditor-ir pre.vditor-reset")
    expect(text).to_contain_text("最后一段")
    text.get_by_text("最后一段").click()
    page.keyboard.press("End")
    page.keyboard.type("，用 App 报名")
    _said(page, "已保存")
    assert _article(site, id).body == f"{body}，用 App 报名"
    page.get_by_role("button", name="纯文本").click()
    assert _body(page) == f"{body}，用 App 报名"


def test_instant_rendering_and_the_dialogs_can_be_used_by_everybody(site: Site, windows: Windows) -> None:
    id = _written(
        site, "## 怎么逛\n\n先看**分区图**，再问[三件事](/guide)。\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    )
    page = _opened(windows, id, phone=False)
    expect(page.locator(".vditor-ir pre.vditor-reset")).to_contain_text("分区图")
    wrong = faults(page)
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_role("dialog", name="预览")).to_contain_text("分区图")
    wrong += faults(page)
    assert not wrong, "\n".join(wrong)


def test_a_picture_gets_its_words_and_its_place_and_nothing_leaves_the_site(
    site: Site, windows: Windows, tmp_path: Path
) -> None:
    id = _written(site)
    page = windows.open(signed_in="writer", phone=False)
    elsewhere: list[str] = []
    page.on("request", lambda request: None if _ours(site, request.url) else elsewhere.append(request.url))
    page.goto(f"/newsroom/articles/{id}")
    expect(page.locator(".vditor-ir pre.vditor-reset")).to_contain_text("第三段")
    file = tmp_path / "map.jpg"
    file.write_bytes(phone_photo(640, 480))
    page.locator("[data-choose]").set_input_files(file)
    dialog = page.get_by_role("dialog", name="插图片")
    dialog.get_by_role("button", name="插到正文里").click()
    expect(dialog.get_by_role("alert")).to_contain_text("至少两个字")
    dialog.get_by_label("图里是什么").fill("招新集市分区图")
    dialog.locator("img").click(position={"x": 10, "y": 10})
    dialog.get_by_role("button", name="插到正文里").click()
    expect(page.locator("[data-image-list] img")).to_have_count(1)
    _said(page, "已保存")
    with site.app.app_context():
        (image,) = queries.images(id).values()
        db.session.remove()
    assert f"![招新集市分区图](image:{image.id})" in _article(site, id).body
    assert image.focal_x < 15
    loaded = ".vditor-ir img"
    expect(page.locator(loaded)).to_have_js_property("complete", True)
    assert page.locator(loaded).evaluate("img => img.naturalWidth") > 0
    assert elsewhere == []


def _ours(site: Site, url: str) -> bool:
    return url.startswith((site.url, "blob:", "data:"))


def test_what_word_put_on_the_clipboard_comes_in_clean(site: Site, windows: Windows) -> None:
    id = _written(site, "开头。")
    page = _opened(windows, id)
    page.locator("#f-body").evaluate(
        """field => { field.focus(); field.setSelectionRange(3, 3); const data = new DataTransfer();
        data.setData('text/html', '<p class=MsoNormal style="mso-x:1">先<b>看</b>图<o:p></o:p></p><ul><li>带伞</li></ul>');
        data.setData('text/plain', '先看图');
        field.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true, cancelable: true})); }"""
    )
    expect(page.locator("#f-body")).to_have_value("开头。先**看**图\n\n- 带伞")
    _said(page, "已保存")


def test_hints_come_while_writing_and_the_article_goes_to_review(site: Site, windows: Windows) -> None:
    id = _written(site)
    page = _opened(windows, id)
    _replace(page, "时间地点", "下载App")
    hint = page.locator("[data-hints] li").filter(has_text="下载App")
    expect(hint).to_contain_text("空一格")
    hint.get_by_role("button").click()
    assert page.evaluate("document.activeElement.id") == "f-body"
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_role("dialog", name="预览")).to_contain_text("下载App")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="送审").click()
    expect(page.get_by_text("已送审")).to_be_visible()
    row = _article(site, id)
    assert row.state is ArticleState.SUBMITTED
    assert "下载App" in row.body
