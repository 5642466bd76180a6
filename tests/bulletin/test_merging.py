"""Two people change one text: different paragraphs join, the same change is one, otherwise both are kept to choose from."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from campus_service.bulletin.merging import merge, regions, side_by_side
from campus_service.bulletin.texts import ArticleText

PARAGRAPH = st.text("春夏秋冬风雨雪山水人家", min_size=1, max_size=8)
BODIES = st.lists(PARAGRAPH, min_size=3, max_size=8, unique=True)
ANY = st.text("甲乙\n ", max_size=30)
TEXT = ArticleText("events", "题目", "导语", "阿柚", "")


def body(paragraphs: list[str]) -> str:
    return "\n\n".join(paragraphs)


def of(text: str) -> ArticleText:
    return replace(TEXT, body=text)


@given(BODIES, st.data())
def test_changes_in_different_paragraphs_join(paragraphs: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(paragraphs) - 3))
    second = data.draw(st.integers(first + 2, len(paragraphs) - 1))
    theirs, mine, both = list(paragraphs), list(paragraphs), list(paragraphs)
    theirs[first] = both[first] = "沈同学改的"
    mine[second] = both[second] = "阿柚改的"
    found = merge(of(body(paragraphs)), of(body(theirs)), of(body(mine)))
    assert not found.conflicts
    assert found.text.body == body(both)


@given(ANY, ANY)
def test_the_same_change_is_one_change(base: str, changed: str) -> None:
    found = merge(of(base), of(changed), of(changed))
    assert (found.text.body, found.conflicts) == (changed, ())


@given(ANY, ANY)
def test_who_changed_nothing_loses_nothing(base: str, changed: str) -> None:
    assert merge(of(base), of(changed), of(base)).text.body == changed
    assert merge(of(base), of(base), of(changed)).text.body == changed


@given(BODIES, st.data())
def test_one_paragraph_changed_by_both_is_a_conflict_and_the_newest_stands(
    paragraphs: list[str], data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(paragraphs) - 1))
    theirs, mine = list(paragraphs), list(paragraphs)
    theirs[at], mine[at] = "沈同学改的", "阿柚改的"
    found = merge(of(body(paragraphs)), of(body(theirs)), of(body(mine)))
    assert found.conflicts == ("body",)
    assert found.text.body == body(theirs)
    choices = [each for each in regions(body(paragraphs), body(theirs), body(mine)) if each.conflict]
    assert [(each.theirs.strip(), each.mine.strip()) for each in choices] == [("沈同学改的", "阿柚改的")]


@given(ANY, ANY, ANY)
@settings(max_examples=300)
def test_of_any_three_texts_either_all_joins_or_the_newest_stands(base: str, theirs: str, mine: str) -> None:
    found = merge(of(base), of(theirs), of(mine))
    pieces = regions(base, theirs, mine)
    assert bool(found.conflicts) == any(each.conflict for each in pieces) or base in (theirs, mine)
    if found.conflicts:
        assert found.text == of(theirs)
    else:
        assert found.text.body == "".join(each.theirs for each in pieces)


@given(ANY, ANY, ANY)
def test_choosing_theirs_everywhere_keeps_every_line_of_theirs_where_both_changed(
    base: str, theirs: str, mine: str
) -> None:
    pieces = [each for each in regions(base, theirs, mine) if each.conflict]
    assert all(each.theirs in theirs and each.mine in mine for each in pieces)


@given(st.sampled_from(["title", "lede", "byline", "section"]), st.text(max_size=5), st.text(max_size=5))
def test_a_field_changed_by_one_is_taken_and_by_both_differently_is_a_conflict(
    name: str, theirs: str, mine: str
) -> None:
    was = getattr(TEXT, name)
    assume(was not in (theirs, mine))
    changed = ArticleText.of(TEXT.plain() | {name: mine})
    assert merge(TEXT, TEXT, changed).text == changed
    found = merge(TEXT, ArticleText.of(TEXT.plain() | {name: theirs}), changed)
    assert getattr(found.text, name) == theirs
    assert found.conflicts == (() if theirs == mine else (name,))


@given(ANY, ANY)
def test_side_by_side_both_texts_are_whole(left: str, right: str) -> None:
    rows = list(side_by_side(left, right))
    assert "\n".join(row.left for row in rows if row.kind != "new") == left
    assert "\n".join(row.right for row in rows if row.kind != "gone") == right
    assert all((row.left == row.right) for row in rows if row.kind == "same")
