"""What the desks' pages say about claims and returns: who waits, rivals side by side, how far a pick-up has come."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.clock import now, to_local
from campus_service.core.i18n import _, lazy
from campus_service.core.page import fmt_when
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import custody_queries, policy, presenting, queries, service, story
from campus_service.lostfound.commands import ID_TYPE_LABELS, IdType
from campus_service.lostfound.desk_signals import Sign, of_item
from campus_service.lostfound.labels import labels
from campus_service.lostfound.models import Claim, FoundItem, Pickup, Return
from campus_service.lostfound.projection import Badge
from campus_service.lostfound.states import UNDECIDED, ClaimState, Kind
from campus_service.media import service as media
from campus_service.media.models import Photo
from campus_service.search.marking import highlight

# Offered while a refusal is written; the claimant reads it, so it says what to do next.
REASONS = (
    lazy("说的特征和收件时记下的对不上。"),
    lazy("丢失的时间或地点对不上。"),
    lazy("说得太笼统，请再说一处只有你知道的特征。"),
    lazy("照片里的不是同一件。"),
    lazy("另一份认领说得更准。你有购买记录或旧照片，可以申诉时带上。"),
)
ABORT_REASONS = (
    lazy("证件上的姓名和账号不一致"),
    lazy("本人和证件照片不像"),
    lazy("领取人看过，不是自己的东西"),
)
# Rivals shown in one row of the comparison.
ABREAST = 3
# Past this part of the time for deciding, a claim is shown as soon due, in percent.
SOON = 66


# --- claims that wait --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Waiting:
    """One item with claims to be decided."""

    item: FoundItem
    claims: int
    appeals: int
    promised: str
    percent: int
    tone: str


def waiting(actor: Actor) -> list[Waiting]:
    """Items with undecided claims, the most urgent first. Needs lostfound:claim:decide."""
    by_item: dict[int, list[Claim]] = {}
    for claim in queries.undecided(actor):
        by_item.setdefault(claim.item_id, []).append(claim)
    groups = sorted(by_item.values(), key=lambda claims: min(map(promise, claims)))
    return [_waiting(claims) for claims in groups]


def promise(claim: Claim) -> datetime:
    """By when the claimant was promised an answer; an appeal begins anew."""
    return service.decision_due(claim.appealed_at or claim.submitted_at)


def _waiting(claims: list[Claim]) -> Waiting:
    first = min(claims, key=promise)
    due, since = promise(first), first.appealed_at or first.submitted_at
    percent = min(round(100 * (now() - since) / (due - since)), 100)
    appeals = sum(claim.state is ClaimState.APPEALED for claim in claims)
    tone = "late" if now() > due else "soon" if percent >= SOON else ""
    text = (
        _("晚了，应在 %(when)s 前", when=fmt_when(due))
        if tone == "late"
        else _("%(when)s 前", when=fmt_when(due))
    )
    return Waiting(first.item, len(claims), appeals, text, percent, tone)


# --- rivals side by side -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Rival:
    """One claim beside the others; words that stand in the item's own record are marked."""

    claim: Claim
    letter: str
    name: str
    badge: Badge
    answer: Markup
    when_where: Markup
    photos: Sequence[Photo]
    attempt: int
    promised: str
    late: bool
    may_decide: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """A claim that has its answer."""

    claim: Claim
    name: str
    badge: Badge
    when: str
    by: str
    may_reissue: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """All claims on one item."""

    item: FoundItem
    badge: Badge
    rivals: list[Rival]
    decided: list[Decided]
    photos: Sequence[Photo]
    inside: Sequence[str]
    signs: list[Sign]


