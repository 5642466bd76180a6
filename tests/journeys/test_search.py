"""The search in the browser: suggested while typing, chosen with the keyboard, followed where nothing is found."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.journeys.conftest import Windows, send_report, sign_in
from tests.journeys.site import Site

TITLE = "孔雀石色保温杯"
PATIENCE = 30_000


def _type(page: Page, words: str) -> None:
    page.keyboard.press("/")
    expect(page.get_by_role("combobox")).to_be_focused()
    page.keyboard.type(words)
    expect(page.get_by_role("listbox")).to_be_visible()


def test_initials_lead_to_results_with_the_keyboard_alone(windows: Windows) -> None:
    page = windows.open(phone=False)
    page.goto("/")
    _type(page, "xyk")
    box = page.get_by_role("combobox")
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("option", selected=True)
    expect(chosen).to_have_text("校园卡")
    expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "-")
    page.keyboard.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("xyk")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("搜“校园卡”")

    tabs = page.get_by_role("navigation", name="哪一类").get_by_role("link")
    expect(tabs.first).to_have_attribute("aria-current", "page")
    name = tabs.nth(1).inner_text()
    tabs.nth(1).click()
    expect(tabs.filter(has_text=name.rstrip("0123456789 \n"))).to_have_attribute("aria-current", "page")
    hit = page.locator("[data-row] a").first
    title = hit.inner_text()
    hit.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(title)


def test_a_finger_chooses_in_the_list_and_what_is_composed_is_left_alone(windows: Windows) -> None:
    page = windows.open()
    asked: list[str] = []
    page.on(
        "request", lambda request: asked.append(request.url) if "/search/suggest" in request.url else None
    )
    page.goto("/lost-found?kind=lost")
    box = page.get_by_role("combobox")
    box.evaluate(
        "box => { box.focus(); box.value = 'yu';"
        " box.dispatchEvent(new InputEvent('input', {isComposing: true, bubbles: true}));"
        " box.value = '雨伞'; box.dispatchEvent(new CompositionEvent('compositionend', {bubbles: true})); }"
    )
    option = page.get_by_role("option", name="雨伞", exact=True)
    expect(option).to_be_visible()
    assert len(asked) == 1
    box_of_option = option.bounding_box()
    assert box_of_option is not None
    assert box_of_option["height"] >= 44
    option.tap()
    expect(page.get_by_role("searchbox").or_(page.get_by_role("combobox"))).to_have_value("雨伞")
    page.wait_for_url("**/lost-found?*q=*")
    assert "kind=lost" in page.url


def test_the_guide_s_box_suggests_guides_to_keys_and_stays_in_the_guide(windows: Windows) -> None:
    page = windows.open(phone=False)
    page.goto("/guide")
    _type(page, "校园卡")
    titles = page.get_by_role("option").filter(has=page.locator("small"))
    expect(titles.first).to_contain_text("校园卡补办")
    for kind in titles.locator("small").all_inner_texts():
        assert kind == "办事指南"
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("option", selected=True)).to_have_text("校园卡")
    page.keyboard.press("Enter")
    page.wait_for_url("**/guide?q=*")
    expect(page.get_by_role("status")).to_contain_text("份对上“校园卡”")
    page.get_by_role("combobox").fill("补办")
    expect(titles.first).to_contain_text("校园卡补办")
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("option", selected=True)).to_contain_text("校园卡补办")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("校园卡补办")


def test_a_finger_opens_a_guide_from_the_guide_s_box(windows: Windows) -> None:
    page = windows.open()
    page.goto("/guide")
    page.get_by_role("combobox").tap()
    page.keyboard.type("xyk")
    expect(page.get_by_role("option", name="校园卡", exact=True)).to_be_visible()
    page.get_by_role("combobox").fill("校园卡补")
    title = page.get_by_role("option").filter(has_text="校园卡补办").filter(has=page.locator("small"))
    expect(title).to_be_visible()
    box = title.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    title.tap()
    expect(page.get_by_role("heading", level=1)).to_have_text("校园卡补办")


def test_what_is_pasted_and_too_long_stays_in_the_box_and_is_told(windows: Windows) -> None:
    page = windows.open()
    page.goto("/guide")
    pasted = "我的校园卡在食堂弄丢了，" * 12
    page.get_by_role("combobox").fill(pasted)
    page.get_by_role("combobox").press("Enter")
    expect(page.get_by_role("combobox")).to_have_value(pasted)
    expect(page.get_by_text("一次只搜前 100 个字")).to_be_visible()


def test_without_scripts_the_box_is_a_form(windows: Windows) -> None:
    page = windows.open(java_script_enabled=False)
    page.goto("/")
    page.get_by_role("searchbox").fill("雨伞")
    page.get_by_role("searchbox").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("搜“雨伞”")


def test_what_is_not_found_is_posted_with_its_words_or_followed_until_it_comes(
    site: Site, windows: Windows
) -> None:
    waiting = sign_in(windows.open(), site.student("等孔雀石杯的人"))
    finder = sign_in(windows.open(), site.student("捡到孔雀石杯的人"))

    waiting.goto(f"/search?q={TITLE}")
    waiting.get_by_role("link", name="登记寻物").click()
    expect(waiting.get_by_label("是什么东西")).to_have_value(TITLE)
    waiting.goto(f"/search?q={TITLE}")
    waiting.get_by_role("button", name="关注这个搜索").click()
    expect(waiting.get_by_role("heading", level=1)).to_have_text("我的关注")

    finder.goto("/lost-found/new/found")
    finder.get_by_label("是什么东西").fill(TITLE)
    finder.get_by_label("在哪里捡到的").fill("体育馆看台")
    expect(finder.get_by_role("radio", name="水杯", exact=True)).to_be_checked()
    finder.get_by_role("radio", name="先放我这里").check()
    send_report(finder)

    told = waiting.get_by_role("button", name=f"有新的招领对上了你的关注：{TITLE}")
    for _try in range(PATIENCE // 500):
        waiting.goto("/me/notifications")
        if told.count():
            break
        waiting.wait_for_timeout(500)
    told.first.click()
    expect(waiting.get_by_role("heading", level=1)).to_have_text(TITLE)
