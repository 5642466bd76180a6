"""Pages of the desks: campus cards by number, what falls due, two signatures, protocols."""

from __future__ import annotations

import secrets

from flask import Blueprint, Response, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Forbidden, Invalid
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import _, lazy
from campus_service.core.page import fmt_day
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import due_list, keeping_queries, protocols, service
from campus_service.lostfound.commands import Command
from campus_service.lostfound.desk_page import attempt, page
from campus_service.lostfound.keeping_commands import CardIn, HandOverMany, Propose, Sign
from campus_service.lostfound.states import CardState

bp = Blueprint("keeping", __name__, url_prefix="/desk")


@bp.before_request
def _staff_only() -> None:
    current_actor().require(P.LOSTFOUND_ITEM_INTAKE)


# --- campus cards ------------------------------------------------------------------------------------------------


@bp.get("/cards")
def cards() -> Response:
    """Type or scan a number; what lies at the desks."""
    return _cards()


def _cards(wrong: DomainError | None = None) -> Response:
    actor, saved = current_actor(), request.args.get("saved", "")
    just = keeping_queries.card_of(actor, saved) if saved else None
    return page(
        "cards",
        "cards",
        wrong,
        request_key=secrets.token_urlsafe(12),
        rows=keeping_queries.cards(actor),
        just=just,
        told=just is not None and just.state is not CardState.WAITING,
        until=fmt_day(just.item.due_on) if just and just.item.due_on else "",
    )


@bp.post("/cards")
def take_in_card() -> AnyResponse:
    """One card; the next one can be scanned at once. Its number is in no address and comes back on no page."""
    try:
        command = parse_form(CardIn)
        with transaction():
            no = service.take_in_card(current_actor(), command)
    except (Invalid, Conflict) as wrong:
        return _cards(wrong)
    return redirect(url_for("keeping.cards", saved=no, shelf=command.shelf or None))


# --- what falls due ----------------------------------------------------------------------------------------------


@bp.get("/due")
def due() -> Response:
    """The weekly list."""
    return _due()


def _due(step: str = "", wrong: DomainError | None = None) -> Response:
    forbidden = str(wrong.message) if isinstance(wrong, Forbidden) else ""
    return page("due", "due", wrong, page=due_list.due_list(current_actor()), step=step, forbidden=forbidden)


@bp.post("/due/propose")
def propose() -> AnyResponse:
    """The first signature."""
    to, done = url_for("keeping.due"), lazy("提出了。另一位老师签字后才处理。")
    return attempt(Propose, service.propose, lambda wrong: _due("propose", wrong), to, done)


@bp.post("/due/sign")
def sign() -> AnyResponse:
    """The second signature: the things leave."""
    current_actor().require(P.LOSTFOUND_ITEM_DISPOSE)
    try:
        command = parse_form(Sign)
        with transaction():
            number = service.sign(current_actor(), command).no
    except (Invalid, Conflict, Forbidden) as wrong:
        return _due("sign", wrong)
    return _left(number)


@bp.post("/due/hand-over")
def hand_over_many() -> AnyResponse:
    """To somebody who receives them and signs the protocol."""
    current_actor().require(P.LOSTFOUND_ITEM_HANDOVER)
    try:
        command = parse_form(HandOverMany)
        with transaction():
            number = service.hand_over_many(current_actor(), command).no
    except (Invalid, Conflict) as wrong:
        return _due("hand_over", wrong)
    return _left(number)


def _left(number: str) -> AnyResponse:
    flash(_("办好了。交接单 %(no)s 在下面，可以打印。", no=number), "success")
    return redirect(url_for("keeping.due"))


@bp.post("/due/<int:disposal_id>/withdraw")
def withdraw_disposal(disposal_id: int) -> AnyResponse:
    """Take a proposal back."""

    def do(actor: Actor, _command: Command) -> None:
        service.withdraw_disposal(actor, disposal_id)

    done = lazy("撤回了，东西留在架上。")
    return attempt(Command, do, lambda wrong: _due("sign", wrong), url_for("keeping.due"), done)


@bp.get("/protocols/<int:protocol_id>.pdf")
def protocol(protocol_id: int) -> Response:
    """The sheet to be signed on paper."""
    sheet = protocols.sheet(current_actor(), protocol_id)
    response = Response(protocols.pdf(sheet), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f"inline; filename=protocol-{sheet.no}.pdf"
    return response
