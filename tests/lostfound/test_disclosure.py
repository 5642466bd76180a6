"""Which field of a report reaches whom, and where: every category × side × state × reader × channel (domain.md §1, PIPL 6, 28)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import count

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.core.clock import now, today
from campus_service.core.db import db, transaction
from campus_service.following.kinds import public_hits
from campus_service.lostfound import notices, service
from campus_service.lostfound.categories import Category
from campus_service.lostfound.custody import RULES, Content, Disclosure, class_of, disclosure_of_lost
from campus_service.lostfound.models import FoundItem, LostReport
from campus_service.lostfound.service import record
from campus_service.lostfound.states import PRESENT, FoundState, Kind, LostState
from campus_service.media.models import Photo
from campus_service.search.models import SearchDocument
from tests.conftest import Cast, Person
from tests.lostfound.pages import address

SignIn = Callable[[FlaskClient, Person], FlaskClient]


class Audience(StrEnum):
    """Who may read a field."""

    ALL = "all"  # everybody who may know of the report
    CLASS = "class"  # everybody where the custody class publishes in full, else as INSIDE
    INSIDE = "inside"  # who wrote the report, and the desks
    CLAIMANT = "claimant"  # who claims, and the desks
    STAFF = "staff"  # the desks
    NOBODY = "nobody"  # no page and no program


ALL = (
    "no",
    "category",
    "area",
    "state",
    "custody",
    "occurred_on",
    "day_part",
    "desk_code",
    "due_on",
    "notice_on",
)
INSIDE = (
    *("id", "reporter_id", "created_at", "updated_at", "listed", "listed_at", "version", "open_claims"),
    *("taken_in_at", "remind_on", "reminded_at", "hand_in_by", "hand_in_reminded_at"),
)
# Every column of a report. A new one fails here until somebody decides.
TABLE = (
    {
        "title": Audience.CLASS,
        "description": Audience.CLASS,
        "place": Audience.CLASS,
        "cover": Audience.CLASS,
        "private_marks": Audience.INSIDE,
        "contact": Audience.INSIDE,
        "question": Audience.CLAIMANT,
        "finder_name": Audience.STAFF,
        "shelf": Audience.STAFF,
        "contents": Audience.STAFF,
        "over_500": Audience.STAFF,
        "source_ref": Audience.NOBODY,
        "hand_in_desk": Audience.STAFF,
        "log_by": Audience.STAFF,
        "unlogged_told_at": Audience.STAFF,
        "unlogged_security_at": Audience.STAFF,
    }
    | dict.fromkeys(ALL, Audience.ALL)
    | dict.fromkeys(INSIDE, Audience.INSIDE)
)
# What can hold a word of its own, and so be followed to wherever it shows.
MARKED = (
    *("title", "description", "place", "cover", "private_marks", "contact"),
    *("question", "finder_name", "shelf", "contents", "source_ref"),
)
_MARK = re.compile(r"zq([a-m])([n-z]{3})zq")


def mark(field: str, number: int) -> str:
    """A word of letters only, so that the search keeps it whole."""
    digits = "".join(chr(ord("n") + number // 13**power % 13) for power in (2, 1, 0))
    return f"zq{chr(ord('a') + MARKED.index(field))}{digits}zq"


Seen = set[tuple[str, int]]


def marks_in(text: str) -> Seen:
    """Which fields of which reports a text tells."""
    found = set()
    for letter, digits in _MARK.findall(text):
        number = 0
        for digit in digits:
            number = number * 13 + ord(digit) - ord("n")
        found.add((MARKED[ord(letter) - ord("a")], number))
    return found


@dataclass(frozen=True)
class Seeded:
    """A report whose every field holds a word of its own."""

    number: int
    report: FoundItem | LostReport
    disclosure: Disclosure

    def seen(self, *fields: str) -> Seen:
        return {(field, self.number) for field in fields if hasattr(self.report, field)}


# Each category by itself, one of value, one that holds what is stricter.
CASES = [(category, False, ()) for category in Category] + [
    (Category.UMBRELLA, True, ()),
    (Category.BAG, False, (Content.BANK_CARD,)),
]


@pytest.fixture
def seeded(people: Cast) -> list[Seeded]:
    """Reports of 周知远, one of each category, side and state."""
    numbers = count(1)
    with transaction():
        made = [
            _put(_found(next(numbers), people.zhou.id, category, over_500, contents, state))
            for category, over_500, contents in CASES
            for state in FoundState
        ]
        made += [
            _put(_lost(next(numbers), people.zhou.id, category, state))
            for category in Category
            for state in LostState
        ]
    return made


def _common(number: int, owner: int) -> dict[str, object]:
    words = {field: mark(field, number) for field in MARKED[:6] if field != "cover"}
    moment = now()
    times = dict.fromkeys(("created_at", "updated_at", "listed_at"), moment)
    return words | times | {
        "area": "library", "occurred_on": today(), "reporter_id": owner, "source_ref": mark("source_ref", number),
    }  # fmt: skip


def _found(
    number: int,
    owner: int,
    category: Category,
    over_500: bool,
    contents: tuple[Content, ...],
    state: FoundState,
) -> tuple[int, FoundItem]:
    return number, FoundItem(
        no=f"2611-{number:04d}",
        category=category,
        custody=class_of(category, over_500, contents),
        over_500=over_500,
        contents=[{"kind": Content.OTHER.value, "note": mark("contents", number)}],
        question=mark("question", number),
        finder_name=mark("finder_name", number),
        shelf=mark("shelf", number),
        state=state,
        desk_code="library" if state is not FoundState.REPORTED else None,
        hand_in_by=today(),
        **_common(number, owner),
    )  # fmt: skip


def _lost(number: int, owner: int, category: Category, state: LostState) -> tuple[int, LostReport]:
    return number, LostReport(
        no=f"2611-L{number:03d}", category=category, state=state, remind_on=today(), **_common(number, owner)
    )


def _put(numbered: tuple[int, FoundItem | LostReport]) -> Seeded:
    number, report = numbered
    found = isinstance(report, FoundItem)
    shown = (
        RULES[report.custody].disclosure
        if isinstance(report, FoundItem)
        else disclosure_of_lost(report.category)
    )
    db.session.add(report)
    db.session.flush()
    key = f"{number:032x}"
    if shown is Disclosure.FULL:
        report.cover = key
    sizes = dict.fromkeys(("width", "height", "w320", "h320", "w2048", "h2048"), 320)
    db.session.add(
        Photo(
            key=key, colour="#cccccc", uploaded_by=report.reporter_id, created_at=now(), position=0,
            owner_type="found_item" if found else "lost_report", owner_id=report.id,
            private=shown is not Disclosure.FULL, **sizes,
        )
    )  # fmt: skip
    record.publish(report)
    return Seeded(number, report, shown)


def known(text: str) -> Seen:
    """The marks of a text, and the photos that it shows."""
    photos = {("cover", int(key, 16)) for key in re.findall(r"/photos/([0-9a-f]{32})/", text)}
    return marks_in(text) | photos


# --- what may be where -------------------------------------------------------------------------------------------


# What is over: a link that was shared, or stood in a monthly notice, still says so.
OVER = (FoundState.RETURNED, FoundState.HANDED_OVER, FoundState.DISPOSED, LostState.RECOVERED)


def listed(each: Seeded) -> bool:
    alive = each.report.state in (*PRESENT, LostState.OPEN)
    return alive and each.disclosure is not Disclosure.NOTHING


def exists(each: Seeded, reader: str) -> bool:
    """Whether the report has a page for this reader: over and gone home, its page still says so."""
    home = each.report.state in OVER
    return listed(each) or reader in ("owner", "desk") or (home and each.disclosure is not Disclosure.NOTHING)


def on_its_page(each: Seeded, reader: str) -> Seen:
    """What the page of a report tells."""
    if reader == "desk":
        inside = each.seen("title", "description", "place", "cover", "private_marks", "contact")
        return inside | each.seen("finder_name", "shelf", "question")
    if reader == "owner":
        return each.seen("title", "description", "place", "cover", "private_marks", "contact")
    if not exists(each, reader):
        return set()
    told = each.seen("title", "description", "place") if each.disclosure is Disclosure.FULL else set()
    if each.disclosure is Disclosure.FULL and listed(each):
        told |= each.seen("cover")
    if reader == "student" and isinstance(each.report, FoundItem) and listed(each):
        told |= each.seen("question")
    return told


def in_the_api(each: Seeded, reader: str) -> Seen:
    """As the page, but for the finder's name and the question, which no program needs."""
    return {pair for pair in on_its_page(each, reader) if pair[0] not in ("finder_name", "question")}


