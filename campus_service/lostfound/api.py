"""The registry's JSON API: the same commands and services as the pages."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, render_template, request

from campus_service.core.actor import Actor
from campus_service.core.api import OPERATIONS, PREFIX, description, operation
from campus_service.core.http import decode_cursor, encode_cursor
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.core.settings import settings
from campus_service.lostfound import commands as c
from campus_service.lostfound import item_page, policy, projection, queries, service
from campus_service.lostfound import keeping_commands as k
from campus_service.lostfound.models import FoundItem, LostReport
from campus_service.lostfound.schemas import (
    CardOut,
    ClaimOut,
    ClaimsOut,
    ListOut,
    ListQuery,
    Numbered,
    PickupOut,
    ReportOut,
    ReturnOut,
)
from campus_service.lostfound.states import Kind
from campus_service.search import service as search
from campus_service.search.engine import Filters

bp = Blueprint("api_lostfound", __name__, url_prefix=PREFIX)


@bp.get("/openapi.json")
def openapi() -> Response:
    """The description of the API."""
    return jsonify(description(settings().site_name, settings().base_url))


@bp.get("/docs")
def docs() -> str:
    """The same for people."""
    return render_template(
        "api/docs.html", operations=OPERATIONS, prefix=PREFIX, base=request.url_root.rstrip("/")
    )


# --- reading ----------------------------------------------------------------------------------------------------


@operation(bp, "GET", "/lost-found", summary=lazy("列出公开的失物招领"), query=ListQuery, returns=ListOut)
def list_reports(_actor: Actor, query: ListQuery) -> ListOut:
    """The public list, or a text search in it."""
    wanted = queries.ListFilter(Kind(query.kind), query.category, query.area, query.since, query.state)
    return _search(wanted, query) if query.q.strip() else _list(wanted, query)


def _list(wanted: queries.ListFilter, query: ListQuery) -> ListOut:
    page = queries.listing(wanted, after=decode_cursor(query.after, str, int))
    cards = [CardOut.of(projection.card_of_row(wanted.kind, row)) for row in page.rows]
    following = encode_cursor(*page.older) if page.older else ""
    return ListOut(items=cards, total=queries.facets(wanted).total, next=following)


def _search(wanted: queries.ListFilter, query: ListQuery) -> ListOut:
    filters = Filters(
        kind=wanted.kind.value,
        category=wanted.category or None,
        place=wanted.area or None,
        status=wanted.state or None,
    )
    offset = (query.page - 1) * queries.PAGE
    found = search.find(query.q, filters, sort="score", offset=offset, limit=queries.PAGE)
    rows = queries.by_ids(wanted.kind, [int(id.partition(":")[2]) for id in found.ids])
    cards = [CardOut.of(projection.card_of_row(wanted.kind, row)) for row in rows]
    return ListOut(items=cards, total=found.total, next="")


@operation(bp, "GET", "/lost-found/<no>", summary=lazy("一件失物或招领"), returns=ReportOut)
def show_report(actor: Actor, no: str) -> ReportOut:
    """One report."""
    return _report(actor, queries.report(actor, no))


def _report(actor: Actor, report: FoundItem | LostReport) -> ReportOut:
    shown = item_page.photos(report, policy.sees_everything(actor, report))
    return ReportOut.of(actor, report, [f"/photos/{photo.key}/960.jpg" for photo in shown])


# --- posting ----------------------------------------------------------------------------------------------------


@operation(
    bp,
    "POST",
    "/lost-found/lost",
    summary=lazy("登记寻物"),
    body=c.PostLost,
    returns=Numbered,
    status=201,
    needs=P.LOSTFOUND_REPORT_POST,
)
def post_lost(actor: Actor, command: c.PostLost) -> Numbered:
    """I lost something."""
    return _numbered(service.post_lost(actor, command))


@operation(
    bp,
    "POST",
    "/lost-found/found",
    summary=lazy("登记捡到的东西"),
    body=c.PostFound,
    returns=Numbered,
    status=201,
    needs=P.LOSTFOUND_REPORT_POST,
)
def post_found(actor: Actor, command: c.PostFound) -> Numbered:
    """I found something."""
    return _numbered(service.post_found(actor, command))


@operation(
    bp,
    "POST",
    "/lost-found/intake",
    summary=lazy("招领点收件"),
    body=c.TakeIn,
    returns=Numbered,
    status=201,
    needs=P.LOSTFOUND_ITEM_INTAKE,
)
def take_in(actor: Actor, command: c.TakeIn) -> Numbered:
    """A desk takes a thing in."""
    return _numbered(service.take_in(actor, command))


def _numbered(no: str) -> Numbered:
    return Numbered(no=no, url=f"{settings().base_url}/lost-found/{no}")


@operation(
    bp,
    "POST",
    "/lost-found/<no>/change",
    summary=lazy("修改登记的内容"),
    body=c.ChangeReport,
    returns=ReportOut,
)
def change(actor: Actor, no: str, command: c.ChangeReport) -> ReportOut:
    """Another word, another day, other photos."""
    return _report(actor, service.change(actor, no, command))


@operation(bp, "POST", "/lost-found/<no>/recover", summary=lazy("找到了"), returns=ReportOut)
def recover(actor: Actor, no: str) -> ReportOut:
    """The loser has it back."""
    return _report(actor, service.recover(actor, no))


@operation(bp, "POST", "/lost-found/<no>/withdraw", summary=lazy("撤回寻物"), returns=ReportOut)
def withdraw(actor: Actor, no: str) -> ReportOut:
    """The loser takes the report back."""
    return _report(actor, service.withdraw(actor, no))


@operation(bp, "POST", "/lost-found/<no>/renew", summary=lazy("还在找"), returns=ReportOut)
def renew(actor: Actor, no: str) -> ReportOut:
    """Still missing."""
    return _report(actor, service.renew(actor, no))


# --- custody ----------------------------------------------------------------------------------------------------


@operation(
    bp,
    "POST",
    "/lost-found/<no>/hand-in",
    summary=lazy("招领点收下学生登记的东西"),
    body=c.HandIn,
    returns=ReportOut,
    needs=P.LOSTFOUND_ITEM_INTAKE,
)
def hand_in(actor: Actor, no: str, command: c.HandIn) -> ReportOut:
    """A reported item reaches a desk."""
    return _report(actor, service.hand_in(actor, no, command))


@operation(
    bp,
    "POST",
    "/lost-found/<no>/move",
    summary=lazy("转到另一个招领点，或换架位"),
    body=c.Move,
    returns=ReportOut,
    needs=P.LOSTFOUND_ITEM_MOVE,
)
def move(actor: Actor, no: str, command: c.Move) -> ReportOut:
    """Send or shelve."""
    return _report(actor, service.move(actor, no, command))


@operation(
    bp,
    "POST",
    "/lost-found/<no>/receive",
    summary=lazy("收到转来的东西"),
    returns=ReportOut,
    needs=P.LOSTFOUND_ITEM_MOVE,
)
def receive(actor: Actor, no: str) -> ReportOut:
    """The other desk has it."""
    return _report(actor, service.receive(actor, no))


@operation(
    bp,
    "POST",
    "/lost-found/<no>/hand-over",
    summary=lazy("移交公安、卡中心或发卡行"),
    body=k.HandOver,
    returns=ReportOut,
    needs=P.LOSTFOUND_ITEM_HANDOVER,
)
def hand_over(actor: Actor, no: str, command: k.HandOver) -> ReportOut:
    """The item leaves."""
    return _report(actor, service.hand_over(actor, no, command))


# --- claims and returns -----------------------------------------------------------------------------------------


@operation(
    bp,
    "POST",
    "/lost-found/<no>/claims",
    summary=lazy("认领"),
    body=c.MakeClaim,
    returns=ClaimOut,
    status=201,
    needs=P.LOSTFOUND_CLAIM_MAKE,
)
def make_claim(actor: Actor, no: str, command: c.MakeClaim) -> ClaimOut:
    """It is mine."""
    return _claim(actor, service.make_claim(actor, no, command))


def _claim(actor: Actor, claim_id: int) -> ClaimOut:
    return ClaimOut.of(actor, queries.claim(actor, claim_id))


@operation(bp, "GET", "/lost-found/claims", summary=lazy("我的认领"), returns=ClaimsOut)
def my_claims(actor: Actor) -> ClaimsOut:
    """One's own claims."""
    return ClaimsOut(claims=[ClaimOut.of(actor, claim) for claim in queries.my_claims(actor)])


