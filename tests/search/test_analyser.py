"""Words: the same thing written differently is the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus_service.search.analyser import MAX_QUERY, grams, normalise, query_tokens, tokens


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("iphone15", "iPhone 15"),
        ("ＡｉｒＰｏｄｓ", "AirPods"),
        ("１２３４号", "1234号"),
        ("圖書館的雨傘", "图书馆的雨伞"),
        ("USB３", "usb 3"),
    ],
)
def test_two_ways_of_writing_it_give_the_same_words(one: str, other: str) -> None:
    assert tokens(one) == tokens(other)


def test_a_long_word_is_also_found_by_its_parts() -> None:
    assert {"图书", "图书馆"} <= set(tokens("图书馆"))


def test_a_word_that_the_dictionary_does_not_know_is_found_by_its_known_parts() -> None:
    assert {"黑", "伞"} <= set(tokens("黑伞"))


def test_a_sign_between_numbers_is_no_word() -> None:
    assert tokens("20×30cm") == ["20", "30", "cm"]


def test_punctuation_and_emoji_are_no_words() -> None:
    assert tokens("！？，。📱 …… —— %_'\"") == []


def test_stop_words_are_dropped_from_a_query_unless_there_is_nothing_else() -> None:
    assert query_tokens("捡到的钱包") == ["钱包"]
    assert query_tokens("我的") != []


def test_each_character_of_a_text_is_given_once_for_the_second_pass() -> None:
    assert grams("水杯水 cup") == ["水", "杯"]


@given(st.text())
def test_no_word_holds_what_would_mean_something_to_sql_or_to_the_padding(text: str) -> None:
    for word in tokens(text):
        assert word
        assert not any(char.isspace() or char in "%_\\'\"\0" for char in word)


@given(st.text(max_size=3 * MAX_QUERY))
def test_folding_twice_changes_nothing_that_is_searched(text: str) -> None:
    assert tokens(normalise(text)) == tokens(text)