def in_lists(seeded: list[Seeded]) -> Seen:
    """What lists tell, the same to everybody."""
    full = [each for each in seeded if listed(each) and each.disclosure is Disclosure.FULL]
    return {pair for each in full for pair in each.seen("title", "place", "cover")}


def _client(app: Flask, people: Cast, sign_in: SignIn, reader: str) -> FlaskClient:
    person = {"student": people.wu, "owner": people.zhou, "desk": people.desk}.get(reader)
    return sign_in(app.test_client(), person) if person else app.test_client()


def test_every_field_of_a_report_has_its_audience() -> None:
    columns = {column.name for model in (FoundItem, LostReport) for column in model.__table__.columns}
    assert columns == set(TABLE)
    assert {field for field, audience in TABLE.items() if audience is not Audience.ALL} >= set(MARKED)


@pytest.mark.parametrize("reader", ["visitor", "student", "owner", "desk"])
def test_each_field_is_only_where_the_table_says(
    app: Flask, people: Cast, sign_in: SignIn, seeded: list[Seeded], reader: str
) -> None:
    client = _client(app, people, sign_in, reader)
    wrong = []
    for each in seeded:
        for path, allowed in (
            (f"/lost-found/{each.report.no}", on_its_page(each, reader)),
            (f"/api/v1/lost-found/{each.report.no}", in_the_api(each, reader)),
        ):
            answer = client.get(path)
            if answer.status_code != (200 if exists(each, reader) else 404) or known(answer.text) != allowed:
                facts = (each.report.category, each.report.state, answer.status_code)
                wrong.append((path, facts, known(answer.text) ^ allowed))
    assert wrong == []
    for path, allowed, whole in _lists(seeded):
        shown = known(client.get(path).text)
        assert shown <= allowed, (path, shown - allowed)
        assert shown == allowed or not whole, (path, allowed - shown)