@operation(
    bp,
    "GET",
    "/lost-found/claims/undecided",
    summary=lazy("等待核对的认领"),
    returns=ClaimsOut,
    needs=P.LOSTFOUND_CLAIM_DECIDE,
)
def undecided_claims(actor: Actor) -> ClaimsOut:
    """What waits for security."""
    return ClaimsOut(claims=[ClaimOut.of(actor, claim) for claim in queries.undecided(actor)])


@operation(bp, "GET", "/lost-found/claims/<int:claim_id>", summary=lazy("一份认领"), returns=ClaimOut)
def show_claim(actor: Actor, claim_id: int) -> ClaimOut:
    """A claim with, for its claimant, the pick-up code."""
    return _claim(actor, claim_id)


@operation(
    bp,
    "POST",
    "/lost-found/claims/<int:claim_id>/decision",
    summary=lazy("通过或不通过"),
    body=c.Decide,
    returns=ClaimOut,
    needs=P.LOSTFOUND_CLAIM_DECIDE,
)
def decide(actor: Actor, claim_id: int, command: c.Decide) -> ClaimOut:
    """Security decides."""
    return ClaimOut.of(actor, service.decide(actor, claim_id, command))


@operation(
    bp,
    "POST",
    "/lost-found/claims/<int:claim_id>/appeal",
    summary=lazy("申诉一次"),
    body=c.Appeal,
    returns=ClaimOut,
)
def appeal(actor: Actor, claim_id: int, command: c.Appeal) -> ClaimOut:
    """The one appeal."""
    return ClaimOut.of(actor, service.appeal(actor, claim_id, command))


