"""Markdown to clean HTML: what an article may have, and nothing else."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus_service.bulletin.rendering import Picture, blocks, clean, images_in, paragraphs, plain, render

PICTURE = Picture("/photos/a/960", "分区图", 960, 720, "/photos/a/320 320w, /photos/a/960 960w")
PICTURES = {7: PICTURE}
VOID = {"img", "br", "hr", "input"}
PIECES = st.sampled_from(
    [
        "# 一",
        "## 二",
        "### 三",
        "- 甲",
        "- [ ] 待办",
        "1. 先",
        "> 引",
        "```",
        "    缩进",
        "|甲|乙|",
        "|:-|-:|",
        "***",
        "![图](image:7)",
        "*说明*",
        "![外](http://e.example/a.png)",
        "[链](javascript:alert(1))",
        "[^1]",
        "[^1]: 注",
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "&lt;b&gt;",
        "**粗",
        "`码`",
        "",
        "",
        "字",
        "[链](https://e.example/?a=1&b=2)",
        "![" + '"' + "](image:7)",
        "[a]: /b",
        "~~删~~",
        "^[就地注]",
    ]
)
BODIES = st.lists(PIECES, max_size=14).map("\n".join) | st.text(max_size=120)


class Whole(HTMLParser):
    """Fails where a tag is not closed, closed twice or in the wrong order; gathers tags, ids and addresses."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.names: set[str] = set()
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _value in attrs}
        values = dict(attrs)
        self.ids += [str(values["id"])] if "id" in values else []
        self.addresses += [str(values[name]) for name in ("href", "src") if name in values]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def html(body: str) -> str:
    return render(body, PICTURES).html


@given(BODIES)
@settings(max_examples=400, deadline=None)
def test_whatever_is_written_becomes_whole_and_harmless_html(body: str) -> None:
    seen = Whole(html(body))
    assert not seen.tags & {"script", "iframe", "style", "object", "form", "h1", "svg"}
    assert not any(name.startswith("on") for name in seen.names)
    assert not any(each.lower().startswith(("javascript:", "data:", "vbscript:")) for each in seen.addresses)
    assert len(seen.ids) == len(set(seen.ids))


@given(BODIES)
@settings(max_examples=400, deadline=None)
def test_the_pieces_are_the_page_and_are_numbered_like_the_paragraphs(body: str) -> None:
    pieces = blocks(body, PICTURES)
    assert "".join(each.html for each in pieces) == html(body)
    numbers = [each.number for each in pieces if each.number is not None]
    assert numbers == list(range(len(paragraphs(body))))
    assert [each.number for each in pieces[:-1] if each.number is None] == []


@given(BODIES)
@settings(max_examples=200, deadline=None)
def test_clean_html_stays_as_it_is(body: str) -> None:
    assert clean(html(body)) == html(body)


def test_html_that_is_written_is_shown_as_it_was_written() -> None:
    assert "<script" not in html("<script>alert(1)</script>")
    assert "&lt;script&gt;" in html("<script>alert(1)</script>")


def test_a_picture_of_another_site_becomes_its_words() -> None:
    assert html("看![分区图](https://elsewhere.example/a.png)这里") == "<p>看分区图这里</p>\n"
    assert html("![没有了](image:8)") == "<p>没有了</p>\n"


def test_a_picture_that_stands_alone_is_a_figure_with_its_caption() -> None:
    assert html("![x](image:7)\n*入口在东侧*").endswith("<figcaption>入口在东侧</figcaption></figure>\n")
    assert "<figcaption>" not in html("![x](image:7)")
    assert "<figure>" not in html("文字![x](image:7)文字")
    assert 'alt="分区图" width="960" height="720"' in html("![x](image:7)")


def test_headings_have_anchors_and_are_listed_below_the_page_s_own_title() -> None:
    seen = render("# 一\n\n### 小\n\n## **二** `三`\n\n###### 深", PICTURES)
    assert [tag for tag in ("h1", "h5", "h6") if f"<{tag}" in seen.html] == []
    assert '<h2 id="h1">一</h2>' in seen.html
    assert seen.contents == [["h1", "一"], ["h2", ""], ["h3", "二 三"], ["h4", ""]]


def test_tables_are_aligned_and_say_nothing_else_of_style() -> None:
    seen = html("|甲|乙|\n|:-|-:|\n|1|2|")
    assert '<th style="text-align:left">甲</th>' in seen
    assert '<td style="text-align:right">2</td>' in seen
    assert clean('<td style="color:red;text-align:left">1</td>').count("color") == 0


def test_a_task_list_shows_what_is_done_and_cannot_be_ticked() -> None:
    seen = html("- [x] 看分区图\n- [ ] 问活动")
    assert seen.count('type="checkbox"') == 2
    assert seen.count('disabled="disabled"') == 2
    assert seen.count("checked=") == 1


def test_a_footnote_leads_there_and_back() -> None:
    seen = html("说法[^甲]。\n\n[^甲]: 出处。")
    assert 'href="#fn1"' in seen
    assert 'id="fn1"' in seen
    assert 'href="#fnref1"' in seen
    assert 'id="fnref1"' in seen


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "vbscript:x"])
def test_an_address_that_is_no_page_is_no_link(address: str) -> None:
    assert "<a" not in html(f"[x]({address})")


def test_links_can_be_made_whole_for_a_mail() -> None:
    made = render("[x](/compass)", PICTURES, link=lambda href: "https://campus.example" + href)
    assert 'href="https://campus.example/compass"' in made.html


def test_plain_words_leave_the_marks_out() -> None:
    assert plain("## 题\n\n**粗** [链](/a) ![图](image:7)\n\n```\n码\n```") == "题\n粗 链 图\n码"
    assert images_in('![a](image:7) ![b](image:12 "题") ![c](http://e.example/x)') == [7, 12]


def test_paragraphs_are_cut_at_empty_lines_and_code_is_kept_whole() -> None:
    assert paragraphs("# 一\n\n甲\n乙\n\n```\na\n\nb\n```\n\n- 1\n- 2") == [
        "# 一",
        "甲\n乙",
        "```\na\n\nb\n```",
        "- 1\n- 2",
    ]
