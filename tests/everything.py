"""One of everything the site can show: every state of a thing, a report, a claim, a pick-up and a case."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select

from campus_service.accounts import links, sessions
from campus_service.accounts.commands import NewToken
from campus_service.accounts.models import ApiToken, Purpose, SignIn, User
from campus_service.core.clock import freeze, now, to_local, today
from campus_service.core.db import db, transaction
from campus_service.following import service as following
from campus_service.following.models import SearchHit
from campus_service.jobs.models import JobState, OutboxRow
from campus_service.lostfound import custody_queries, queries, service
from campus_service.lostfound.commands import (
    Abort,
    Agree,
    Appeal,
    CheckIdentity,
    Decide,
    HandIn,
    Move,
    WriteLetter,
)
from campus_service.lostfound.commands_custody import (
    CloseStockTake,
    CountItem,
    PutContent,
    Refuse,
    StartStockTake,
)
from campus_service.lostfound.custody import Destination
from campus_service.lostfound.keeping_commands import CardIn, HandOver, HandOverMany, Propose
from campus_service.lostfound.models import MatchPair
from campus_service.lostfound.moving import uploading
from campus_service.lostfound.service import contents, matching, stocktaking, thanking
from campus_service.lostfound.states import Kind
from campus_service.media import decoder
from campus_service.media import service as media
from campus_service.media.cleaned import Cleaned
from campus_service.notifications.models import Webhook
from campus_service.notifications.robots import Robot
from campus_service.privacy import service as privacy
from campus_service.privacy.models import DataExport, Erasure
from tests.bulletin.everything import things as bulletin
from tests.conftest import Cast, Person
from tests.feedback.everything import inbox_of_everything
from tests.following.stories import kept
from tests.guide.stories import guide
from tests.lostfound.stories import approved, at_the_desk, claimed, found, held, lost, ready
from tests.media.pictures import phone_photo

WATCH = {"title": "银色手表", "category": "jewellery_watch", "private_marks": "表背刻着 1998"}
Things = dict[str, Any]


def one_of_everything(people: Cast) -> Things:
    """Fill an empty site; what was made, by name: numbers of things, ids of the rest."""
    made = _leaving(people) | _things(people) | _claims(people) | _pickups(people) | _accounts(people)
    made |= {"guide": guide(), "import": import_of(people.he)}
    made |= _followed(people, made) | _own_data(people)
    return made | inbox_of_everything(people) | bulletin(people)


def import_of(person: Person, words: str = "雨伞") -> int:
    """``person`` has uploaded a table of two lines, one of them bad; returns the import's id."""
    day = today() - timedelta(days=2)
    lines = f"编号,类型,标题,类别,地点,日期\nX1,招领,蓝色折叠伞,{words},一食堂,{day}\nX2,招领,一把伞,{words},,昨天\n"
    return uploading.receive(person.actor, BytesIO(lines.encode("gbk")), "登记表.csv")


def photo(person: Person) -> str:
    """``person`` has uploaded a photo that no report has yet; returns its key."""
    with transaction():
        return media.store(person.actor, _cleaned()).key


@cache
def _cleaned() -> Cleaned:
    # Decoding takes a process of its own: once is enough for all tests.
    return decoder.clean(phone_photo(640, 480))


def _leaving(people: Cast) -> Things:
    """Cards told and waiting, things that fall due, a proposal, what left by a protocol, last month's notice."""
    with freeze(now() - timedelta(days=to_local(now()).day + 3)):
        held(people)
        document = held(people, title="身份证一张", category="id_document")
    cards = {}
    for name, number in (("card_told", "2026110001"), ("card_waiting", "2026118888")):
        with transaction():
            cards[name] = service.take_in_card(people.desk.actor, CardIn(number=number, desk="centre"))
    bank = [held(people, title="一张银行卡", category="bank_card") for _n in range(2)]
    with transaction():
        command = Propose(items=bank[:1], destination=Destination.DESTROYED, reason="到期无人认领")
        (disposal,) = service.propose(people.desk.actor, command)
    with transaction():
        to_police = HandOverMany(items=[document], destination=Destination.POLICE, to="东湖派出所")
        protocol = service.hand_over_many(people.he.actor, to_police).id
    with transaction():
        month = service.publish_notice(people.desk.actor).month
    left = {"bank_card": bank[1], "disposal": disposal, "protocol": protocol, "notice_month": month}
    return cards | left