def comparison(actor: Actor, no: str) -> Comparison:
    """The claims on ``no``. Needs lostfound:claim:decide; raises NotFound."""
    actor.require(P.LOSTFOUND_CLAIM_DECIDE)
    item = queries.found_item(actor, no)
    claims = queries.claims_of_item(item.id)
    names = accounts.names_of(
        [claim.claimant_id for claim in claims] + [claim.decided_by for claim in claims]
    )
    open_claims = [claim for claim in claims if claim.state in UNDECIDED]
    photos = media.photos_of("claim", [claim.id for claim in open_claims])
    inside = [row.what for row in custody_queries.contents_of(item.id) if row.what]
    return Comparison(
        item,
        presenting.badge_of(Kind.FOUND, item),
        [
            _rival(actor, item, claim, claims, names, photos.get(claim.id, []), inside, position)
            for position, claim in enumerate(open_claims)
        ],
        [_decided(claim, names) for claim in reversed(claims) if claim.state not in UNDECIDED],
        media.photos_of("found_item", [item.id]).get(item.id, []),
        inside,
        of_item(actor, item.id, names) if open_claims else [],
    )


def _rival(
    actor: Actor,
    item: FoundItem,
    claim: Claim,
    claims: Sequence[Claim],
    names: Mapping[int, str],
    photos: Sequence[Photo],
    inside: Sequence[str],
    position: int,
) -> Rival:
    due = promise(claim)
    record = f"{item.private_marks} {' '.join(inside)}"
    return Rival(
        claim,
        letter(position),
        names.get(claim.claimant_id, ""),
        presenting.badge_of_claim(claim.state),
        highlight(claim.answer, record),
        highlight(claim.when_where, f"{item.place} {labels().area[item.area]}"),
        photos,
        sum(other.claimant_id == claim.claimant_id and other.id <= claim.id for other in claims),
        fmt_when(due),
        now() > due,
        policy.can_decide(actor, claim),
    )


def letter(position: int) -> str:
    """A, B, C … for the first 26, then numbers."""
    return chr(ord("A") + position) if position < 26 else str(position + 1)


def _decided(claim: Claim, names: Mapping[int, str]) -> Decided:
    waits = claim.state is ClaimState.APPROVED and queries.open_pickup(claim.id) is None
    return Decided(
        claim,
        names.get(claim.claimant_id, ""),
        presenting.badge_of_claim(claim.state),
        fmt_when(claim.decided_at) if claim.decided_at else "",
        names.get(claim.decided_by or 0, ""),
        waits,
    )


# --- returns -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ToCollect:
    """An approved claim, waiting for its owner or just being handed out."""

    claim: Claim
    item: FoundItem
    name: str
    slot: str
    until: str
    code_used: bool
    pickup_id: int | None
    step: str


def to_collect(actor: Actor) -> tuple[list[ToCollect], list[ToCollect]]:
    """Pick-ups in progress, and claims that wait, those with an appointment first."""
    going = queries.open_pickups(actor)
    started = {claim.id for pickup, claim in going}
    waiting_claims = [claim for claim in queries.approved(actor) if claim.id not in started]
    everybody = [claim for pickup, claim in going] + waiting_claims
    names = accounts.names_of(claim.claimant_id for claim in everybody)
    return (
        [_to_collect(claim, names, pickup) for pickup, claim in going],
        [_to_collect(claim, names, None) for claim in waiting_claims],
    )


def _to_collect(claim: Claim, names: Mapping[int, str], pickup: Pickup | None) -> ToCollect:
    return ToCollect(
        claim,
        claim.item,
        names.get(claim.claimant_id, ""),
        fmt_when(claim.slot_at) if claim.slot_at else "",
        fmt_when(claim.code_expires_at) if claim.code_expires_at else "",
        not claim.code_nonce,
        pickup.id if pickup else None,
        str(STAGE_LABELS[stage(pickup, claim)]) if pickup else "",
    )


STAGE_LABELS = {
    "identity": lazy("等着看证件"),
    "recipient": lazy("等领取人确认"),
    "officer": lazy("等保卫处确认"),
    "returned": lazy("已交还"),
    "aborted": lazy("已中止"),
    "ended": lazy("认领已结束"),
}


def stage(pickup: Pickup, claim: Claim) -> str:
    """The step that comes next: identity, recipient or officer; or how it ended: returned, aborted, ended."""
    if claim.state is ClaimState.RETURNED and pickup.aborted_at is None:
        return "returned"
    if pickup.aborted_at is not None:
        return "aborted"
    if claim.state is not ClaimState.APPROVED:
        return "ended"
    if pickup.id_checked_at is None:
        return "identity"
    return "recipient" if pickup.confirmed_at is None else "officer"


