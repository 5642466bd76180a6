"""The demo's past year: things and reports that are over, so that figures and thanks show something. Made up, always alike."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import insert

from campus_service.accounts.models import User
from campus_service.core.clock import BEIJING, now, to_local, today
from campus_service.core.db import Base, db
from campus_service.core.numbers import take
from campus_service.core.places import area_of
from campus_service.lostfound.categories import Category
from campus_service.lostfound.commands import ThanksName
from campus_service.lostfound.custody import class_of
from campus_service.lostfound.figures import IDENTIFIABLE, MONTHS_OF_A_YEAR, months_back
from campus_service.lostfound.models import (
    Claim,
    Commendation,
    CustodyEvent,
    FoundItem,
    LostReport,
    Pickup,
    Return,
)
from campus_service.lostfound.service.thanking import shown_name
from campus_service.lostfound.states import AgreedVia, ClaimState, FoundState, LostState

Line = Mapping[str, Any]
# Younger things are in the demo's own file; here only those that went back at once.
RECENT_DAYS = 60
# Things a day by month: the campus is empty in February, July and August.
_BUSY = {1: 3, 2: 1, 3: 4, 4: 4, 5: 4, 6: 5, 7: 1, 8: 1, 9: 5, 10: 4, 11: 4, 12: 4}
_BACK = {
    Category.PHONE: 0.9, Category.COMPUTER: 0.92, Category.WALLET_CASH: 0.85, Category.KEYS: 0.7, Category.BAG: 0.8,
    Category.UMBRELLA: 0.4, Category.CUP_BOTTLE: 0.45, Category.BOOKS_STATIONERY: 0.5,
}  # fmt: skip
_SURNAMES, _GIVEN = "王李张刘陈杨赵黄周吴徐孙", ("小雨", "明", "子涵", "思远", "静", "一诺")


def write(lines: Sequence[Line], people: Mapping[str, User]) -> int:
    """Add what was found and lost in the last twelve months and is over; returns how many found things.

    ``lines``: the demo's file, for titles and places; ``people`` by mail address. Runs inside a transaction.
    """
    rng = random.Random(20261127)
    by_kind = {kind: [line for line in lines if line["kind"] == kind] for kind in ("found", "lost")}
    loser = User(
        name="往届同学", email="past@demo.example", password_hash="-", active=False, created_at=now()
    )
    db.session.add(loser)
    db.session.flush()
    found = list(_found(rng, by_kind["found"]))
    ids = _store(FoundItem, found, "")
    _store_ways(rng, list(zip(ids, found, strict=True)), loser, people)
    _store(LostReport, list(_lost(rng, by_kind["lost"], loser)), "L")
    return len(ids)


def _days(rng: random.Random) -> Iterator[date]:
    """The days of the year, each as often as things come in on it."""
    first = date.fromisoformat(f"{months_back(today(), MONTHS_OF_A_YEAR)[-1]}-01")
    for after in range((today() - first).days):
        day = first + timedelta(days=after)
        yield from [day] * rng.randint(0, 2 * _BUSY[day.month])


def _report(rng: random.Random, line: Line, day: date) -> dict[str, Any]:
    moment = datetime.combine(day, time(rng.randint(8, 20), rng.randint(0, 59)), BEIJING).astimezone(UTC)
    ago = 0 if rng.random() < 0.94 else rng.randint(2, 5)
    return {
        "title": line["title"],
        "category": Category(line["category"]),
        "area": area_of(line["place"]),
        "place": line["place"],
        "occurred_on": day - timedelta(days=ago),
        "created_at": moment,
        "updated_at": moment,
        "listed_at": moment,
        "listed": False,
        "version": 1,
    }


def _found(rng: random.Random, lines: Sequence[Line]) -> Iterator[dict[str, Any]]:
    for day in _days(rng):
        row = _report(rng, rng.choice(lines), day)
        back = rng.random() < (0.4 if row["category"] in IDENTIFIABLE else _BACK.get(row["category"], 0.62))
        over = row["created_at"] + timedelta(hours=2 + rng.expovariate(1 / 40) if back else 24 * 20)
        recent = day > today() - timedelta(days=RECENT_DAYS)
        if over < now() and (back or not recent):
            name = rng.choice(_SURNAMES) + rng.choice(_GIVEN)
            yield row | {
                "state": FoundState.RETURNED if back else FoundState.HANDED_OVER,
                "custody": class_of(row["category"]),
                "desk_code": rng.choice(("centre", "centre", "library", "gym", "security")),
                "finder_name": name if rng.random() < 0.3 else "",
                "taken_in_at": row["created_at"],
                "notice_on": day,
                "contents": [],
                # Not a column: when it left the desk.
                "over_at": over,
            }


def _lost(rng: random.Random, lines: Sequence[Line], loser: User) -> Iterator[dict[str, Any]]:
    for day in _days(rng):
        fate = rng.choices((LostState.RECOVERED, LostState.LAPSED, LostState.WITHDRAWN), (50, 47, 3))[0]
        recent = day > today() - timedelta(days=RECENT_DAYS)
        if rng.random() < 0.4 and (fate is LostState.RECOVERED or not recent):
            row = _report(rng, rng.choice(lines), day)
            yield row | {"state": fate, "remind_on": day, "reporter_id": loser.id}


def _store(model: type[Base], rows: Sequence[dict[str, Any]], letter: str) -> list[int]:
    """Store rows with numbers of their months; returns their ids in the rows' order."""
    columns = set(model.__table__.columns.keys())
    values = []
    for month, group in groupby(rows, lambda row: to_local(row["created_at"]).strftime("%y%m")):
        members = list(group)
        first = take(f"lostfound.{month}.{letter or 'F'}", len(members))
        width = 3 if letter else 4
        for number, row in enumerate(members, first):
            kept = {name: value for name, value in row.items() if name in columns}
            values.append(kept | {"no": f"{month}-{letter}{number:0{width}d}"})
    return _insert(model, values)