def _things(people: Cast) -> Things:
    seen = photo(people.desk)
    things = {
        "item": held(people, photos=[seen]),
        "watch": held(people, **WATCH),
        "card": held(people, title="校园卡", category="campus_card"),
        "wallet": held(
            people, title="棕色钱包", category="wallet_cash", contents=["cash:二十元", "id_document"]
        ),
        "kept": found(people.zhou),
        "lins_find": found(people.lin, hand_in="library"),
        "moving": held(people),
        "own_find": found(people.lin, title="粉色发夹"),
        "handed_over": held(people),
        "lost": lost(people.lin),
        "lost_by_wu": lost(people.wu, title="黑框眼镜", category="glasses"),
        "recovered": lost(people.lin, title="蓝色水杯", category="cup_bottle"),
    }
    with transaction():
        service.move(people.desk.actor, things["moving"], Move(desk="library"))
    with transaction():
        service.hand_over(people.he.actor, things["handed_over"], HandOver(destination="police", to="派出所"))
    with transaction():
        service.recover(people.lin.actor, things["recovered"])
    with transaction():
        service.hand_in(people.desk.actor, things["own_find"], HandIn(desk="library"))
    with transaction():
        thanking.agree_by_account(people.lin.actor, things["own_find"], Agree())
    things |= _custody(people, things["moving"])
    with transaction():
        matching.match(Kind.LOST, queries.lost_report(people.lin.actor, things["lost"]).id)
        matching.match(Kind.FOUND, queries.found_item(people.desk.actor, things["item"]).id)
    things["pair"] = str(db.session.scalar(select(MatchPair.id).where(MatchPair.told_at.is_not(None))))
    receipt = service.receipt_token(queries.found_item(people.desk.actor, things["item"]))
    return things | {"photo": seen, "waiting_photo": photo(people.lin), "receipt": receipt}


def _custody(people: Cast, moving: str) -> Things:
    """Counts going on and closed, a leg that was refused, cash that waits for the second person."""
    purse = held(people, title="零钱包", category="wallet_cash", contents=["cash:零钱"], shelf="V-01")
    with transaction():
        contents.put(people.desk.actor, purse, PutContent(kind="cash", what="零钱", yuan="20"), 1)
    with transaction():
        refused = service.refuse(people.he.actor, moving, Refuse(kind="not_arrived", note="袋子里没有"))
    held(people, shelf="V-02")
    takes = {}
    for name, shelf in (("take", "V-01"), ("take_closed", "V-02"), ("take_dropped", "V-03")):
        with transaction():
            takes[name] = stocktaking.start(people.desk.actor, StartStockTake(desk="centre", shelf=shelf)).id
        with transaction():
            stocktaking.count(people.desk.actor, takes[name], CountItem(tag=purse))
    with transaction():
        said = [
            {"no": one.item.no, "explanation": "searching", "note": "架子后面也看过"}
            for one in stocktaking.compare(
                custody_queries.stock_take(people.desk.actor, takes["take_closed"])
            )
        ]
        command = CloseStockTake.model_validate({"explained": said})
        stocktaking.close(people.desk.actor, takes["take_closed"], command)
    lacking = custody_queries.differences_of(takes["take_closed"])
    missing = next(row.id for row in lacking if row.settled_at is None)
    return takes | {"purse": purse, "line": 1, "difference": missing, "refused_leg": refused.id}


def _claims(people: Cast) -> Things:
    rivals, proof = held(people), photo(people.lin)
    claims = {
        "claim": claimed(people.lin, rivals, photos=[proof]),
        "rival_claim": claimed(people.wu, rivals, "我的"),
    }
    for name in ("rejected", "appealed"):
        claims[name] = claimed(people.lin, held(people))
        with transaction():
            refusal = Decide(approve=False, reason="说的记号对不上")
            service.decide(people.he.actor, claims[name], refusal)
    with transaction():
        service.appeal(people.lin.actor, claims["appealed"], Appeal(text="水洗标是我自己剪的"))
    claims["withdrawn"] = claimed(people.wu, held(people))
    with transaction():
        service.withdraw_claim(people.wu.actor, claims["withdrawn"])
    return claims | {"approved": approved(people, held(people)), "claimed": rivals, "proof_photo": proof}


