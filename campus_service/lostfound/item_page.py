"""One report on its page: what this reader sees of it, and what he may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Response, make_response, render_template, request

from campus_service.core.actor import Actor
from campus_service.core.page import fmt_day
from campus_service.core.permissions import Permission as P
from campus_service.core.revalidate import for_visitors
from campus_service.core.settings import settings
from campus_service.lostfound import matches, mine, policy, presenting, projection, queries, service, story
from campus_service.lostfound.custody import RULES, Disclosure
from campus_service.lostfound.labels import labels
from campus_service.lostfound.models import Claim, FoundItem, LostReport
from campus_service.lostfound.service.claiming import PER_ITEM, question_of
from campus_service.lostfound.states import ALIVE, PRESENT, Kind
from campus_service.media import service as media
from campus_service.media.forms import Typed
from campus_service.media.models import Photo


@dataclass(frozen=True, slots=True)
class Shown:
    """A report as far as this reader may see it."""

    report: FoundItem | LostReport
    kind: Kind
    detail: projection.Detail
    photos: Sequence[Photo]
    moments: Sequence[story.Moment]
    claims: Sequence[Claim]
    box: str
    attempts_left: int

    @property
    def shared_photo(self) -> str:
        """The picture that may stand beside a shared link: one that everybody may see anyway."""
        open_to_all = self.report.listed and self.photos and media.is_public(self.photos[0])
        return settings().base_url + self.photos[0].url(960) if open_to_all else ""


def show(actor: Actor, no: str) -> Shown:
    """The report ``no`` for ``actor``; raises NotFound unless he may know of it."""
    report = queries.report(actor, no)
    kind = projection.kind_of(report)
    everything = policy.sees_everything(actor, report)
    card = presenting.full_card(report) if everything else presenting.card(kind, report)
    detail = projection.detail(actor, report, card, presenting.badge_of(kind, report))
    claims = queries.my_claims(actor, report.id) if actor.signed_in and isinstance(report, FoundItem) else []
    return Shown(
        report,
        kind,
        detail,
        photos(report, everything),
        _moments(actor, report, detail),
        claims,
        _box(actor, report, claims),
        PER_ITEM - len(claims),
    )


def photos(report: FoundItem | LostReport, everything: bool) -> list[Photo]:
    """What this reader may see; to the public a thing that went home shows no photo any more."""
    if not (report.listed or everything):
        return []
    owner = "found_item" if isinstance(report, FoundItem) else "lost_report"
    open_to_all = policy.disclosure(report) is Disclosure.FULL
    all_photos = media.photos_of(owner, [report.id]).get(report.id, [])
    return [photo for photo in all_photos if everything or (open_to_all and media.is_public(photo))]


def _moments(actor: Actor, report: FoundItem | LostReport, detail: projection.Detail) -> list[story.Moment]:
    if not isinstance(report, FoundItem):
        return []
    return story.timeline(report, detail, queries.timeline(report.id), actor.can(P.LOSTFOUND_PRIVATE_READ))


def _box(actor: Actor, report: FoundItem | LostReport, claims: Sequence[Claim]) -> str:
    """What stands where one claims: visitor, mine, waiting, form, used_up or over; "" for a lost report."""
    if not isinstance(report, FoundItem):
        return ""
    if report.state not in PRESENT:
        return "over"
    if policy.owns(actor, report):
        return "mine"
    if any(claim.state in ALIVE for claim in claims):
        return "waiting"
    if not actor.signed_in:
        return "visitor"
    if not policy.can_claim(actor, report):
        return "none"
    return "form" if len(claims) < PER_ITEM else "used_up"


def page(actor: Actor, no: str, typed: Typed | None = None) -> Response:
    """The page of ``no``; ``typed`` is a claim that has to be changed."""
    shown = show(actor, no)
    form = typed or Typed.blank({})
    html = render_template(
        "lostfound/item.html",
        shown=shown,
        report=shown.report,
        detail=shown.detail,
        card=shown.detail.card,
        form=form,
        thumbs=form.thumbs(actor),
        labels=labels(),
        staff=actor.can(P.LOSTFOUND_PRIVATE_READ),
        may_contact=policy.contactable(shown.report) and not policy.owns(actor, shown.report),
        back_url=back_to_list(shown.kind),
        page_url=f"{settings().base_url}/lost-found/{no}",
        **_words(actor, shown),
    )
    return make_response(html, 422) if form.errors else for_visitors(actor, html)


def _words(actor: Actor, shown: Shown) -> dict[str, object]:
    """What stands in the boxes beside the report."""
    report = shown.report
    words: dict[str, object] = {"day_text": story.day_and_part(shown.detail)}
    if isinstance(report, LostReport):
        steps = story.after_losing(report) if _just_posted(actor, report) else []
        may_close = policy.can_close_lost(actor, report)
        found = matches.for_loser(actor, report)
        return words | {
            "matches": found,
            "may_close": may_close,
            "remind_on": fmt_day(report.remind_on),
            "steps": steps,
        }
    return words | _about_item(report) | _about_claiming(actor, report, shown)


def _about_item(item: FoundItem) -> dict[str, object]:
    return {
        "rule": RULES[item.custody],
        "desk_name": story.desk_name(item.desk_code),
        "desk_text": story.desk_text(queries.desk(item.desk_code) if item.desk_code else None),
    }


def _about_claiming(actor: Actor, item: FoundItem, shown: Shown) -> dict[str, object]:
    words: dict[str, object] = {"own_claims": mine.on_item(shown.claims)}
    if shown.box == "form":
        words |= {"question": question_of(item), "claim_steps": story.after_claiming()}
    if shown.box == "mine":
        words |= {
            "desks": story.desk_choices(),
            "receipt": service.receipt_token(item),
            "hand_in_by": fmt_day(item.hand_in_by) if item.hand_in_by else "",
        }
        if _just_posted(actor, item):
            words["steps"] = story.after_finding(item, queries.desk(request.args.get("desk", "")[:20]))
    return words


def _just_posted(actor: Actor, report: FoundItem | LostReport) -> bool:
    return "posted" in request.args and policy.owns(actor, report)


def back_to_list(kind: Kind) -> str:
    """The list this reader came from, with its filters and page; else the list of this side."""
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc == request.host and came_from.path == presenting.LIST and came_from.query:
        return f"{presenting.LIST}?{came_from.query}"
    return presenting.LIST if kind is Kind.FOUND else f"{presenting.LIST}?kind=lost"
