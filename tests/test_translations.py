"""English: every message has its translation, the compiled catalogue is the written one, no page falls back to Chinese."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.accounts.device import shown_name
from campus_service.core.db import Base, db
from campus_service.core.i18n import force_locale, language, ngettext
from campus_service.core.places import SUGGESTIONS
from campus_service.notifications.kinds import words
from tests.conftest import Cast, Person
from tests.everything import one_of_everything

ROOT = Path(__file__).resolve().parent.parent
ENGLISH = ROOT / "campus_service" / "translations" / "en" / "LC_MESSAGES"
KEYWORDS = DEFAULT_KEYWORDS | {"lazy": None, "marked": None}
CHINESE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+")
PLACEHOLDER = re.compile(r"%\(\w+\)s|%%")


def ids_of(message: object) -> tuple[str, ...]:
    """One text, or the two of a plural."""
    return (message,) if isinstance(message, str) else tuple(message)  # type: ignore[arg-type]


@cache
def in_the_code() -> frozenset[tuple[str, ...]]:
    """Every message of the program and of the templates."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as file:
        methods, options = parse_mapping_cfg(file)  # type: ignore[no-untyped-call]  # Babel types it halfway
    found = [
        ids_of(message)
        for folder in ("campus_service", "templates")
        for _file, _line, message, _notes, _context in extract_from_dir(
            ROOT / folder, methods, options, keywords=KEYWORDS
        )
    ]
    return frozenset(found)


@cache
def written() -> Catalog:
    with (ENGLISH / "messages.po").open("rb") as file:
        return read_po(file, locale="en")