@operation(
    bp, "POST", "/lost-found/claims/<int:claim_id>/withdraw", summary=lazy("撤回认领"), returns=ClaimOut
)
def withdraw_claim(actor: Actor, claim_id: int) -> ClaimOut:
    """The claimant takes it back."""
    return ClaimOut.of(actor, service.withdraw_claim(actor, claim_id))


@operation(
    bp,
    "POST",
    "/lost-found/claims/<int:claim_id>/slot",
    summary=lazy("选领取时间"),
    body=c.ChooseSlot,
    returns=ClaimOut,
)
def choose_slot(actor: Actor, claim_id: int, command: c.ChooseSlot) -> ClaimOut:
    """When the claimant comes."""
    return ClaimOut.of(actor, service.choose_slot(actor, claim_id, command))


@operation(
    bp, "POST", "/lost-found/claims/<int:claim_id>/receipt", summary=lazy("领取人确认收到"), returns=PickupOut
)
def confirm_receipt(actor: Actor, claim_id: int) -> PickupOut:
    """The recipient confirms."""
    return PickupOut.of(service.confirm_receipt(actor, claim_id))


@operation(
    bp,
    "POST",
    "/lost-found/pickups",
    summary=lazy("输入取件码"),
    body=c.EnterCode,
    returns=PickupOut,
    status=201,
    needs=P.LOSTFOUND_RETURN_PREPARE,
)
def open_pickup(actor: Actor, command: c.EnterCode) -> PickupOut:
    """The code is shown at the desk."""
    return PickupOut.of(service.open_pickup(actor, command))


@operation(
    bp,
    "POST",
    "/lost-found/pickups/<int:pickup_id>/identity",
    summary=lazy("看过证件"),
    body=c.CheckIdentity,
    returns=PickupOut,
    needs=P.LOSTFOUND_RETURN_PREPARE,
)
def check_identity(actor: Actor, pickup_id: int, command: c.CheckIdentity) -> PickupOut:
    """Kind of document and last four characters."""
    return PickupOut.of(service.check_identity(actor, pickup_id, command))


@operation(
    bp,
    "POST",
    "/lost-found/pickups/<int:pickup_id>/abort",
    summary=lazy("人或证件对不上"),
    body=c.Abort,
    returns=PickupOut,
    needs=P.LOSTFOUND_RETURN_PREPARE,
)
def abort_pickup(actor: Actor, pickup_id: int, command: c.Abort) -> PickupOut:
    """Nothing is handed out."""
    return PickupOut.of(service.abort_pickup(actor, pickup_id, command))


@operation(
    bp,
    "POST",
    "/lost-found/pickups/<int:pickup_id>/return",
    summary=lazy("保卫处确认交还"),
    returns=ReturnOut,
    needs=P.LOSTFOUND_RETURN_CONFIRM,
)
def confirm_return(actor: Actor, pickup_id: int) -> ReturnOut:
    """The security officer confirms: once per item."""
    return ReturnOut.of(service.confirm_return(actor, pickup_id))
