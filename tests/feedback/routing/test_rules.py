"""The coordinator's ordered rules: what they ask, which one wins, what masks what."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus_service.feedback.routing.defaults import DEFAULTS
from campus_service.feedback.routing.examples import DEPARTMENTS, Example
from campus_service.feedback.routing.rules import (
    Message,
    Rule,
    covers,
    explain,
    first_match,
    masking,
    meets,
    words_of,
)


def rule(
    number: int = 1,
    words: str = "",
    has: str = "",
    without: str = "",
    areas: str = "",
    kinds: str = "",
    department: str = "logistics",
) -> Rule:
    asked = [tuple(part.split()) for part in (words, has, without, areas, kinds)]
    return Rule(number, f"rule {number}", asked[0], asked[1], asked[2], asked[3], asked[4], department)


def test_a_rule_asks_for_any_of_its_words_all_of_the_second_and_none_of_the_third() -> None:
    lamp = rule(words="灯 灯管", has="坏", without="图书馆")
    assert meets(lamp, "走廊的灯坏了")
    assert not meets(lamp, "走廊的灯很亮")
    assert not meets(lamp, "图书馆的灯坏了")
    assert not meets(lamp, "水龙头坏了")


def test_place_and_kind_narrow_a_rule() -> None:
    quiet = rule(words="吵", areas="library", kinds="complaint suggestion")
    assert meets(quiet, "太吵了", "library", "complaint")
    assert not meets(quiet, "太吵了", "dorm_east", "complaint")
    assert not meets(quiet, "太吵了", "library", "praise")


@pytest.mark.parametrize("text", ["ＷＩＦＩ断了", "wifi 断了", "WiFi斷了"])
def test_width_case_and_script_do_not_matter(text: str) -> None:
    assert meets(rule(words="WiFi", has="断"), text)


def test_an_empty_word_is_no_word() -> None:
    assert not meets(Rule(1, "x", ("灯", " "), (), (), (), (), "logistics"), "水管")


def test_the_first_rule_that_matches_wins_and_masks_the_others() -> None:
    rules = [
        rule(1, "空调", "图书馆", department="logistics"),
        rule(2, "图书馆", department="library"),
        rule(3, "食堂"),
    ]
    said = explain(rules, "图书馆空调太冷")
    assert said.winner == rules[0] == first_match(rules, "图书馆空调太冷")
    assert said.masked == (rules[1],)
    assert words_of(rules[0], "图书馆空调太冷") == ("空调", "图书馆")
    assert explain(rules, "操场").winner is None


def test_masking_counts_what_each_rule_catches_wins_and_loses_to_whom() -> None:
    rules = [rule(1, "空调"), rule(2, "图书馆"), rule(3, "图书馆空调")]
    first, second, third = masking(
        rules, [Message("图书馆空调太冷"), Message("图书馆太吵"), Message("空调坏了")]
    )
    assert (first.caught, first.won) == (2, 2)
    assert (second.caught, second.won, second.masked_by) == (2, 1, {1: 1})
    assert (third.caught, third.won, third.masked_by) == (1, 0, {1: 1})
    assert third.covered_by == 1
    assert second.covered_by is None


def test_a_rule_that_excludes_what_it_asks_for_can_never_win() -> None:
    assert masking([rule(words="图书馆空调", without="空调")])[0].impossible
    assert not masking([rule(words="图书馆空调 灯", without="空调")])[0].impossible


WORDS = st.lists(st.sampled_from(["灯", "灯管", "空调", "水", "水管", "图书馆", "图书馆灯"]), max_size=3).map(
    " ".join
)
RULES = st.builds(
    rule,
    words=WORDS,
    has=WORDS,
    without=WORDS,
    areas=st.sampled_from(["", "library", "library gym"]),
    kinds=st.sampled_from(["", "request"]),
)
TEXTS = st.lists(st.sampled_from(["灯", "管", "空调", "水", "图书馆", "坏"]), max_size=6).map("".join)


@given(
    RULES, RULES, TEXTS, st.sampled_from(["library", "gym", "other"]), st.sampled_from(["request", "praise"])
)
def test_what_is_said_to_be_covered_is_never_met_alone(
    first: Rule, later: Rule, text: str, area: str, kind: str
) -> None:
    if covers(first, later) and meets(later, text, area, kind):
        assert meets(first, text, area, kind)


def test_no_shipped_rule_is_hidden_by_an_earlier_one() -> None:
    assert [one.rule.name for one in masking(DEFAULTS) if one.covered_by or one.impossible] == []
    assert len({each.name for each in DEFAULTS}) == len(DEFAULTS)
    assert {each.department for each in DEFAULTS} == DEPARTMENTS


def test_each_shipped_rule_is_nearly_always_right(shipped_examples: list[Example]) -> None:
    caught = [
        (first_match(DEFAULTS, f"{one.title}\n{one.body}", "other", one.kind), one)
        for one in shipped_examples
    ]
    wrong = [
        (found.name, one.id)
        for found, one in caught
        if found is not None and found.department != one.department
    ]
    assert len(wrong) <= 0.01 * sum(found is not None for found, _one in caught), wrong