def _lists(seeded: list[Seeded]) -> Iterator[tuple[str, Seen, bool]]:
    """Every list, what it may tell, and whether it tells all of that."""
    for category in Category:
        for kind, model in ((Kind.FOUND, FoundItem), (Kind.LOST, LostReport)):
            here = [
                each for each in seeded if isinstance(each.report, model) and each.report.category is category
            ]
            asked = {"kind": kind.value, "category": category.value}
            yield address("/lost-found", **asked), in_lists(here), True
            yield address("/api/v1/lost-found", **asked), in_lists(here), True
            near = asked | {"title": "", "place": "图书馆"}
            yield address("/lost-found/similar", **near), in_lists(here), False
    for path in ("/", "/compass", "/feedback", "/guide", "/compass/feed.xml"):
        yield path, in_lists(seeded) if path == "/" else set(), False


def test_what_is_searched_mailed_and_followed_is_public(people: Cast, seeded: list[Seeded]) -> None:
    full = [each for each in seeded if each.disclosure is Disclosure.FULL]
    documents = db.session.scalars(select(SearchDocument)).all()
    texts = "".join(f"{row.title}{row.text}{row.grams}" for row in documents)
    in_search = {pair for each in full if listed(each) for pair in each.seen("title", "description", "place")}
    assert marks_in(texts) == in_search
    assert len(documents) == sum(map(listed, seeded))
    in_notices = {pair for each in full for pair in each.seen("title")}
    assert marks_in("".join(str(notices._item(each.report)) for each in seeded)) == in_notices
    ids = [f"{'found' if isinstance(each.report, FoundItem) else 'lost'}:{each.report.id}" for each in seeded]
    hits = "".join(f"{hit.title}{hit.line}" for hit in public_hits(ids).values())
    assert marks_in(hits) == {(field, number) for field, number in in_lists(seeded) if field != "cover"}


def test_a_finder_s_receipt_tells_nothing_of_the_thing(client: FlaskClient, seeded: list[Seeded]) -> None:
    for each in seeded:
        if isinstance(each.report, FoundItem):
            page = client.get(f"/lost-found/receipt/{service.receipt_token(each.report)}").text
            assert known(page) == set(), each.report.no
