"""The demo: the reports of data/demo.jsonl with their days moved so that they end today, drawings, a few stories."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from importlib.resources import as_file, files
from typing import Any

from sqlalchemy import func, select

from campus_service.accounts.demo import create_demo_people
from campus_service.accounts.models import User
from campus_service.accounts.queries import actor_of
from campus_service.core.actor import Actor
from campus_service.core.clock import freeze, now, today
from campus_service.core.db import db, transaction
from campus_service.core.i18n import force_locale
from campus_service.lostfound import custody_demo, history, policy, queries, service
from campus_service.lostfound.commands import CheckIdentity, Decide, EnterCode, IdType, MakeClaim, TakeIn
from campus_service.lostfound.custody import KEEP_DAYS, Destination, Disclosure
from campus_service.lostfound.demo_pictures import draw
from campus_service.lostfound.importing import Report, import_file
from campus_service.lostfound.keeping_commands import CardIn, Propose
from campus_service.lostfound.models import FoundItem, LostReport
from campus_service.lostfound.service import decide, make_claim, record
from campus_service.media import decoder
from campus_service.media import service as media

LAST_DAY = date(2026, 10, 31)
# Every how-manieth item that may show a photo gets none, as in life.
WITHOUT_PHOTO = 4

# By a word of the place, where the demo's things lie.
_DESKS = {"图书馆": "library", "体育馆": "gym", "田径场": "gym", "篮球场": "gym", "正门": "security"}


def load(progress: Callable[[int, int], None] = lambda _done, _all: None) -> Report | None:
    """Fill an empty registry with the demo; None when it holds anything already. Only with CAMPUS_DEMO=true."""
    if db.session.scalar(select(func.count()).select_from(FoundItem)):
        return None
    with transaction():
        people = create_demo_people()
    with as_file(files("campus_service.lostfound").joinpath("data/demo.jsonl")) as path:
        report = import_file(path, shift=_move_days(today()))
        lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    _draw_all(progress)
    with transaction():
        _give_reports_to(people)
        history.write(lines, people)
    # A claim keeps the question in the words it was asked in; the demo's people read Chinese.
    with force_locale("zh_CN"):
        _tell_stories(people)
        desk, officer = (actor_of(people[f"{who}@demo.example"].id) for who in ("desk", "security"))
        custody_demo.tell(desk, officer)
        _let_things_fall_due(people)
    return report


def _move_days(last: date) -> Callable[[dict[str, Any]], dict[str, Any]]:
    by = last - LAST_DAY
    shelves: dict[str, int] = {}

    def shift(line: dict[str, Any]) -> dict[str, Any]:
        desk = next((code for word, code in _DESKS.items() if word in line["place"]), "centre")
        shelves[desk] = shelves.get(desk, 0) + 1
        place = f"{'ABCDEFGH'[shelves[desk] // 20 % 8]}-{shelves[desk] % 20 + 1:02d}"
        day = date.fromisoformat(line["occurred_on"]) + by
        return line | {"occurred_on": day.isoformat(), "desk": desk, "shelf": place}

    return shift


def _draw_all(progress: Callable[[int, int], None]) -> None:
    """A drawn picture for a good part of the items that may show one, newest first."""
    items = db.session.scalars(
        select(FoundItem).where(FoundItem.listed).order_by(FoundItem.listed_at.desc())
    ).all()
    wanted = [
        item
        for n, item in enumerate(items, 1)
        if policy.disclosure(item) is Disclosure.FULL and n % WITHOUT_PHOTO
    ]
    for done, item in enumerate(wanted, 1):
        picture = decoder.clean(draw(item.category, f"{item.title} {item.description}", seed=item.id))
        with transaction():
            photo = media.store(Actor.system(), picture)
            record.keep_photos(Actor.system(), db.session.merge(item), [photo.key])
        progress(done, len(wanted))


def _give_reports_to(people: dict[str, User]) -> None:
    """Some of the lost reports are the demo students' own."""
    lin, wu = people["lin@demo.example"], people["wu@demo.example"]
    reports = db.session.scalars(select(LostReport).order_by(LostReport.listed_at.desc()).limit(12)).all()
    for n, report in enumerate(reports):
        report.reporter_id = (lin if n % 3 else wu).id


