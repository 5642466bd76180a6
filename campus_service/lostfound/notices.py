"""What people are told, and by which event: kinds of notification of the registry and who gets them."""

from __future__ import annotations

from datetime import date, datetime

from campus_service.accounts import queries as accounts
from campus_service.core.i18n import LazyString, _, language, lazy
from campus_service.core.page import fmt_day, fmt_when
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import policy, queries
from campus_service.lostfound.custody import Destination, Disclosure
from campus_service.lostfound.matching import explaining
from campus_service.lostfound.models import Claim, CustodyLeg, FoundItem, LostReport, MatchPair
from campus_service.lostfound.projection import teaser_title
from campus_service.lostfound.states import ClaimState, DifferenceKind
from campus_service.notifications.kinds import Group, Kind, Params, register
from campus_service.notifications.service import notify


def _shown(params: Params) -> Params:
    """The params in the reader's language: a teaser's title and the end of a code's life."""
    title = params.get("title") or teaser_title(params.get("category", "other"))
    until = params.get("until", "")
    return {
        **params,
        "item": f"{title} {params.get('no', '')}".rstrip(),
        "until": fmt_when(datetime.fromisoformat(until)) if until else "",
    }


_KINDS: tuple[tuple[str, Group, LazyString, LazyString], ...] = (
    (
        "claim.approved",
        Group.CLAIMS,
        lazy("认领通过了：%(item)s"),
        lazy("取件码在页面里，%(until)s 前有效。带上任一证件到招领点领回。"),
    ),
    (
        "claim.rejected",
        Group.CLAIMS,
        lazy("认领没有通过：%(item)s"),
        lazy("理由：%(reason)s。可以申诉一次，由另一位老师复核。"),
    ),
    (
        "claim.expired",
        Group.CLAIMS,
        lazy("取件码过期了：%(item)s"),
        lazy("东西还在招领点，可以再认领一次。"),
    ),
    (
        "claim.returned",
        Group.CLAIMS,
        lazy("已经领回：%(item)s"),
        lazy("保卫处已确认交还。如果不是你领的，请马上联系保卫处。"),
    ),
    (
        "claim.aborted",
        Group.CLAIMS,
        lazy("这次没有交还：%(item)s"),
        lazy("人或证件对不上。请联系保卫处，重新取得取件码。"),
    ),
    (
        "claim.confirm",
        Group.CLAIMS,
        lazy("请确认收到：%(item)s"),
        lazy("工作人员已看过证件。看看东西对不对，再点确认。"),
    ),
    ("claim.new", Group.DESK, lazy("有一份认领等你核对：%(item)s"), lazy("请在三个工作日内答复。")),
    (
        "custody.overdue",
        Group.DESK,
        lazy("在路上太久了：%(item)s"),
        lazy("应在 %(until)s 前签收，还没有人签。到了请签收，没送出请收回。"),
    ),
    (
        "custody.still_overdue",
        Group.DESK,
        lazy("%(n)s 件东西在路上太久了"),
        lazy("招领点已经知道，到今天还没有人签收。"),
    ),
    (
        "custody.unlogged",
        Group.DESK,
        lazy("说交来了，还没有登记：%(item)s"),
        lazy("拾到的人说交到招领点，应在 %(until)s 前登记。找一找；没收到就联系他。"),
    ),
    (
        "found.handed_in",
        Group.REPORTS,
        lazy("招领点收到了：%(item)s"),
        lazy("谢谢你交来。失主领回时会再告诉你。"),
    ),
    (
        "found.returned",
        Group.REPORTS,
        lazy("回到主人手里了：%(item)s"),
        lazy("你捡到的东西已经由失主领回，谢谢你。"),
    ),
    (
        "found.hand_in",
        Group.REPORTS,
        lazy("请把东西交到招领点：%(item)s"),
        lazy("它还在你手里。交到招领点，失主才好来领（《民法典》第三百一十四条）。"),
    ),
    (
        "lost.still_missing",
        Group.REPORTS,
        lazy("还在找吗：%(item)s"),
        lazy("点“还在找”继续替你留意；两周内没有回应，登记会先收起。"),
    ),
    (
        "contact.letter",
        Group.REPORTS,
        lazy("有一条留言：%(item)s"),
        lazy("在站内看、站内回，双方都看不到对方的姓名和联系方式。"),
    ),
    ("contact.reported", Group.DESK, lazy("有人举报了留言：%(item)s"), lazy("请看看两个人写了什么。")),
)
for _kind in _KINDS:
    register(Kind(*_kind, words=_shown))