@dataclass(frozen=True, slots=True)
class HandingOut:
    """A pick-up on its way through the five steps."""

    pickup: Pickup
    claim: Claim
    item: FoundItem
    stage: str
    names: Mapping[int, str]
    document: str
    photos: Sequence[Photo]
    left: int
    may_confirm: bool
    officers: list[str]
    others: int
    told: list[str]
    returned: Return | None

    def by(self, user_id: int | None, moment: datetime | None) -> str:
        """Who did a step, and when."""
        when = (
            f"{to_local(moment):%H:%M}"
            if moment and _is_today(moment)
            else fmt_when(moment)
            if moment
            else ""
        )
        return " · ".join(filter(None, (self.names.get(user_id or 0, ""), when)))


def _is_today(moment: datetime) -> bool:
    return to_local(moment).date() == to_local(now()).date()


def handing_out(actor: Actor, pickup_id: int) -> HandingOut:
    """The pick-up ``pickup_id``. Needs lostfound:return:prepare; raises NotFound."""
    pickup = queries.pickup(actor, pickup_id)
    claim = queries.claim(actor, pickup.claim_id)
    item, done = claim.item, queries.return_of(claim.item_id)
    present = stage(pickup, claim)
    rivals = [other for other in queries.claims_of_item(item.id) if other.id != claim.id]
    officers = accounts.ids_with(P.LOSTFOUND_RETURN_CONFIRM) if present not in _OVER else []
    names = accounts.names_of([*_people(pickup, claim, done), item.reporter_id, *officers])
    return HandingOut(
        pickup,
        claim,
        item,
        present,
        names,
        _document(pickup),
        media.photos_of("found_item", [item.id]).get(item.id, []),
        _LEFT.get(present, 0),
        policy.can_confirm_return(actor, claim),
        [names[officer] for officer in officers if officer != claim.claimant_id],
        len(rivals),
        _told(claim, item, done, rivals, names) if done and present == "returned" else [],
        done,
    )


_OVER = ("returned", "aborted", "ended")
# Steps still to be done, as the greyed button says it.
_LEFT = {"identity": 3, "recipient": 2, "officer": 1}


def _people(pickup: Pickup, claim: Claim, done: Return | None) -> list[int | None]:
    officer = done.officer_id if done else None
    return [claim.claimant_id, claim.decided_by, pickup.opened_by, pickup.id_checked_by, officer]


def _document(pickup: Pickup) -> str:
    """The kind of document and its last four characters: all that is kept of it (PIPL 6)."""
    if not pickup.id_type:
        return ""
    return _("%(kind)s，末 4 位 %(last)s", kind=ID_TYPE_LABELS[IdType(pickup.id_type)], last=pickup.id_last4)


def _told(
    claim: Claim, item: FoundItem, done: Return, rivals: Sequence[Claim], names: Mapping[int, str]
) -> list[str]:
    """Who was told what after the return."""
    finder = _("捡到的人没有留下账号，没有发通知")
    if item.reporter_id is not None:
        finder = _("告诉捡到的%(name)s：东西回到主人手里了", name=names.get(item.reporter_id, ""))
    lines = [_("告诉领取人%(name)s：已经领回", name=names.get(claim.claimant_id, "")), finder]
    refused = sum(_refused_by(rival, done) for rival in rivals)
    if refused:
        lines.append(_("告诉另外 %(n)s 位认领的人：已由失主核对领回", n=refused))
    return [*lines, _("这件东西从公开列表里撤下")]


def _refused_by(rival: Claim, done: Return) -> bool:
    """Whether ``rival`` still waited when the thing went back; an appeal keeps the day of its first answer."""
    if rival.state is not ClaimState.REJECTED or rival.decided_at is None:
        return False
    appealed = rival.appealed_at is not None and rival.appealed_at > rival.decided_at
    return appealed or rival.decided_at >= done.returned_at


def where_to_wait(item: FoundItem) -> str:
    """The desk and shelf where a thing lies."""
    return " · ".join(filter(None, (story.desk_name(item.desk_code), item.shelf)))
