"""A person who has left something of himself in every part of the site."""

from __future__ import annotations

from typing import Any

from campus_service.accounts import sessions
from campus_service.accounts.commands import NewToken
from campus_service.bulletin.commands import Subscribe
from campus_service.bulletin.service import subscribing
from campus_service.core.db import Base, db, transaction
from campus_service.feedback import service as feedback
from campus_service.feedback.commands import AddMessage, GiveVerdict
from campus_service.lostfound import service
from campus_service.lostfound.commands import Decide, HandIn, WriteLetter
from campus_service.notifications.kinds import Group
from campus_service.notifications.service import set_preferences
from tests.conftest import Cast
from tests.everything import photo
from tests.feedback.stories import answered, sent
from tests.following.stories import kept
from tests.lostfound.stories import approved, claimed, found, held, lost, ready

# Words that only 林小满 wrote, each in a field of its own: they are in the copy, and nowhere after the deletion.
OWN = {
    "lost title": "寻物标题金丝雀",
    "lost description": "寻物描述金丝雀",
    "lost place": "图书馆寻物地点金丝雀",
    "lost private_marks": "寻物记号金丝雀",
    "lost contact": "寻物联系金丝雀",
    "claim answer": "认领回答金丝雀",
    "claim when_where": "认领时间金丝雀",
    "search": "关注金丝雀",
    "token": "令牌金丝雀",
    "rating": "评价金丝雀",
    "found contact": "拾物联系金丝雀",
    "letter": "留言金丝雀",
}
# Of a thing she found the record stays (Civil Code 314-318), and of a case the work on it: not who she is.
STAYS = ("拾物标题麻雀", "反馈正文麻雀", "补充麻雀")


def words() -> list[str]:
    """All of them."""
    return list(OWN.values())


def _of(thing: str) -> dict[str, str]:
    return {
        name.removeprefix(f"{thing} "): word for name, word in OWN.items() if name.startswith(f"{thing} ")
    }


def a_life(people: Cast) -> dict[str, Any]:
    """林小满 loses, finds, claims, writes, follows, subscribes."""
    lin, _staff = people.lin, (people.coordinator, people.officer)
    public_photo, proof = photo(lin), photo(lin)
    made: dict[str, Any] = {
        "lost": lost(lin, **_of("lost"), photos=[public_photo]),
        "found": found(lin, title=STAYS[0], contact=OWN["found contact"]),
        "claim": claimed(lin, held(people), photos=[proof], **_of("claim")),
        "photos": [public_photo, proof],
        "waiting": photo(lin),
    }
    with transaction():
        service.decide(people.he.actor, made["claim"], Decide(approve=False, reason="说的对不上"))
    made["open_claim"] = claimed(lin, held(people, title="另一条围巾"), **_of("claim"))
    made["back"] = approved(people, held(people))
    pickup = ready(people, made["back"])
    with transaction():
        service.confirm_return(people.he.actor, pickup)
    body = f"我是{lin.name}，邮箱 {lin.email}，学号 2026110001，反馈正文麻雀"
    made["case"] = answered(people, lin, body=body, title=f"{lin.name}的灯")
    with transaction():
        feedback.give_verdict(lin.actor, made["case"], GiveVerdict(solved=True, rating=5, text=OWN["rating"]))
    made["running"] = sent(lin, body=f"{lin.name}：宿舍的水管漏水，请来修")
    with transaction():
        feedback.add_message(lin.actor, made["running"], AddMessage(body=f"补充麻雀，{lin.name}"))
    with transaction():
        sessions.start_session(lin.id, "Safari · iPhone")
        sessions.issue_token(lin.actor, NewToken(name=OWN["token"], days=30))
        subscribing.subscribe(Subscribe(email=lin.email, whole=True), "zh_CN")
        set_preferences(lin.actor, {Group.FOLLOWING: True})
    kept(lin, q=OWN["search"])
    his = lost(people.wu, title="蓝色水杯", category="cup_bottle")
    with transaction():
        service.contact(lin.actor, his, WriteLetter(body=OWN["letter"]))
    kept(people.wu, q="寻物标题", kind="lost")
    return made


def hand_in(people: Cast, no: str) -> None:
    """The desk takes over what she found."""
    with transaction():
        service.hand_in(people.desk.actor, no, HandIn(desk="centre"))


def everywhere() -> dict[str, str]:
    """Everything that is kept, by table, as text."""
    db.session.rollback()
    found = {}
    for table in Base.metadata.sorted_tables:
        found[table.name] = "\n".join(repr(tuple(row)) for row in db.session.execute(table.select()))
    return found
