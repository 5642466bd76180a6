"""Pages of the desks: taking in, the shelf, one item, claims side by side, handing out. Each action is one step."""

from __future__ import annotations

from collections.abc import Callable

from flask import (
    Blueprint,
    Response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.actor import Actor
from campus_service.core.clock import today
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Invalid, NotFound
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import LazyString, lazy
from campus_service.core.permissions import Permission as P
from campus_service.core.places import SUGGESTIONS
from campus_service.core.ratelimit import limiter
from campus_service.lostfound import commands as c
from campus_service.lostfound import desk_claims, desk_items, queries, service, story
from campus_service.lostfound import keeping_commands as k
from campus_service.lostfound.commands_custody import Arrived
from campus_service.lostfound.desk_page import C, staff_only
from campus_service.lostfound.desk_page import attempt as _attempt
from campus_service.lostfound.desk_page import chosen as _desk
from campus_service.lostfound.desk_page import page as _page
from campus_service.lostfound.labels import labels
from campus_service.media.forms import Typed

bp = Blueprint("desk", __name__, url_prefix="/desk")
# Six digits cannot be guessed at this pace before a code runs out.
CODES = "20 per minute"


bp.before_request(staff_only)


# --- taking in ---------------------------------------------------------------------------------------------------


@bp.get("/intake")
def intake() -> Response:
    """An empty form, beside it what was just saved."""
    return _intake(Typed.blank({"desk": _desk().code, "occurred_on": today().isoformat()}))


def _intake(form: Typed, wrong: Invalid | None = None) -> Response:
    actor, ticked = current_actor(), request.form.getlist("contents")
    just = request.args.get("saved", "")
    today_rows = queries.taken_in_today(actor, _desk().code)
    return _page(
        "intake",
        "intake",
        wrong,
        form=form,
        thumbs=form.thumbs(actor),
        categories=desk_items.categories(),
        places=SUGGESTIONS,
        holders=desk_items.HOLDERS,
        lines=desk_items.content_lines(form.values, ticked),
        keeping=desk_items.keeping(form.values, ticked),
        saved=desk_items.saved(actor, just) if just else None,
        rows=desk_items.rows_with_badges(today_rows),
        listed=sum(row.listed for row in today_rows),
        labels=labels(),
    )


@bp.post("/intake")
def take_in() -> AnyResponse:
    """Save one thing; the next one can be typed at once."""
    actor = current_actor()
    form = Typed.sent(actor)
    try:
        command = form.command(c.TakeIn, contents=_contents())
        with transaction():
            no = service.take_in(actor, command)
    except Invalid as wrong:
        return _intake(form, wrong)
    return redirect(url_for("desk.intake", saved=no))


def _contents() -> list[str]:
    return desk_items.contents(request.form, request.form.getlist("contents"))


@bp.get("/rule")
def rule() -> str:
    """How a thing like this is kept, while the form is being filled (htmx)."""
    return render_template(
        "desk/_rule.html", keeping=desk_items.keeping(request.args, request.args.getlist("contents"))
    )


@bp.post("/at")
def choose_desk() -> AnyResponse:
    """Remember the desk one works at."""
    desk = queries.desk(request.form.get("desk", "")[:20])
    if desk is None or not desk.active:
        raise NotFound()
    session["desk"] = desk.code
    return redirect(url_for("desk.intake"))


# --- the shelf and its items -------------------------------------------------------------------------------------


@bp.get("/shelf")
def shelf() -> Response:
    """What the desks hold, as a table."""
    return shelf_page()


def shelf_page(wrong: DomainError | None = None) -> Response:
    """The shelf; ``wrong`` is why several things were not sent away."""
    wanted = desk_items.shelf_filter(request.args)
    rows = queries.shelf(current_actor(), wanted, desk_items.SHELF_ROWS + 1)
    return _page(
        "shelf",
        "shelf",
        wrong,
        wanted=wanted,
        rows=desk_items.rows_with_badges(rows[: desk_items.SHELF_ROWS]),
        more=len(rows) > desk_items.SHELF_ROWS,
        states=desk_items.state_choices(),
        labels=labels(),
    )


@bp.get("/items/<no>")
def item(no: str) -> Response:
    """All that is known of one thing, and what can be done with it."""
    return _item(no)


def _item(no: str, step: str = "", wrong: DomainError | None = None) -> Response:
    return _page("shelf", "item", wrong, page=desk_items.item_page(current_actor(), no), step=step)


def item_step(
    no: str, step: str, kind: type[C], do: Callable[[Actor, str, C], object], done: LazyString
) -> AnyResponse:
    """One step with the thing ``no``; a mistake shows its page with the form ``step`` as it was typed."""
    to = url_for("desk.item", no=no)
    return _attempt(
        kind, lambda actor, sent: do(actor, no, sent), lambda wrong: _item(no, step, wrong), to, done
    )


@bp.post("/items/<no>/hand-in")
def hand_in(no: str) -> AnyResponse:
    """What a student reported has arrived."""
    return item_step(no, "hand_in", c.HandIn, service.hand_in, lazy("收下了。贴上标签，放到架位。"))


@bp.post("/items/<no>/move")
def move(no: str) -> AnyResponse:
    """To another shelf, or on the way to another desk."""
    return item_step(no, "move", c.Move, service.move, lazy("记下了。"))


@bp.post("/items/<no>/receive")
def receive(no: str) -> AnyResponse:
    """What another desk sent has arrived; the receiver signs."""
    return item_step(no, "receive", Arrived, service.receive, lazy("签收好了，两边都登记了。"))


@bp.post("/items/<no>/hand-over")
def hand_over(no: str) -> AnyResponse:
    """It leaves to the police, the card centre, the issuer or the clinic."""
    current_actor().require(P.LOSTFOUND_ITEM_HANDOVER)
    return item_step(no, "hand_over", k.HandOver, service.hand_over, lazy("已移交。"))


@bp.get("/items/<no>/label")
def label(no: str) -> Response:
    """The label, to be printed."""
    return _print(no, "label")


@bp.get("/items/<no>/receipt")
def receipt(no: str) -> Response:
    """The finder's receipt, to be printed."""
    return _print(no, "receipt")


def _print(no: str, what: str) -> Response:
    thing = queries.found_item(current_actor(), no)
    at = story.desk_name(thing.desk_code)
    return _page(
        "shelf",
        what,
        item=thing,
        desk_name_of_item=at,
        tag=desk_items.tag(thing),
        keeping=desk_items.keeping_of(thing),
    )


# --- claims ------------------------------------------------------------------------------------------------------


@bp.get("/claims")
def claims() -> Response:
    """Things whose claims wait for a decision."""
    return _page("claims", "claims", waiting=desk_claims.waiting(current_actor()), labels=labels())


@bp.get("/claims/<no>")
def claims_of(no: str) -> Response:
    """All claims on one thing, side by side."""
    return _claims_of(no)


def _claims_of(no: str, claim_id: int = 0, wrong: DomainError | None = None) -> Response:
    return _page(
        "claims",
        "claims_of",
        wrong,
        page=desk_claims.comparison(current_actor(), no),
        tried=claim_id,
        reasons=desk_claims.REASONS,
        abreast=desk_claims.ABREAST,
        labels=labels(),
    )


_APPROVED = lazy("认领通过了，取件码已发给认领的人。")
_REFUSED = lazy("已答复不通过。理由对方能看到，可以申诉一次。")
_REISSUED = lazy("新的取件码已发给认领的人。")


@bp.post("/claims/<int:claim_id>/decision")
def decide(claim_id: int) -> AnyResponse:
    """Approve or refuse."""
    done = _APPROVED if request.form.get("approve") == "1" else _REFUSED
    return _claim_step(claim_id, c.Decide, service.decide, done)


@bp.post("/claims/<int:claim_id>/code")
def reissue_code(claim_id: int) -> AnyResponse:
    """A new pick-up code, after one was used in vain."""

    def do(actor: Actor, claim_id: int, _command: c.Command) -> object:
        return service.reissue_code(actor, claim_id)

    return _claim_step(claim_id, c.Command, do, _REISSUED)


def _claim_step(
    claim_id: int, kind: type[C], do: Callable[[Actor, int, C], object], done: LazyString
) -> AnyResponse:
    current_actor().require(P.LOSTFOUND_CLAIM_DECIDE)
    no = queries.claim(current_actor(), claim_id).item.no
    to = url_for("desk.claims_of", no=no)
    return _attempt(
        kind,
        lambda actor, sent: do(actor, claim_id, sent),
        lambda wrong: _claims_of(no, claim_id, wrong),
        to,
        done,
    )


# --- returns -----------------------------------------------------------------------------------------------------


@bp.get("/returns")
def returns() -> Response:
    """Enter a code; see who comes when."""
    return _returns()


def _returns(wrong: DomainError | None = None) -> Response:
    going, waiting = desk_claims.to_collect(current_actor())
    return _page("returns", "returns", wrong, going=going, waiting=waiting)


@bp.post("/returns")
@limiter.limit(CODES)
def open_pickup() -> AnyResponse:
    """Somebody shows a pick-up code."""
    try:
        command = parse_form(c.EnterCode)
        with transaction():
            pickup_id = service.open_pickup(current_actor(), command).id
    except (Invalid, Conflict) as wrong:
        return _returns(wrong)
    return redirect(url_for("desk.pickup", pickup_id=pickup_id))


@bp.get("/returns/<int:pickup_id>")
def pickup(pickup_id: int) -> Response:
    """The five steps."""
    return _pickup(pickup_id)


def _pickup(pickup_id: int, wrong: DomainError | None = None) -> Response:
    return _page(
        "returns",
        "pickup",
        wrong,
        page=desk_claims.handing_out(current_actor(), pickup_id),
        where=desk_claims.where_to_wait,
        id_types=[(kind.value, str(name)) for kind, name in c.ID_TYPE_LABELS.items()],
        abort_reasons=desk_claims.ABORT_REASONS,
    )


def _pickup_step(pickup_id: int, kind: type[C], do: Callable[[Actor, int, C], object]) -> AnyResponse:
    to = url_for("desk.pickup", pickup_id=pickup_id)
    return _attempt(
        kind, lambda actor, sent: do(actor, pickup_id, sent), lambda wrong: _pickup(pickup_id, wrong), to
    )


@bp.get("/returns/<int:pickup_id>/state")
def pickup_state(pickup_id: int) -> Response:
    """Whether the step has changed since the page was made (htmx asks every three seconds)."""
    page = desk_claims.handing_out(current_actor(), pickup_id)
    if page.stage == request.args.get("seen"):
        return Response(status=204)
    return Response(headers={"HX-Redirect": url_for("desk.pickup", pickup_id=pickup_id)})


@bp.post("/returns/<int:pickup_id>/identity")
def identity(pickup_id: int) -> AnyResponse:
    """A document was looked at."""
    return _pickup_step(pickup_id, c.CheckIdentity, service.check_identity)


@bp.post("/returns/<int:pickup_id>/counter")
def counter(pickup_id: int) -> AnyResponse:
    """The recipient types his name here, without a phone."""
    return _pickup_step(pickup_id, c.ConfirmAtCounter, service.confirm_at_counter)


@bp.post("/returns/<int:pickup_id>/confirm")
def confirm(pickup_id: int) -> AnyResponse:
    """The security officer confirms: once per item."""

    def do(actor: Actor, pickup_id: int, _command: c.Command) -> object:
        return service.confirm_return(actor, pickup_id)

    return _pickup_step(pickup_id, c.Command, do)


@bp.post("/returns/<int:pickup_id>/abort")
def abort(pickup_id: int) -> AnyResponse:
    """The person or the document does not match."""
    return _pickup_step(pickup_id, c.Abort, service.abort_pickup)
