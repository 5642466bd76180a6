"""/newsroom: the articles by where they stand, a new one, and what can be done with one beside writing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as AnyResponse

from campus_service.bulletin import desk_queries, newsdesk, service
from campus_service.bulletin.commands import Schedule, StartArticle
from campus_service.bulletin.desk_queries import PAGE, Shelf
from campus_service.bulletin.models import Article
from campus_service.bulletin.states import Section
from campus_service.core.actor import Actor
from campus_service.core.clock import now, to_local
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Invalid
from campus_service.core.http import current_actor, decode_moment, encode_cursor, parse_form
from campus_service.core.i18n import LazyString, lazy
from campus_service.core.page import fmt_when
from campus_service.core.permissions import Permission as P
from campus_service.jobs.heartbeat import heartbeat

bp = Blueprint("newsroom", __name__, url_prefix="/newsroom")


@bp.before_request
def _newsroom_only() -> None:
    current_actor().require(P.BULLETIN_ARTICLE_WRITE)


def page(key: str, template: str, wrong: DomainError | None = None, **context: Any) -> Response:
    """A page of the newsroom; ``wrong`` is why the last step was not done."""
    html = render_template(
        f"newsroom/{template}.html",
        desk_key=key,
        typed=request.form,
        errors=wrong.fields if isinstance(wrong, Invalid) else {},
        changed=str(wrong.message) if isinstance(wrong, Conflict) else "",
        request_key=uuid4().hex,
        sections=[(section.value, section.label) for section in Section],
        **context,
    )
    return make_response(html, wrong.status if wrong else 200)


def chosen_time() -> Schedule:
    """The time a form asks for; "now" must be said, an empty field does not publish. Raises Invalid."""
    if request.form.get("when") == "now":
        return Schedule()
    command = parse_form(Schedule)
    if command.at is None:
        raise Invalid({"at": lazy("请写上几点；想马上发布，用旁边的按钮。")})
    return command


def earliest() -> str:
    """Now in Beijing as a date-time field writes it."""
    return f"{to_local(now()):%Y-%m-%dT%H:%M}"


# --- the desk ---------------------------------------------------------------------------------------------------


@bp.get("")
def index() -> Response:
    """A shelf of articles (``?shelf=``), what is asked of the reader, and the form for a new article."""
    return _desk()


def _desk(wrong: DomainError | None = None) -> Response:
    actor, asked = current_actor(), request.args.get("shelf", "")
    shelf = Shelf(asked) if asked in list(Shelf) else Shelf.WORK
    words = request.args.get("q", "").replace("\0", "").strip()[:60]
    rows = desk_queries.articles(actor, shelf, words, decode_moment(request.args.get("before", "")))
    counted = desk_queries.counts(actor)
    return page(
        "articles",
        "desk",
        wrong,
        desk_counts={"articles": counted[Shelf.WORK]},
        shelf=shelf,
        shelves=[(each, counted[each]) for each in _shelves(actor)],
        words=words,
        lines=newsdesk.lines(actor, rows[:PAGE]),
        next=_cursor(rows[PAGE - 1]) if len(rows) > PAGE else "",
        later="before" in request.args,
        asked=newsdesk.asked(actor),
        review="/review" if _has_review_pages() else "",
    )


def _has_review_pages() -> bool:
    rules = current_app.url_map.iter_rules()
    return any(rule.rule == "/newsroom/articles/<int:article_id>/review" for rule in rules)


def _shelves(actor: Actor) -> list[Shelf]:
    """All of a writer's articles are his own: one shelf less."""
    return [each for each in Shelf if each is not Shelf.MINE or actor.can(P.BULLETIN_ARTICLE_EDIT)]


def _cursor(row: desk_queries.DeskRow) -> str:
    return encode_cursor(row.article.updated_at.isoformat(), row.article.id)


@bp.post("")
def start() -> AnyResponse:
    """Begin an article and open it."""
    try:
        command = parse_form(StartArticle)
        with transaction():
            id = service.start_article(current_actor(), command).id
    except Invalid as wrong:
        return _desk(wrong)
    return redirect(newsdesk.article_url(id), 303)


# --- one of them ------------------------------------------------------------------------------------------------


@bp.get("/articles/<int:article_id>/desk")
def article(article_id: int) -> Response:
    """Where one article stands and what can be done with it: online ahead of its issue, set aside, taken up again."""
    return _article(article_id)


def _article(article_id: int, wrong: DomainError | None = None) -> Response:
    actor = current_actor()
    seen = newsdesk.lines(actor, [desk_queries.desk_row(actor, article_id)])[0]
    return page("articles", "article", wrong, seen=seen, worker=heartbeat(), earliest=earliest())


def _step(article_id: int, do: Callable[[Actor], Article], done: LazyString) -> AnyResponse:
    """Do it and come back to the article; a mistake is shown there."""
    try:
        with transaction():
            do(current_actor())
    except (Invalid, Conflict) as wrong:
        return _article(article_id, wrong)
    flash(str(done), "success")
    return redirect(url_for("newsroom.article", article_id=article_id), 303)


@bp.post("/articles/<int:article_id>/online")
def put_online(article_id: int) -> AnyResponse:
    """Let readers have it ahead of its issue, now or at a Beijing time."""
    try:
        command = chosen_time()
    except Invalid as wrong:
        return _article(article_id, wrong)
    done = lazy("上线了，读者现在可以看到。")
    if command.at:
        done = lazy("定好了：北京时间 %(when)s 上线。", when=fmt_when(command.at))
    return _step(article_id, lambda actor: service.put_online(actor, article_id, command), done)


@bp.post("/articles/<int:article_id>/offline")
def keep_offline(article_id: int) -> AnyResponse:
    """Stop its clock."""
    done = lazy("定时取消了，文章会跟着它那一期出来。")
    return _step(article_id, lambda actor: service.keep_offline(actor, article_id), done)


@bp.post("/articles/<int:article_id>/drop")
def drop(article_id: int) -> AnyResponse:
    """Set it aside."""
    done = lazy("收起来了，在“不用了”里还找得到。")
    return _step(article_id, lambda actor: service.drop(actor, article_id), done)


@bp.post("/articles/<int:article_id>/reopen")
def reopen(article_id: int) -> AnyResponse:
    """Back to draft: what was approved, or set aside."""
    done = lazy("回到草稿了，可以接着改；改好要重新审。")
    return _step(article_id, lambda actor: service.reopen(actor, article_id), done)
