"""Papers: words stay words, long ones break, what the fonts lack is left out, faulty papers do not go out."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campus_service.core import papers
from campus_service.core.errors import NotFound
from tests.papers import codes_of_picture, fonts, words

ADDRESS = "https://campus.example/lost-found/2611-0001"
TEMPLATE = """
#import "/core/papers.typ": *
#let sheet = json(bytes(sys.inputs.sheet))
#set page(width: 90mm, height: 90mm, margin: 4mm)
#set text(font: sans, size: 10pt)
#fitted("words", 30mm, (1, 0.5), step => text(size: 10pt * step, sheet.words))
#image(bytes(sheet.qr), width: 40mm)
"""


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A paper of our own, beside the shared part."""
    (tmp_path / "core").mkdir()
    (tmp_path / "core" / "papers.typ").write_text(papers.SHARED.read_text())
    (tmp_path / "own").mkdir()
    path = tmp_path / "own" / "square.typ"
    path.write_text(TEMPLATE)
    monkeypatch.setattr(papers, "ROOT", tmp_path)
    return path


def data(text: str, address: str = ADDRESS) -> dict[str, Any]:
    return {"words": text, "qr": papers.qr(address)}


@pytest.mark.parametrize(
    "typed",
    [
        '#panic("x") *粗* $x^2$ @ref <a> [b] \\ #include "/core/papers.typ" // 注',
        '"}) #let x = 1 ({"',
        "= 标题\n- 一\n+ 二 ```raw``` ~ -- --- ...",
    ],
)
def test_what_people_write_is_never_markup(template: Path, typed: str) -> None:
    made = papers.pdf(template, data(typed), [ADDRESS], 1)

    assert words(made.content) == "".join(typed.split())


def test_the_fonts_are_those_of_the_install_and_lie_in_the_file(template: Path) -> None:
    made = papers.pdf(template, data("招领启事 found"), [ADDRESS], 1)

    assert fonts(made.content) == {"NotoSansSC-Regular-Identity-H": True}


@given(st.text(st.characters(codec="utf-8"), max_size=300))
@settings(max_examples=200, deadline=None)  # the fonts are read once
def test_whatever_is_typed_can_be_set(text: str) -> None:
    kept = papers.settable(text, 100)

    assert len(kept) <= 100
    assert not papers.missing([kept])
    assert papers.settable(kept) == kept
    assert papers.breakable(kept).replace("\u200b", "") == kept


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("招新🎪集市", "招新 集市"),
        ("雨伞\u202eabc\u2066", "雨伞 abc"),
        ("مفتاح", ""),
        ("一\n\n二\t三", "一 二 三"),
        ("e\u0301", "é"),
    ],
)
def test_letters_that_the_fonts_do_not_have_are_left_out(typed: str, kept: str) -> None:
    assert papers.settable(typed) == kept


@pytest.mark.parametrize("letter", ["W", "é", "Ж", "，", "…", "』"])
def test_no_word_is_wider_than_its_column(letter: str) -> None:
    assert max(map(len, papers.breakable(letter * 500).split("\u200b"))) <= 14


def test_drawings_are_left_as_they_are() -> None:
    drawing = papers.qr(ADDRESS)

    assert papers.breakable({"qr": [drawing]}) == {"qr": [drawing]}


@pytest.mark.parametrize(
    ("said", "addresses", "pages"),
    [
        ("长" * 3000, [ADDRESS], 1),
        ("短", ["https://campus.example/lost-found/2611-0002"], 1),
        ("短", [ADDRESS, ADDRESS], 1),
        ("短", [ADDRESS], 2),
    ],
    ids=["no room", "another code", "a code too few", "a page too few"],
)
def test_a_faulty_paper_does_not_go_out(template: Path, said: str, addresses: list[str], pages: int) -> None:
    with pytest.raises(NotFound):
        papers.pdf(template, data(said), addresses, pages)


def test_a_picture_that_does_not_fit_does_not_go_out_either(template: Path) -> None:
    with pytest.raises(NotFound):
        papers.png(template, data("长" * 3000), [ADDRESS])


def test_the_same_words_are_set_once_and_others_anew(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = papers.pdf(template, data("一把伞"), [ADDRESS], 1)
    changed = papers.pdf(template, data("两把伞"), [ADDRESS], 1)
    monkeypatch.setattr(papers.Press, "print", None)

    assert papers.pdf(template, data("一把伞"), [ADDRESS], 1) == first
    assert changed.key != first.key


def test_only_so_much_is_kept(template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept = papers._Kept()
    monkeypatch.setattr(papers, "MOST_KEPT", 100)
    for name in "abc":
        kept.put(name, b"x" * 40)
        kept.get("a")

    assert [name for name in "abc" if kept.get(name)] == ["a", "c"]
    kept.put("huge", b"x" * 101)
    assert kept.get("huge") is None
    kept.put("d", b"x" * 100)
    assert kept.get("d")


def test_many_at_once_get_each_his_own(template: Path) -> None:
    addresses = [f"https://campus.example/s/2611-{n:04}" for n in range(16)]
    with ThreadPoolExecutor(8) as pool:
        made = list(
            pool.map(lambda each: papers.png(template, data(each, each), [each]).content, addresses * 2)
        )

    assert [codes_of_picture(each) for each in made] == [[each] for each in addresses * 2]
