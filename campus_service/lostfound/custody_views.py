"""Pages of custody: what needs attention, what is on its way, what is inside a thing."""

from __future__ import annotations

from flask import Blueprint, Response, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.actor import Actor
from campus_service.core.errors import DomainError
from campus_service.core.http import current_actor
from campus_service.core.i18n import lazy
from campus_service.lostfound import commands_custody as c
from campus_service.lostfound import custody_pages, service
from campus_service.lostfound.commands import Command
from campus_service.lostfound.desk_page import attempt, chosen, page, staff_only
from campus_service.lostfound.desk_views import item_step, shelf_page
from campus_service.lostfound.service import contents, differences

bp = Blueprint("watch", __name__, url_prefix="/desk")
bp.before_request(staff_only)


@bp.get("/watch")
def index() -> Response:
    """What needs somebody: overdue, never logged, not agreeing, due."""
    return _index()


def _index(wrong: DomainError | None = None, tried: int = 0) -> Response:
    return page(
        "watch", "watch", wrong, sections=custody_pages.watch(current_actor()), tried=tried, view="watch"
    )


@bp.post("/differences/<int:difference_id>")
def settle(difference_id: int) -> AnyResponse:
    """A difference is cleared up."""
    return attempt(
        c.Settle,
        lambda actor, sent: differences.settle(actor, difference_id, sent),
        lambda wrong: _index(wrong, difference_id),
        url_for("watch.index"),
        lazy("记下了，这条差异结束了。"),
    )


# --- on the way ----------------------------------------------------------------------------------------------------


@bp.get("/arriving")
def arriving() -> Response:
    """What other desks sent here."""
    return _arriving()


def _arriving(wrong: DomainError | None = None) -> Response:
    everywhere = "all" in request.args
    legs = custody_pages.on_the_way(current_actor(), "" if everywhere else chosen().code)
    return page("watch", "arriving", wrong, legs=legs, everywhere=everywhere, view="arriving")


@bp.post("/arriving")
def receive() -> AnyResponse:
    """Sign for what was chosen, or for the tag that was scanned."""
    return attempt(
        c.ArrivedMany,
        service.receive_many,
        _arriving,
        url_for("watch.arriving"),
        lazy("签收好了，两边都登记了。"),
    )


@bp.post("/send")
def send() -> AnyResponse:
    """Several things from the shelf leave for another desk."""
    return attempt(c.Send, service.send, shelf_page, url_for("desk.shelf"), lazy("送出了，签收前算转运中。"))


@bp.post("/items/<no>/refuse")
def refuse(no: str) -> AnyResponse:
    """It did not come, or is not what was sent."""
    return item_step(no, "refuse", c.Refuse, service.refuse, lazy("记下了，两边的值班员都会收到通知。"))


@bp.post("/items/<no>/take-back")
def take_back(no: str) -> AnyResponse:
    """It never left, or came back."""

    def do(actor: Actor, no: str, _sent: Command) -> object:
        return service.take_back(actor, no)

    return item_step(no, "take_back", Command, do, lazy("收回了，请放到架位。"))


# --- what is inside ------------------------------------------------------------------------------------------------


@bp.post("/items/<no>/contents")
def put_content(no: str) -> AnyResponse:
    """One more line."""
    return item_step(no, "contents", c.PutContent, contents.put, lazy("记下了，按最严的一条保管。"))


@bp.post("/items/<no>/contents/<int:line>")
def change_content(no: str, line: int) -> AnyResponse:
    """A line was wrong."""

    def do(actor: Actor, no: str, sent: c.PutContent) -> object:
        return contents.put(actor, no, sent, line)

    return item_step(no, f"line{line}", c.PutContent, do, lazy("改好了，按最严的一条保管。"))


@bp.post("/items/<no>/contents/<int:line>/remove")
def remove_content(no: str, line: int) -> AnyResponse:
    """A line is taken off."""

    def do(actor: Actor, no: str, _sent: Command) -> object:
        return contents.remove(actor, no, line)

    return item_step(no, "contents", Command, do, lazy("去掉了，按最严的一条保管。"))


@bp.post("/items/<no>/contents/<int:line>/cash")
def count_cash(no: str, line: int) -> AnyResponse:
    """The second person counted the cash."""

    def do(actor: Actor, no: str, sent: c.CountCash) -> object:
        return contents.count_cash(actor, no, line, sent)

    return item_step(no, f"cash{line}", c.CountCash, do, lazy("两个人都点过了，数目一致。"))