# {marks}: what the desk noted, as its owner would know it.
_CLAIMS = (
    ("lin@demo.example", "{marks}，别人不会知道", "前天下午，就在登记的地方"),
    ("wu@demo.example", "没有什么特别的，就是我的", "这个月的某一天，记不清哪天"),
)


def _tell_stories(people: dict[str, User]) -> None:
    """One thing with rival claims, one waiting, one ready to be collected; three are back with their owners."""
    actors = {email: actor_of(user.id) for email, user in people.items()}
    officer = actors["security@demo.example"]
    items = db.session.scalars(
        select(FoundItem)
        .where(FoundItem.listed, FoundItem.cover != "", FoundItem.private_marks != "")
        .order_by(FoundItem.listed_at.desc())
        .limit(7)
    ).all()
    stories = (_CLAIMS, _CLAIMS[1:], _CLAIMS[:1], _CLAIMS[:1], _CLAIMS[:1], _CLAIMS[:1])
    for n, (item, claimants) in enumerate(zip(items[1:], stories, strict=False)):
        claims = [_claim(actors[email], item, *words) for email, *words in claimants]
        if n >= 2:
            with transaction():
                decide(officer, claims[0], Decide(approve=True))
        if n >= 3:
            _give_back(actors, claims[0])


# Kept a year and more ago: due now.
_OLD = ("蓝色水杯", "cup_bottle"), ("灰色围巾", "clothing"), ("黑色折叠伞", "umbrella")
# The first is 林同学's; nobody in the demo has the second yet.
_CARDS = ("2026110001", "2026110777")


def _let_things_fall_due(people: dict[str, User]) -> None:
    """Two campus cards, things whose term is over, one disposal that waits for its second signature, a notice."""
    desk = actor_of(people["desk@demo.example"].id)
    for number in _CARDS:
        with transaction():
            service.take_in_card(desk, CardIn(number=number, desk="centre", shelf="K-01"))
    with freeze(now() - timedelta(days=KEEP_DAYS + 2)):
        old = [_take_in(desk, title, category) for title, category in _OLD]
    _take_in(desk, "银行卡一张", "bank_card")
    with transaction():
        service.propose(
            desk,
            Propose(items=old[:1], destination=Destination.DONATION, reason="到期无人认领，捐给爱心小屋"),
        )
    with transaction():
        service.publish_notice(desk)


def _take_in(desk: Actor, title: str, category: str) -> str:
    values = {"title": title, "category": category, "place": "图书馆一楼", "desk": "centre", "shelf": "Z-01"}
    with transaction():
        return service.take_in(desk, TakeIn.model_validate(values))


def _claim(actor: Actor, item: FoundItem, answer: str, when_where: str) -> int:
    with transaction():
        command = MakeClaim(answer=answer.format(marks=item.private_marks), when_where=when_where)
        return make_claim(actor, item.no, command)


def _give_back(actors: dict[str, Actor], claim_id: int) -> None:
    """The five steps at the desk."""
    loser, desk, officer = (actors[f"{who}@demo.example"] for who in ("lin", "desk", "security"))
    with transaction():
        code = service.pickup_code(queries.claim(officer, claim_id))
        pickup_id = service.open_pickup(desk, EnterCode(code=code)).id
    with transaction():
        document = CheckIdentity(id_type=IdType.CAMPUS_CARD, id_last4="0001")
        service.check_identity(desk, pickup_id, document)
    with transaction():
        service.confirm_receipt(loser, claim_id)
    with transaction():
        service.confirm_return(officer, pickup_id)