def _shown_match(params: Params) -> Params:
    """The reasons as a sentence in the reader's language."""
    return {
        **_shown(params),
        "why": explaining.sentence(params.get("reasons", ()), closed=params.get("closed", True)),
    }


def _difference_shown(params: Params) -> Params:
    return {**_shown(params), "what": DifferenceKind(params.get("kind", DifferenceKind.MISMATCH)).label}


register(
    Kind(
        "lost.match",
        Group.REPORTS,
        lazy("可能是你丢的：%(item)s"),
        lazy("%(why)s。点开看看：像，就去认领；不是，点“不是我的”，以后不再提它。"),
        words=_shown_match,
    )
)
register(
    Kind(
        "custody.difference",
        Group.DESK,
        lazy("%(what)s：%(item)s"),
        lazy("两个招领点之间对不上。看看是没送出、放错了，还是少了东西，写下怎么处理的。"),
        words=_difference_shown,
    )
)


def _where(params: Params) -> Params:
    """Which desk has the card, when it is open, until which day, in the reader's language."""
    desk, due = queries.desk(params.get("desk", "")), params.get("due_on", "")
    name = (desk.name_en if language() == "en" else desk.name) if desk else _("招领点")
    return {
        **params,
        "desk": name,
        "hours": _("，").join((_(desk.place), _(desk.hours))) if desk else "",
        "until": fmt_day(date.fromisoformat(due)) if due else "",
    }


for _kind in (
    (
        "card.found",
        Group.CLAIMS,
        lazy("你的校园卡在%(desk)s"),
        lazy("有人捡到交来了（%(hours)s）。%(until)s送校园卡中心，之前带上任一证件来领；取件码在页面里。"),
    ),
    (
        "card.moved",
        Group.CLAIMS,
        lazy("你的校园卡送到了校园卡中心"),
        lazy("招领点的保管期到了，卡已移交。请带上任一证件到校园卡中心领取。"),
    ),
    (
        "card.police",
        Group.CLAIMS,
        lazy("你的校园卡移交了公安机关"),
        lazy("卡已不在招领点。要领回请先联系保卫处。"),
    ),
):
    register(Kind(*_kind, words=_where))


def _item(report: FoundItem | LostReport) -> dict[str, str]:
    """What a notice says of a report: its number and what may be public, for mails can be read by others."""
    public = policy.disclosure(report) is Disclosure.FULL
    return {"no": report.no, "title": report.title if public else "", "category": report.category.value}


def tell_security_of_claim(item: FoundItem) -> None:
    """All who decide claims hear of a new one."""
    for user_id in accounts.ids_with(P.LOSTFOUND_CLAIM_DECIDE):
        notify(user_id, "claim.new", _item(item), f"/desk/claims/{item.no}")


def tell_desks_of_overdue(leg: CustodyLeg) -> None:
    """A leg took too long: everybody at the desks hears it once."""
    params = _item(leg.item) | {"until": leg.due_at.isoformat()}
    for user_id in accounts.ids_with(P.LOSTFOUND_ITEM_MOVE):
        notify(user_id, "custody.overdue", params, f"/desk/items/{leg.item.no}")


def tell_security_of_overdue(count: int) -> None:
    """So many legs are still overdue: once a day for security."""
    for user_id in accounts.ids_with(P.LOSTFOUND_RETURN_CONFIRM):
        notify(user_id, "custody.still_overdue", {"n": count}, "/desk/watch")


def tell_of_unlogged(item: FoundItem, who: P) -> None:
    """A finder said that he brought it; those who hold ``who`` look for it."""
    params = _item(item) | {"until": item.log_by.isoformat() if item.log_by else ""}
    for user_id in accounts.ids_with(who):
        notify(user_id, "custody.unlogged", params, f"/desk/items/{item.no}")