def _insert(model: Any, rows: Sequence[dict[str, Any]]) -> list[int]:
    return list(db.session.scalars(insert(model).returning(model.id, sort_by_parameter_order=True), rows))


def _store_ways(
    rng: random.Random,
    things: Sequence[tuple[int, dict[str, Any]]],
    loser: User,
    people: Mapping[str, User],
) -> None:
    """How each thing came and went; of what went back the claim, the pick-up, the return, some thanks."""
    desk, officer = people["desk@demo.example"].id, people["security@demo.example"].id
    steps = {FoundState.RETURNED: "returned", FoundState.HANDED_OVER: "handed_over"}
    events = [
        {"item_id": id, "at": at, "actor_id": desk, "step": step, "desk_code": row["desk_code"]}
        for id, row in things
        for at, step in ((row["created_at"], "taken_in"), (row["over_at"], steps[row["state"]]))
    ]
    db.session.execute(insert(CustodyEvent), events)
    back = [(id, row) for id, row in things if row["state"] is FoundState.RETURNED]
    claims = _insert(Claim, [_claim(id, row["over_at"], loser.id, officer) for id, row in back])
    pickups = _insert(
        Pickup,
        [
            {"claim_id": claim, "opened_at": row["over_at"], "opened_by": desk}
            for claim, (_id, row) in zip(claims, back, strict=True)
        ],
    )
    returns = [
        {
            "item_id": id,
            "claim_id": claim,
            "pickup_id": pickup,
            "officer_id": officer,
            "returned_at": row["over_at"],
        }
        for (id, row), claim, pickup in zip(back, claims, pickups, strict=True)
    ]
    db.session.execute(insert(Return), returns)
    db.session.execute(insert(Commendation), list(_thanks(rng, back)))


def _claim(item_id: int, at: datetime, loser: int, officer: int) -> dict[str, Any]:
    # Without an answer: evidence of that time has been purged.
    return {
        "item_id": item_id, "claimant_id": loser, "state": ClaimState.RETURNED, "question": "", "answer": "",
        "when_where": "", "submitted_at": at - timedelta(hours=1), "decided_at": at, "decided_by": officer,
    }  # fmt: skip


def _thanks(rng: random.Random, back: Sequence[tuple[int, dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    for id, row in back:
        if row["finder_name"] and rng.random() < 0.4:
            how = rng.choice((ThanksName.SURNAME, ThanksName.SURNAME, ThanksName.FULL))
            yield {
                "item_id": id,
                "shown_as": shown_name(row["finder_name"], how),
                "agreed_at": row["created_at"],
                "agreed_via": AgreedVia.DESK,
            }
