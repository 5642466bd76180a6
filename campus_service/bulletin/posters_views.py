"""/newsroom/posters: choosing, checking and taking posters and the long picture; /compass/poster/<n>.pdf for everybody."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, Response, request

from campus_service.bulletin import desk_queries, longpicture, newsdesk, poster_queries, posters, queries
from campus_service.bulletin.models import Issue
from campus_service.bulletin.newsroom_views import page
from campus_service.bulletin.posters import Poster, Sheet
from campus_service.core.errors import NotFound
from campus_service.core.http import current_actor
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.core.ratelimit import limiter

bp = Blueprint("posters", __name__)
PUBLIC = {"posters.public"}
PER_READER = "30 per minute"


@bp.before_request
def _newsroom_only() -> None:
    if request.endpoint not in PUBLIC:
        current_actor().require(P.BULLETIN_BOARD_MANAGE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which poster the address asks for; what it does not know is the first choice."""

    template: str
    paper: str
    board: str

    @classmethod
    def asked(cls) -> Wanted:
        """From the address; raises NotFound for a board that there is not."""
        template, paper = request.args.get("template", ""), request.args.get("paper", "")
        board = request.args.get("board", "")
        return cls(
            template if template in posters.CHOICES else "cover",
            paper if paper in posters.PAPERS else "a3",
            poster_queries.board(board).code if board else "",
        )

    def of(self, issue: Issue) -> Poster:
        """The poster of an issue."""
        return posters.poster(_sheet(issue, self.board), self.template, self.paper)


def _sheet(issue: Issue, board: str = "") -> Sheet:
    sheet = posters.sheet(issue, board)
    if not sheet.items:
        raise NotFound(lazy("这一期还没有文章，排不成海报。"))
    return sheet


def _file(data: bytes, mimetype: str, name: str = "") -> Response:
    response = Response(data, mimetype=mimetype)
    response.headers["Cache-Control"] = "private, no-cache"
    if name:
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# --- the newsroom -----------------------------------------------------------------------------------------------


@bp.get("/newsroom/posters")
def index() -> Response:
    """The issues whose posters can be seen: in work, and out."""
    planned = [each for each in newsdesk.in_work() if each.filling.filled]
    return page(
        "posters",
        "posters",
        in_work=planned,
        out=desk_queries.published(),
        boards=poster_queries.boards(active=True),
    )


@bp.get("/newsroom/posters/<int:issue_id>")
def show(issue_id: int) -> Response:
    """One issue's poster as it would be printed, what the preflight found, and the files to take away."""
    issue, wanted = queries.issue(current_actor(), issue_id), Wanted.asked()
    return page(
        "posters",
        "posters_issue",
        issue=issue,
        wanted=wanted,
        poster=wanted.of(issue),
        templates=posters.CHOICES.values(),
        boards=poster_queries.boards(active=True),
        scans=poster_queries.scans_of_issue(issue.id),
    )


@bp.get("/newsroom/posters/<int:issue_id>/preview.png")
def preview(issue_id: int) -> Response:
    """The sheet as a picture."""
    made = Wanted.asked().of(queries.issue(current_actor(), issue_id))
    return _file(made.png, "image/png")


@bp.get("/newsroom/posters/<int:issue_id>/poster.pdf")
def pdf(issue_id: int) -> Response:
    """The file for the printer; a poster that the preflight refuses is not given, with its words."""
    issue, wanted = queries.issue(current_actor(), issue_id), Wanted.asked()
    made = wanted.of(issue)
    made.check()
    parts = [f"compass-{issue.number or f'sample-{issue.id}'}", wanted.template, wanted.paper, wanted.board]
    return _file(made.pdf, "application/pdf", "-".join(filter(None, parts)) + ".pdf")


@bp.get("/newsroom/posters/<int:issue_id>/long.png")
def long_picture(issue_id: int) -> Response:
    """The issue as one tall picture for group chats."""
    issue = queries.issue(current_actor(), issue_id)
    made = longpicture.draw(_sheet(issue))
    made.check()
    return _file(made.png, "image/png", f"compass-{issue.number or f'sample-{issue.id}'}.png")


# --- everybody --------------------------------------------------------------------------------------------------


@bp.get("/compass/poster/<int:number>.pdf")
@limiter.limit(PER_READER)
def public(number: int) -> Response:
    """The poster of a published issue; one that is not fit for print is not there."""
    made = Wanted.asked().of(poster_queries.issue_out(number))
    if not made.sound:
        raise NotFound(lazy("这一期没有可以下载的海报，请直接看网页。"))
    response = Response(made.pdf, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="compass-{number}.pdf"'
    response.set_etag(made.key)
    response.make_conditional(request)
    return response