def tell_desks_of_difference(item: FoundItem, kind: DifferenceKind) -> None:
    """An arrival was refused, or something was wrong with it."""
    for user_id in accounts.ids_with(P.LOSTFOUND_ITEM_MOVE):
        notify(user_id, "custody.difference", _item(item) | {"kind": kind}, f"/desk/items/{item.no}")


def tell_claimant_of_decision(claim: Claim) -> None:
    """Approved, refused or expired."""
    until = claim.code_expires_at.isoformat() if claim.code_expires_at else ""
    kind = {
        ClaimState.APPROVED: "claim.approved",
        ClaimState.REJECTED: "claim.rejected",
        ClaimState.EXPIRED: "claim.expired",
    }[claim.state]
    params = _item(claim.item) | {"until": until, "reason": claim.reason.rstrip("。.")}
    notify(claim.claimant_id, kind, params, f"/lost-found/claims/{claim.id}")


def tell_owner_of_card(claim: Claim) -> None:
    """The owner of a campus card, at once: where it lies and until when."""
    item = claim.item
    due = item.due_on.isoformat() if item.due_on else ""
    notify(
        claim.claimant_id,
        "card.found",
        {"no": item.no, "desk": item.desk_code or "", "due_on": due},
        f"/lost-found/claims/{claim.id}",
    )


def tell_owner_of_move(claim: Claim, to: Destination) -> None:
    """The owner of a campus card: it is not at the desk any more."""
    kind = "card.police" if to is Destination.POLICE else "card.moved"
    notify(claim.claimant_id, kind, {"no": claim.item.no}, f"/lost-found/claims/{claim.id}")


def ask_recipient(claim: Claim) -> None:
    """The claimant's phone asks him to confirm."""
    notify(claim.claimant_id, "claim.confirm", _item(claim.item), f"/lost-found/claims/{claim.id}")


def tell_claimant_of_abort(claim: Claim) -> None:
    """Nothing was handed out."""
    notify(claim.claimant_id, "claim.aborted", _item(claim.item), f"/lost-found/claims/{claim.id}")


def tell_both_of_return(claim: Claim) -> None:
    """Recipient and finder hear that the thing went back."""
    notify(claim.claimant_id, "claim.returned", _item(claim.item), f"/lost-found/claims/{claim.id}")
    if claim.item.reporter_id is not None:
        notify(claim.item.reporter_id, "found.returned", _item(claim.item), f"/lost-found/{claim.item.no}")


def tell_finder_of_hand_in(item: FoundItem) -> None:
    """The finder's receipt, on his phone."""
    if item.reporter_id is not None:
        notify(item.reporter_id, "found.handed_in", _item(item), f"/lost-found/{item.no}")


def ask_to_hand_in(item: FoundItem) -> None:
    """The finder still keeps it."""
    if item.reporter_id is not None:
        notify(item.reporter_id, "found.hand_in", _item(item), f"/lost-found/{item.no}")


def ask_still_missing(report: LostReport) -> None:
    """The loser's reminder."""
    if report.reporter_id is not None:
        notify(report.reporter_id, "lost.still_missing", _item(report), f"/lost-found/{report.no}")


def tell_loser_of_match(pair: MatchPair) -> None:
    """A thing was handed in that may be his: with the reasons, never with private marks."""
    closed = policy.disclosure(pair.found) is not Disclosure.FULL
    # What is closed is not even kept with the notice.
    reasons = [one for one in pair.reasons if not closed or one[0][:-1] in explaining.OPEN_KEYS]
    params = _item(pair.found) | {"reasons": reasons, "closed": closed}
    if pair.lost.reporter_id is not None:
        notify(pair.lost.reporter_id, "lost.match", params, f"/lost-found/{pair.lost.no}#matches")


def tell_of_letter(user_id: int, report: FoundItem | LostReport, thread_id: int) -> None:
    """The other side wrote; neither words nor names are in the mail."""
    notify(user_id, "contact.letter", _item(report), f"/lost-found/letters/{thread_id}")


def tell_security_of_letters(report: FoundItem | LostReport, thread_id: int) -> None:
    """One of the two asks for a look."""
    for user_id in accounts.ids_with(P.LOSTFOUND_CLAIM_DECIDE):
        notify(user_id, "contact.reported", _item(report), f"/lost-found/letters/{thread_id}")
