"""Writing: drafts, revisions, the pen, pictures. Whatever was typed is kept, whoever else was writing meanwhile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from campus_service.bulletin import merging, policy, queries
from campus_service.bulletin.commands import (
    AddImage,
    DescribeImage,
    SaveArticle,
    SetCover,
    StartArticle,
)
from campus_service.bulletin.models import Article, ArticleImage, Revision
from campus_service.bulletin.service import record
from campus_service.bulletin.states import ArticleState, Origin, Section
from campus_service.bulletin.texts import ArticleText, writable
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from campus_service.core.i18n import lazy
from campus_service.core.once import once
from campus_service.core.permissions import Permission as P
from campus_service.media import service as media
from campus_service.media.models import Photo

IMAGE_OWNER = "article_image"
# Who has not saved or said "I am here" for so long has put the pen down.
PEN_FOR = timedelta(seconds=45)


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of a text that was sent.

    ``number``: its revision. ``text``: the newest text now, where it differs from what was sent. ``conflicts``: the
    fields that somebody else had changed differently; then ``number`` lies aside and the newest text is unchanged.
    ``late``: the article could not be changed any more, so the text lies aside.
    """

    number: int
    newest: int
    text: ArticleText | None = None
    conflicts: tuple[str, ...] = ()
    late: bool = False


@dataclass(frozen=True, slots=True)
class Pen:
    """Who is writing now; ``mine``: this very window."""

    mine: bool
    name: str
    until: datetime | None


def start_article(actor: Actor, command: StartArticle) -> Article:
    """Begin an article; the same form sent twice begins one. Needs bulletin:article:write."""
    actor.require(P.BULLETIN_ARTICLE_WRITE)
    made = once(actor, "article", command.request_key, lambda: str(_new(actor, command).id))
    return db.session.get_one(Article, int(made))


def _new(actor: Actor, command: StartArticle) -> Article:
    moment = now()
    article = Article(
        state=ArticleState.DRAFT,
        section=command.section,
        title=command.title,
        byline=actor.name[:40] if actor.signed_in else "",
        lede="",
        body="",
        revision=0,
        writer_id=actor.id,
        created_at=moment,
        updated_at=moment,
    )
    db.session.add(article)
    db.session.flush()
    record.note(actor, article, "started", section=command.section.value)
    return article


def save(actor: Actor, article_id: int, command: SaveArticle) -> Saved:
    """Keep what somebody typed.

    It becomes the newest text; if another person saved meanwhile, the two are joined line by line; where both
    changed the same lines, or the article went to review meanwhile, it is kept aside as a revision of its own.
    Raises SignInNeeded, Forbidden or NotFound for one who may not read the article.
    """
    article = _locked(actor, article_id)
    text, newest = command.text, article.text
    _hold_on(actor, article, command.window)
    if text == newest:
        return Saved(article.revision, article.revision)
    if not policy.can_edit(actor, article, queries.assigned(actor, article.id)):
        return Saved(_aside(actor, article, command), article.revision, newest, late=True)
    origin = Origin.SAVED if command.by_hand else Origin.AUTOSAVE
    if command.base == article.revision:
        number = _keep(actor, article, text, command.base, origin)
        return Saved(number, number)
    joined = merging.merge(_base(article, command.base), newest, text)
    if joined.conflicts:
        return Saved(_aside(actor, article, command), article.revision, newest, joined.conflicts)
    if joined.text == newest:
        return Saved(article.revision, article.revision, newest)
    number = _keep(actor, article, joined.text, command.base, Origin.MERGED)
    return Saved(number, number, joined.text)


def _locked(actor: Actor, article_id: int) -> Article:
    """The article, ours until the commit: two savers come one after the other."""
    article = queries.article(actor, article_id)
    db.session.refresh(article, with_for_update=True)
    return article


def _base(article: Article, number: int) -> ArticleText:
    """The text a window began with, or the nearest before it that is still kept; before the first, an empty one."""
    row = queries.revision_up_to(article.id, number)
    return row.text if row else ArticleText(article.section.value, article.title, "", article.byline, "")


def _keep(actor: Actor, article: Article, text: ArticleText, base: int, origin: Origin) -> int:
    article.take(text)
    article.revision = _write(actor, article, text, base, origin)
    article.updated_at = now()
    db.session.flush()
    return article.revision


def _aside(actor: Actor, article: Article, command: SaveArticle) -> int:
    """Keep a text beside the newest one; the same one is not kept again and again."""
    last = queries.revisions(article.id, limit=20)
    for row, _name in last:
        if row.origin is Origin.ASIDE and row.by_id == actor.id and row.text == command.text:
            return row.number
    return _write(actor, article, command.text, command.base, Origin.ASIDE)


def _write(actor: Actor, article: Article, text: ArticleText, base: int, origin: Origin) -> int:
    number = queries.last_number(article.id) + 1
    row = Revision(
        article_id=article.id,
        number=number,
        base=base,
        origin=origin,
        section=Section(text.section),
        title=text.title,
        lede=text.lede,
        byline=text.byline,
        body=text.body,
        event=text.event.plain() if text.event else None,
        by_id=actor.id,
        at=now(),
    )
    db.session.add(row)
    db.session.flush()
    return number


