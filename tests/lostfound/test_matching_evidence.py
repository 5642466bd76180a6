"""Reading a report into features, and what two of them say about being one thing. Pure: no site, no database."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from campus_service.core.i18n import force_locale
from campus_service.lostfound.categories import Category
from campus_service.lostfound.matching import candidates, evaluation, explaining, generated, prints, scoring
from campus_service.lostfound.matching.cli import eval_matching
from campus_service.lostfound.matching.features import Features, Text, read
from campus_service.lostfound.matching.scoring import PRIOR, Corpus, Evidence, compare, score
from campus_service.lostfound.states import Kind

DAY = date(2026, 10, 10)
UNSEEN = Path(__file__).parent / "data/look_alikes.jsonl"
OF_ANOTHER_HAND = Path(__file__).parents[1] / "search" / "data" / "unseen_items.jsonl"
DEMO = Path(__file__).parents[2] / "campus_service/lostfound/data/demo.jsonl"
EMPTY = Corpus()


def a(
    title: str, description: str = "", category: str = "other", place: str = "图书馆", day: date = DAY
) -> Features:
    return read(Text(title, description, category, place, day))


def keys(lost: Features, found: Features) -> set[str]:
    return {one.key for one in compare(lost, found, EMPTY)}


def points(lost: Features, found: Features) -> float:
    return score(compare(lost, found, EMPTY))


# --- reading ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "dimension", "values"),
    [
        ("墨绿色的壳", "colour", {"darkgreen"}),
        ("红米手机", "brand", {"xiaomi"}),
        ("银行卡", "colour", set()),
        ("AirPods 一副", "thing", {"earbuds"}),
        ("挂着小熊", "motif", {"bear"}),
        ("没有挂绳", "part", set()),
        ("没有挂绳", "lacks", {"strap"}),
        ("直柄伞", "shape", {"straight"}),
        ("姓林的同学", "surname", {"林"}),
        ("mini", "brand", set()),
    ],
)
def test_words_are_read_as_values(text: str, dimension: str, values: set[str]) -> None:
    assert a(text).values.get(dimension, frozenset()) == values


def test_numbers_are_read_with_their_units_however_they_are_written() -> None:
    assert a("三把钥匙").counts == a("钥匙3把").counts == {"把": {3}}
    assert a("四五把").counts["把"] == {4, 5}
    assert a("一升的水壶").sizes == a("1000ml").sizes == {"ml": {1000.0}}
    assert a("三万毫安").sizes == a("30000mAh").sizes == {"mah": {30000.0}}
    assert a("2026级").sizes == a("26级").sizes
    assert a("iPhone 15").models == {"iphone": {"15"}}
    assert a("包", place="三教二楼").spots["floor"] == a("包", place="第三教学楼2层").spots["floor"]


def test_a_brand_and_its_chinese_name_are_one_and_a_synonym_is_one_word() -> None:
    assert "brand+" in keys(a("膳魔师杯子"), a("THERMOS 水杯"))
    assert a("饭卡").terms & a("校园卡").terms
    assert a("AirPods").terms & a("苹果蓝牙耳机").terms


# --- agreeing and contradicting ---------------------------------------------------------------------------------

BASE = ("钥匙", "三把，红色扣子，挂着小鲸鱼，500ml，华为")


@pytest.mark.parametrize(
    ("one", "other", "key"),
    [
        ("黑色", "白色", "colour-"),
        ("深蓝", "黑色", None),
        ("三把", "两把", "count-"),
        ("两把大的一把小的", "三把", None),
        ("500ml", "480ml", None),
        ("500ml", "1升", "size-"),
        ("华为", "小米", "brand-"),
        ("iphone 13", "iphone 15", "model-"),
        ("挂着小熊", "挂着皮卡丘", "motif-"),
        ("左耳", "右耳", "side-"),
        ("有线鼠标", "无线鼠标", "wire-"),
        ("贴了贴纸", "没有任何贴纸", "part-"),
        ("屏幕有裂痕", "屏幕完好", "part-"),
        ("《线性代数》", "《高等数学》", "title-"),
        ("男款", "女款", "sex-"),
    ],
)
def test_what_tells_two_like_things_apart(one: str, other: str, key: str | None) -> None:
    against = {name for name in keys(a("东西", one), a("东西", other)) if name.endswith("-")}
    assert against == ({key} if key else set())
    if key:
        assert points(a("东西", one), a("东西", other)) < points(a("东西", one), a("东西", one))


def test_another_building_and_long_after_speak_against_the_next_day_hardly() -> None:
    here = a("雨伞", place="一食堂")
    assert points(here, a("雨伞", place="音乐厅")) < points(here, a("雨伞", place="一食堂"))
    later = [points(here, a("雨伞", place="一食堂", day=DAY + timedelta(days=gap))) for gap in (0, 1, 7, 60)]
    assert later == sorted(later, reverse=True)
    assert points(here, a("雨伞", place="一食堂", day=DAY - timedelta(days=5))) < later[2]


def texts() -> st.SearchStrategy[Text]:
    made = [text for _kind, text in generated.texts(300, DAY, DAY + timedelta(days=20))]
    return st.sampled_from(made)


@given(texts(), texts())
@settings(max_examples=60, deadline=None)
def test_looks_and_words_say_the_same_in_both_directions(one: Text, other: Text) -> None:
    one = replace(one, day=other.day)
    there, back = compare(read(one), read(other), EMPTY), compare(read(other), read(one), EMPTY)
    assert score(there) == pytest.approx(score(back))
    assert {(each.key, each.ours) for each in there} == {
        (each.key, each.theirs or each.ours) for each in back
    }


@given(texts(), texts(), st.sampled_from(sorted(key for key in PRIOR if key.endswith("-"))), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_a_contradiction_more_never_makes_a_pair_likelier(
    one: Text, other: Text, key: str, strength: float
) -> None:
    evidence = compare(read(one), read(other), EMPTY)
    assert score([*evidence, Evidence(key, strength)]) <= score(evidence)


@given(texts(), texts())
@settings(max_examples=60, deadline=None)
def test_strengths_lie_between_nothing_and_the_whole(one: Text, other: Text) -> None:
    evidence = compare(read(one), read(other), EMPTY)
    assert all(0 <= each.strength <= 1.0000001 for each in evidence)
    assert {each.key for each in evidence} <= PRIOR.keys()


# --- candidates -------------------------------------------------------------------------------------------------


def test_candidates_are_found_across_categories_that_people_confuse() -> None:
    for category in Category:
        assert category in candidates.confused_with(category)
        for other in candidates.confused_with(category):
            assert category in candidates.confused_with(other)
    postings = candidates.Postings()
    postings.add(Kind.FOUND, 1, a("小米手环", "黑色", "electronics_other"))
    postings.add(Kind.FOUND, 2, a("小米手环", "黑色", "umbrella"))
    postings.add(Kind.FOUND, 3, a("小米手环", "黑色", "jewellery_watch", day=DAY + timedelta(days=400)))
    asked = candidates.question(Kind.LOST, a("小米手环", "黑色", "jewellery_watch"), EMPTY)
    assert candidates.shortlist(asked, EMPTY, postings.hits) == [1]


# --- in words ---------------------------------------------------------------------------------------------------


def test_the_reasons_are_told_in_words_the_weightiest_first() -> None:
    lost = a("钥匙", "三把，挂着小鲸鱼", "keys", "一教")
    found = a("钥匙", "两把，鲸鱼挂件", "keys", "一教", DAY + timedelta(days=1))
    reasons = explaining.kept(compare(lost, found, EMPTY))
    said = [line.text for line in explaining.lines(reasons, closed=False)]
    assert "数量不同：丢的3 把，捡到的2 把" in said
    assert "同一个地方：第一教学楼" in said
    assert "晚一天捡到" in said
    assert [line.good for line in explaining.lines(reasons, closed=False) if "数量" in line.text] == [False]


def test_what_has_a_line_of_its_own_is_not_said_twice() -> None:
    reasons = [
        ["colour+", 1.0, ["green"], ["green"]],
        ["words+", 1.0, ["墨绿色", "自习区"], ["墨绿色", "自习区"]],
    ]
    assert "都提到自习区" in [line.text for line in explaining.lines(reasons, closed=False)]
    assert explaining.lines([["words+", 1.0, ["墨绿色"], ["墨绿色"]]], closed=False)[0].text == "都提到墨绿色"


def test_closed_details_leave_class_day_and_area() -> None:
    lost, found = a("黑色华为手机", "裂屏", "phone"), a("黑色华为手机", "裂屏", "phone")
    reasons = explaining.kept(compare(lost, found, EMPTY))
    assert {line.text for line in explaining.lines(reasons, closed=True)} == {"同一天", "同一个地方：图书馆"}


def test_every_value_and_every_piece_of_evidence_has_words_in_english_too() -> None:
    with force_locale("en"):
        for key in PRIOR:
            name = key[:-1]
            value = {"day": ["3"], "place": ["library"], "category": ["keys"]}.get(name, ["iphone 15"])
            for line in explaining.lines([[key, 1.0, value, value]], closed=False):
                assert line.text


# --- photos -----------------------------------------------------------------------------------------------------


def drawn(colour: str, corner: tuple[int, int], size: int = 320, light: int = 0) -> bytes:
    """A picture of a thing on a table."""
    picture = Image.new("RGB", (size, size * 3 // 4), (210 + light, 200 + light, 190 + light))
    draw = ImageDraw.Draw(picture)
    x, y = corner[0] * size // 320, corner[1] * size // 320
    draw.rectangle((x, y, x + size // 3, y + size // 4), fill=colour)
    draw.ellipse((size // 10, size // 10, size // 4, size // 4), fill="black")
    out = BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


def test_the_same_thing_photographed_again_looks_alike_another_does_not() -> None:
    thing = prints.read(drawn("#a02020", (150, 100)))
    again = prints.read(drawn("#a02020", (152, 102), size=640, light=8))
    assert [one.key for one in prints.compare(thing, again)] == ["photo+"]
    other = Image.effect_noise((320, 240), 90).convert("RGB")
    out = BytesIO()
    Image.blend(other, Image.new("RGB", (320, 240), "#2040d0"), 0.7).save(out, "JPEG")
    assert "photo+" not in [one.key for one in prints.compare(thing, prints.read(out.getvalue()))]


def test_photos_only_sort_what_words_have_found() -> None:
    assert PRIOR["photo+"] <= 1.0
    assert PRIOR["photo-"] >= -1.0


# --- figures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "first", "fifth", "told"),
    [(DEMO, 0.85, 0.97, 0.75), (UNSEEN, 0.75, 0.95, 0.75), (OF_ANOTHER_HAND, 0.75, 0.95, 0.65)],
)
def test_pairs_are_found_among_others_in_both_directions(
    file: Path, first: float, fifth: float, told: float
) -> None:
    found = evaluation.figures(evaluation.load(file), 500, 0.0)
    for direction in ("lost_to_found", "found_to_lost"):
        assert found[direction]["recall@1"] >= first
        assert found[direction]["recall@5"] >= fifth
    assert found["alerts"]["precision"] >= 0.8
    assert found["alerts"]["recall"] >= told


def test_the_command_prints_figures_and_names_a_bad_line(tmp_path: Path) -> None:
    printed = CliRunner().invoke(eval_matching, [str(UNSEEN)])
    assert printed.exit_code == 0
    assert "recall@1" in printed.output
    bad = tmp_path / "bad.jsonl"
    bad.write_text('{"id": "x"}\n', encoding="utf-8")
    refused = CliRunner().invoke(eval_matching, [str(bad)])
    assert refused.exit_code == 1
    assert "line 1" in refused.output


def test_private_marks_change_nothing(tmp_path: Path) -> None:
    import json

    lines = [json.loads(line) for line in UNSEEN.read_text(encoding="utf-8").splitlines()]
    marked = tmp_path / "marked.jsonl"
    marked.write_text(
        "\n".join(json.dumps(line | {"private_marks": line["pair"] or "别的"}) for line in lines),
        encoding="utf-8",
    )
    assert evaluation.load(marked) == evaluation.load(UNSEEN)


def test_no_weight_is_on_the_wrong_side() -> None:
    assert all(weight >= 0 for key, weight in scoring.PRIOR.items() if key.endswith("+"))
    assert all(weight <= 0 for key, weight in scoring.PRIOR.items() if key.endswith("-"))