def translations() -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Message and English, each as one text or as the two of a plural."""
    for message in written():
        if message.id:
            yield ids_of(message.id), ids_of(message.string)


# --- the catalogue ------------------------------------------------------------------------------------------------


def test_the_catalogue_holds_the_messages_of_the_code_and_no_others() -> None:
    there = {chinese for chinese, _english in translations()}
    assert not in_the_code() - there, "make translations, then fill in messages.po"
    assert not there - in_the_code(), "make translations"


def test_every_message_has_its_english() -> None:
    assert len(list(translations())) > 1000
    assert [chinese for chinese, english in translations() if not all(map(str.strip, english))] == []


def test_no_translation_waits_for_a_second_look() -> None:
    assert [message.id for message in written() if message.id and message.fuzzy] == []


def test_the_compiled_catalogue_is_the_written_one() -> None:
    with (ENGLISH / "messages.mo").open("rb") as file:
        compiled = {ids_of(message.id): ids_of(message.string) for message in read_mo(file) if message.id}
    assert compiled == dict(translations()), "make translations"


def test_a_translation_fills_in_what_its_message_fills_in() -> None:
    wrong = [
        text
        for chinese, english in translations()
        for text in english
        if set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(chinese[0]))
    ]
    assert wrong == []


def test_the_english_is_english() -> None:
    assert [text for _chinese, english in translations() for text in english if CHINESE.search(text)] == []


def test_our_own_words_need_no_exclamation_marks() -> None:
    texts = [text for both in translations() for side in both for text in side]
    assert [text for text in texts if "!" in text or "！" in text] == []


def test_the_messages_themselves_are_chinese() -> None:
    assert [message for message in in_the_code() if not CHINESE.search(message[0])] == []


# --- the pages ----------------------------------------------------------------------------------------------------

PAGES = {
    "visitor": """/ /lost-found /lost-found?kind=lost /lost-found?q=zzzz /lost-found?category=umbrella&since=7
        /lost-found/{item} /lost-found/{watch} /lost-found/{lost} /lost-found/{back} /lost-found/{recovered}
        /lost-found/receipt/{receipt} /sign-in /sign-up /forgot /no-such-page /me /api/v1/docs""",
    "lin": """/ /lost-found/new/lost /lost-found/new/found /lost-found/new/found?category=campus_card
        /lost-found/{lost} /lost-found/{lins_find} /lost-found/{kept} /lost-found/claims/{claim}
        /lost-found/claims/{approved} /lost-found/claims/{rejected} /lost-found/claims/{appealed}
        /lost-found/claims/{claim_shown} /lost-found/claims/{claim_aborted} /lost-found/claims/{claim_returned}
        /me /me/settings /me/notifications /me/notifications/settings /desk/intake""",
    "he": """/desk/import /desk/import/{import} /desk/intake /desk/shelf /desk/claims /desk/claims/{claimed} /desk/returns /desk/items/{item}
        /desk/items/{wallet} /desk/items/{kept} /desk/items/{moving} /desk/items/{item}/label
        /desk/items/{item}/receipt /desk/returns/{pickup_at_desk} /desk/returns/{pickup_shown}
        /desk/returns/{pickup_aborted} /desk/returns/{pickup_returned} /lost-found/{watch} /me/notifications""",
    "admin": "/admin/users /admin/users/{person} /admin/jobs /admin/audit /admin/audit?check=1",
}


@pytest.mark.parametrize("who", PAGES)
def test_an_english_page_shows_no_chinese_but_what_people_wrote(
    who: str, app: Flask, people: Cast, sign_in: Callable[[FlaskClient, Person], FlaskClient]
) -> None:
    things, client = one_of_everything(people), app.test_client()
    if who != "visitor":
        sign_in(client, getattr(people, who))
        client.get("/?lang=en")
    theirs = _written_by_people()
    left = {}
    for path in PAGES[who].format(**things).split():
        answer = client.get(path, headers={"Accept-Language": "en-GB,en", "Accept": "text/html"})
        assert answer.mimetype == "text/html", (path, answer.status)
        if who == "lin" and path == "/desk/intake":
            assert answer.status_code == 403
        left[path] = _chinese_of_ours(answer.text, theirs)
    assert {path: texts for path, texts in left.items() if texts} == {}


def _chinese_of_ours(page: str, theirs: list[str]) -> list[str]:
    page = re.sub(r"</?mark>", "", html.unescape(page))
    for text in theirs:
        page = page.replace(text, "")
    return CHINESE.findall(page)


def _written_by_people() -> list[str]:
    """All Chinese that stands in the database, and what the place field offers; the longest first.

    The names of desks and departments are ours: each has an English one.
    """
    found = {"中文", *SUGGESTIONS}
    for table in Base.metadata.sorted_tables:
        if table.name not in ("desks", "departments"):
            for row in db.session.execute(select(table)):
                found.update(_texts(list(row)))
    return sorted((text for text in found if CHINESE.search(text)), key=len, reverse=True)


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _texts(part)


def test_a_form_sent_back_says_why_in_english(
    client: FlaskClient, people: Cast, sign_in: Callable[[FlaskClient, Person], FlaskClient]
) -> None:
    sign_in(client, people.lin)
    sent = {"title": "Card 6217000000007718", "occurred_on": "2999-01-01"}
    answer = client.post("/lost-found/new/lost?lang=en", data=sent, headers={"Accept": "text/html"})
    assert answer.status_code == 422
    assert "Please fill this in." in answer.text
    assert "This is public: leave out card, document and telephone numbers." in answer.text
    assert _chinese_of_ours(answer.text, _written_by_people()) == []


def test_the_api_answers_in_the_language_asked_for(client: FlaskClient) -> None:
    answer = client.get("/api/v1/lost-found/2611-9999", headers={"Accept-Language": "en"})
    assert answer.status_code == 404
    assert [text for text in map(str, answer.get_json().values()) if CHINESE.search(text)] == []


def test_a_notice_is_told_in_the_language_of_its_reader(app: Flask) -> None:
    params = {"no": "2611-0149", "title": "", "category": "phone", "until": "2026-11-03T09:30:00+00:00"}
    with force_locale("en"):
        assert language() == "en"
        told = words("claim.approved", params)
    assert told.title == "Claim approved: Phone 2611-0149"
    assert "works until Tue 3 Nov 17:30." in told.body
    assert words("claim.approved", params).title == "认领通过了：手机一件 2611-0149"


def test_a_browser_of_chinese_make_has_its_english_name(app: Flask) -> None:
    with force_locale("en"):
        assert shown_name("微信 · Android") == "WeChat · Android"
    assert (shown_name("微信 · Android"), shown_name("")) == ("微信 · Android", "")


def test_numbers_take_their_plural(app: Flask) -> None:
    with force_locale("en"):
        one, two = (ngettext("剩 %(num)s 天", "剩 %(num)s 天", days) for days in (1, 2))
    assert (one, two) == ("1 day left", "2 days left")