def _pickups(people: Cast) -> Things:
    claims = {name: approved(people, held(people)) for name in ("at_desk", "shown", "aborted")}
    back = held(people, finder_name="张小明", thanks="surname")
    claims["returned"] = approved(people, back)
    pickups = {name: at_the_desk(people, claims[name]) for name in ("at_desk", "shown", "aborted")}
    with transaction():
        check = CheckIdentity(id_type="campus_card", id_last4="0001")
        service.check_identity(people.desk.actor, pickups["shown"], check)
    with transaction():
        service.abort_pickup(people.desk.actor, pickups["aborted"], Abort(reason="证件不是本人的"))
    pickups["returned"] = ready(people, claims["returned"])
    with transaction():
        service.confirm_return(people.he.actor, pickups["returned"])
    named = {f"claim_{name}": id for name, id in claims.items()} | {
        f"pickup_{name}": id for name, id in pickups.items()
    }
    thanked = service.receipt_token(queries.found_item(people.desk.actor, back))
    return named | {"back": back, "thanked": back, "thanked_receipt": thanked}


def _followed(people: Cast, made: Things) -> Things:
    """林小满 keeps a search that has found something, and has written with who found what she misses."""
    search = kept(people.lin, q="格子围巾")
    with transaction() as session:
        item = queries.found_item(people.lin.actor, made["item"])
        session.add(SearchHit(search_id=search, document_id=f"found:{item.id}", found_at=now()))
    letter = WriteLetter(body="我好像捡到了，是不是红色的？")
    with transaction():
        thread = service.contact(people.zhou.actor, made["lost"], letter)
    with transaction():
        over = service.contact(people.lin.actor, made["kept"], letter)
    with transaction():
        service.report_thread(people.zhou.actor, over)
    with transaction():
        service.close_thread(people.zhou.actor, over)
    return {"search": search, "stop": following.stop_token(search), "thread": thread, "thread_over": over}


def _own_data(people: Cast) -> Things:
    """林小满 has a copy of her data, 周知远 has asked for his deletion."""
    with transaction():
        privacy.ask_export(people.lin.actor)
    privacy.make_export(people.lin.id, db.session.scalars(select(DataExport.key)).one())
    with transaction() as session:
        session.add(Erasure(user_id=people.zhou.id, asked_at=now(), due_at=now() + timedelta(days=7)))
    return {}


def _accounts(people: Cast) -> Things:
    with transaction() as session:
        lin = session.get_one(User, people.lin.id)
        tokens = {
            "confirm": urlsplit(links.make(lin, Purpose.CONFIRM)).path.rpartition("/")[2],
            "reset": urlsplit(links.make(lin, Purpose.RESET)).path.rpartition("/")[2],
        }
        sessions.start_session(lin.id, "Safari · iPhone")
        sessions.issue_token(people.lin.actor, NewToken(name="宿舍公告屏", days=30))
        session.add(_dead_job())
        robots = [
            _robot("后勤处值班群"),
            _robot("图书馆值班群", active=False, last_error="", last_ok_at=now()),
        ]
        session.add_all(robots)
        session.flush()
        hooks = {"webhook": robots[0].id, "webhook_off": robots[1].id}
    device = db.session.scalars(select(SignIn.id).where(SignIn.user_id == people.lin.id)).first()
    token = db.session.scalars(select(ApiToken.id)).first()
    job = db.session.scalars(select(OutboxRow.id).where(OutboxRow.state == JobState.DEAD)).first()
    return tokens | hooks | {"device": device, "token": token, "job": job, "person": people.lin.id}


def _robot(name: str, **changed: Any) -> Webhook:
    """A group robot that refused a signature; its address is not one that may be asked."""
    values = {"last_error": "310000 sign not match", "events": [], "created_at": now()} | changed
    return Webhook(name=name, kind=Robot.DINGTALK, url="https://robot.invalid/?access_token=x", **values)


def _dead_job() -> OutboxRow:
    then = now() - timedelta(hours=3)
    why = "ConnectionRefusedError: [Errno 111] Connection refused"
    return OutboxRow(
        name="mail.send",
        payload={},
        state=JobState.DEAD,
        created_at=then,
        due_at=then,
        attempts=8,
        last_error=why,
    )