def import_text(actor: Actor, article_id: int, body: str) -> Saved:
    """Put the text of a file in place of the body; the one before stays among the revisions."""
    article = _locked(actor, article_id)
    _require_edit(actor, article)
    text = replace(article.text, body=writable(body))
    number = _keep(actor, article, text, article.revision, Origin.IMPORTED)
    return Saved(number, number)


def restore(actor: Actor, article_id: int, number: int) -> Saved:
    """Make an old revision the newest text; what stood there stays among the revisions."""
    article = _locked(actor, article_id)
    _require_edit(actor, article)
    text = queries.revision(article_id, number).text
    if text == article.text:
        return Saved(article.revision, article.revision)
    kept = _keep(actor, article, text, article.revision, Origin.RESTORED)
    record.note(actor, article, "restored", revision=number)
    return Saved(kept, kept)


# --- the pen ----------------------------------------------------------------------------------------------------


def take_pen(actor: Actor, article_id: int, window: str, *, anyway: bool = False) -> Pen:
    """Say "I am writing", in this window; who does so ``anyway`` takes the pen from another.

    Holding it is a courtesy, not a lock: texts of others are joined or kept aside (``save``).
    """
    article = queries.article(actor, article_id)
    if anyway or _free(article) or (article.pen_id == actor.id and article.pen_window == window):
        article.pen_id, article.pen_window, article.pen_until = actor.id, window, now() + PEN_FOR
        db.session.flush()
    return pen(actor, article, window)


def lay_down_pen(actor: Actor, article_id: int, window: str) -> None:
    """Leave the editor; a pen that another holds by now stays with him."""
    article = queries.article(actor, article_id)
    if article.pen_id == actor.id and article.pen_window == window:
        article.pen_until = None


def pen(actor: Actor, article: Article, window: str = "") -> Pen:
    """Who is writing now."""
    if _free(article) or article.pen_id is None:
        return Pen(False, "", None)
    mine = article.pen_id == actor.id and article.pen_window == window
    return Pen(mine, queries.names({article.pen_id}).get(article.pen_id, ""), article.pen_until)


def _free(article: Article) -> bool:
    return article.pen_until is None or article.pen_until < now()


def _hold_on(actor: Actor, article: Article, window: str) -> None:
    if window and (_free(article) or (article.pen_id == actor.id and article.pen_window == window)):
        article.pen_id, article.pen_window, article.pen_until = actor.id, window, now() + PEN_FOR


# --- pictures ---------------------------------------------------------------------------------------------------


def add_image(actor: Actor, article_id: int, command: AddImage) -> ArticleImage:
    """Make one of the actor's stored photos a picture of the article; readers see it with the article only."""
    article = _locked(actor, article_id)
    _require_edit(actor, article)
    return keep_picture(actor, article.id, media.find(command.photo), command.alt)


def keep_picture(actor: Actor, article_id: int, photo: Photo, alt: str) -> ArticleImage:
    """Let a stored photo of the actor's belong to an article, private until it is published."""
    image = ArticleImage(
        article_id=article_id,
        photo_key=photo.key,
        width=photo.w2048,
        height=photo.h2048,
        alt=alt,
        focal_x=50,
        focal_y=50,
    )
    db.session.add(image)
    db.session.flush()
    media.attach(actor, [photo.key], IMAGE_OWNER, image.id, private=True)
    return image


def describe_image(actor: Actor, article_id: int, image_id: int, command: DescribeImage) -> ArticleImage:
    """Say what a picture shows, and which point of it every crop must keep."""
    _require_edit(actor, _locked(actor, article_id))
    image = _image(article_id, image_id)
    image.alt, image.focal_x, image.focal_y = command.alt, command.focal_x, command.focal_y
    db.session.flush()
    return image


def set_cover(actor: Actor, article_id: int, command: SetCover) -> Article:
    """Choose the picture above the article, or none."""
    article = _locked(actor, article_id)
    _require_edit(actor, article)
    article.cover_id = _image(article_id, command.image).id if command.image else None
    article.updated_at = now()
    return article


def _image(article_id: int, image_id: int) -> ArticleImage:
    image = db.session.get(ArticleImage, image_id)
    if image is None or image.article_id != article_id:
        raise NotFound(lazy("这张图片不在这篇文章里。"))
    return image


def _require_edit(actor: Actor, article: Article) -> None:
    if not policy.can_edit(actor, article, queries.assigned(actor, article.id)):
        raise Conflict(
            lazy("文章现在是“%(state)s”，不能改。要改的话，先把它退回草稿。", state=article.state.label)
        )


def drop(actor: Actor, article_id: int) -> Article:
    """Set an article aside that nobody will print; it can be taken up again."""
    article = queries.article(actor, article_id)
    if not policy.can_drop(actor, article):
        raise Forbidden()
    if queries.slot_of(article.id):
        raise Invalid({"article": lazy("它还排在一期里，先从那一期拿下来。")})
    article.state = ArticleState.DROPPED
    record.note(actor, article, "dropped")
    return article
