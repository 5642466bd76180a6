"""A claim as its claimant sees it: making it, following it, collecting the thing."""

from __future__ import annotations

import segno
from flask import Response, make_response, redirect, render_template, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.clock import now, to_local
from campus_service.core.db import transaction
from campus_service.core.errors import Invalid
from campus_service.core.http import current_actor
from campus_service.core.i18n import _
from campus_service.core.page import fmt_day, fmt_when
from campus_service.core.permissions import Permission as P
from campus_service.core.ratelimit import limiter
from campus_service.core.settings import settings
from campus_service.lostfound import item_page, policy, presenting, queries, service, story, thanks_queries
from campus_service.lostfound.commands import Appeal, ChooseSlot, MakeClaim
from campus_service.lostfound.custody import RULES
from campus_service.lostfound.labels import labels
from campus_service.lostfound.models import Claim, FoundItem, Pickup
from campus_service.lostfound.service.claiming import slots
from campus_service.lostfound.states import UNDECIDED, ClaimState, Kind
from campus_service.media.forms import Typed

CLAIMS_PER_HOUR = "20 per hour"


@limiter.limit(CLAIMS_PER_HOUR)
def claim(no: str) -> AnyResponse:
    """It is mine."""
    actor = current_actor()
    actor.require(P.LOSTFOUND_CLAIM_MAKE)
    typed = Typed.sent(actor)
    try:
        command = typed.command(MakeClaim)
        with transaction():
            claim_id = service.make_claim(actor, no, command)
    except Invalid as wrong:
        typed.errors |= wrong.fields
        return item_page.page(actor, no, typed)
    return redirect(url_for("lostfound.show_claim", claim_id=claim_id))


def show_claim(claim_id: int) -> AnyResponse:
    """Where a claim stands and what comes next; staff have a page of their own."""
    row = queries.claim(current_actor(), claim_id)
    if row.claimant_id != current_actor().id:
        return redirect(url_for("desk.claims_of", no=row.item.no))
    return _page(row)


def _page(row: Claim, typed: Typed | None = None) -> Response:
    item, form = row.item, typed or Typed.blank({})
    approved = row.state is ClaimState.APPROVED
    html = render_template(
        "lostfound/claim.html",
        claim=row,
        item=item,
        card=presenting.card(Kind.FOUND, item),
        badge=presenting.badge_of_claim(row.state),
        due=service.decision_due(row.appealed_at or row.submitted_at) if row.state in UNDECIDED else None,
        desk=story.desk_lines(queries.desk(item.desk_code) if item.desk_code else None),
        desk_name=story.desk_name(item.desk_code),
        code=service.pickup_code(row),
        qr=qr(service.pickup_code(row)),
        pickup=queries.open_pickup(row.id) if approved else None,
        slots=_slot_groups(row) if approved else [],
        slot=to_local(row.slot_at).isoformat() if row.slot_at else "",
        steps=story.at_the_desk() if approved else story.after_claiming(),
        may_appeal=policy.can_appeal(current_actor(), row),
        may_withdraw=policy.can_withdraw(current_actor(), row),
        form=form,
    )
    response = make_response(html, 422 if form.errors else 200)
    # The code is worth the thing itself: no copy of this page is kept anywhere.
    response.headers["Cache-Control"] = "no-store"
    return response


def qr(text: str) -> Markup:
    """``text`` as a drawing to be scanned, "" for nothing."""
    if not text:
        return Markup("")
    drawn = segno.make(text, error="m", micro=False).svg_inline(
        border=2, dark="#111", light="#fff", omitsize=True
    )
    return Markup(drawn)  # noqa: S704  # paths and numbers made by the library, nothing of what was typed


def _slot_groups(row: Claim) -> list[tuple[str, list[tuple[str, str]]]]:
    """The half hours that may be chosen, by day."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for slot in slots(now(), row.code_expires_at):
        groups.setdefault(fmt_day(slot.date()), []).append(
            (slot.isoformat(), f"{fmt_day(slot.date())} {slot:%H:%M}")
        )
    return list(groups.items())


def appeal(claim_id: int) -> AnyResponse:
    """The one appeal."""
    return _change(claim_id, Appeal)


def choose_slot(claim_id: int) -> AnyResponse:
    """When he will come."""
    return _change(claim_id, ChooseSlot)


def _change(claim_id: int, kind: type[Appeal | ChooseSlot]) -> AnyResponse:
    actor, typed = current_actor(), Typed.sent(current_actor())
    try:
        command = typed.command(kind)
        with transaction():
            if isinstance(command, Appeal):
                service.appeal(actor, claim_id, command)
            else:
                service.choose_slot(actor, claim_id, command)
    except Invalid as wrong:
        typed.errors |= wrong.fields
        return _page(queries.claim(actor, claim_id), typed)
    return redirect(url_for("lostfound.show_claim", claim_id=claim_id))


def withdraw_claim(claim_id: int) -> AnyResponse:
    """He takes it back."""
    with transaction():
        service.withdraw_claim(current_actor(), claim_id)
    return redirect(url_for("lostfound.show_claim", claim_id=claim_id))


def confirm_receipt(claim_id: int) -> AnyResponse:
    """He has the thing before him."""
    with transaction():
        service.confirm_receipt(current_actor(), claim_id)
    return redirect(url_for("lostfound.show_claim", claim_id=claim_id))


def pickup_state(claim_id: int) -> Response:
    """How far the handing out has come (htmx asks every few seconds while he stands at the desk)."""
    row = queries.claim(current_actor(), claim_id)
    response = make_response(render_template("lostfound/_pickup.html", claim=row, pickup=_pickup_of(row)))
    if row.state is not ClaimState.APPROVED:
        response.headers["HX-Refresh"] = "true"
    return response


def _pickup_of(row: Claim) -> Pickup | None:
    return queries.open_pickup(row.id) if row.claimant_id == current_actor().id else None


def _taken_at(item: FoundItem) -> str:
    """The desk that took it in; it may lie at another one by now."""
    first = next(
        (event for event in queries.timeline(item.id) if event.step in ("taken_in", "handed_in")), None
    )
    return story.desk_name(first.desk_code) if first else _("还没有交到招领点")


def receipt(token: str) -> Response:
    """The finder's receipt: public to who holds it, and without anything personal."""
    item = service.receipt_item(token)
    html = render_template(
        "lostfound/receipt.html",
        item=item,
        token=token,
        thanked_as=thanks_queries.name_shown(item.id),
        category=labels().category[item.category],
        badge=presenting.badge_of(Kind.FOUND, item),
        moments=story.receipt(item, queries.timeline(item.id)),
        taken_in=fmt_when(item.taken_in_at) if item.taken_in_at else "",
        day=fmt_day(to_local(item.created_at).date()),
        taken_at=_taken_at(item),
        qr=qr(settings().base_url + url_for("lostfound.receipt", token=token)),
        rule=RULES[item.custody].notice,
    )
    response = make_response(html)
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
