"""Review: submitted, commented paragraph by paragraph, sent back or approved by another person than wrote it."""

from __future__ import annotations

from campus_service.bulletin import commands, notices, policy, queries, rendering
from campus_service.bulletin.commands import Approve, RequestChanges
from campus_service.bulletin.models import Article, ArticleImage, Comment
from campus_service.bulletin.service import record
from campus_service.bulletin.states import ARTICLE, ArticleState, IssueState
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound, Text
from campus_service.core.i18n import lazy
from campus_service.core.once import once
from campus_service.core.permissions import Permission as P


def submit(actor: Actor, article_id: int) -> Article:
    """Give an article to the reviewers.

    Raises Invalid naming what a reader would miss: text, lede, a picture's words, an event's place; Conflict when it
    is not a draft.
    """
    article = queries.article(actor, article_id)
    ARTICLE.check(article.state, ArticleState.SUBMITTED)
    if not policy.can_edit(actor, article, queries.assigned(actor, article.id)):
        raise Forbidden()
    missing = missing_in(article, queries.images(article.id))
    if missing:
        raise Invalid(missing)
    article.state, article.submitted_at, article.review_note = ArticleState.SUBMITTED, now(), ""
    article.pen_until = None
    record.note(actor, article, "submitted", hash=article.text.hash)
    reviewers = set(queries.people_who(P.BULLETIN_ARTICLE_REVIEW)) - queries.authors(article.id) - {actor.id}
    notices.tell_about_article(sorted(reviewers), "submitted", article, who=actor.name)
    return article


def missing_in(article: Article, images: dict[int, ArticleImage]) -> dict[str, Text]:
    """What keeps an article from review, by field."""
    missing: dict[str, Text] = {}
    if not article.body.strip():
        missing["body"] = lazy("正文还是空的。")
    if not article.lede.strip():
        missing["lede"] = lazy("还没有导语：列表、邮件和分享卡片上都靠它。")
    used = {*rendering.images_in(article.body), *filter(None, [article.cover_id])}
    silent = [image for id, image in images.items() if id in used and not image.alt.strip()]
    if silent:
        missing["images"] = lazy("有 %(n)s 张图片没有文字说明，看不见图的读者不知道是什么。", n=len(silent))
    if used - set(images):
        missing["images"] = lazy("正文里有一张图片不在这篇文章里，请重新插入。")
    if article.text.event and not article.text.event.place:
        missing["place"] = lazy("活动没有写地点。")
    return missing


def take_back(actor: Actor, article_id: int) -> Article:
    """Back to draft before anybody has decided."""
    article = queries.article(actor, article_id)
    if not policy.can_take_back(actor, article, queries.assigned(actor, article.id)):
        raise Conflict(lazy("已经有人审过了，请刷新后再看。"))
    article.state = ArticleState.DRAFT
    record.note(actor, article, "taken_back")
    return article


def comment(actor: Actor, article_id: int, command: commands.Comment) -> Comment:
    """Say something about one paragraph; everybody who may read the article in the newsroom can.

    The same form sent twice says it once.
    """
    article = queries.article(actor, article_id)
    scope = f"comment-{article.id}"
    made = once(actor, scope, command.request_key, lambda: str(_new_comment(actor, article, command).id))
    return db.session.get_one(Comment, int(made))


def _new_comment(actor: Actor, article: Article, command: commands.Comment) -> Comment:
    row = Comment(
        article_id=article.id,
        revision=article.revision,
        paragraph=command.paragraph,
        quote=command.quote,
        body=command.body,
        by_id=actor.person_id(),
        at=now(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def settle(actor: Actor, article_id: int, comment_id: int) -> Comment:
    """A comment is dealt with; settling it again opens it."""
    queries.article(actor, article_id)
    row = db.session.get(Comment, comment_id)
    if row is None or row.article_id != article_id:
        raise NotFound(lazy("没有这条批注。"))
    row.settled_at, row.settled_by = (None, None) if row.settled_at else (now(), actor.id)
    return row


def approve(actor: Actor, article_id: int, command: Approve) -> Article:
    """Approve just the text that was read: nobody approves what he wrote any of (domain.md §3).

    Raises Conflict when the text is another one by now, Forbidden for its authors.
    """
    article = _to_review(actor, article_id)
    if command.hash != article.text.hash:
        raise Conflict(lazy("你看过之后文字又变了，请再看一遍。"))
    article.state, article.approved_at, article.reviewed_by = ArticleState.APPROVED, now(), actor.id
    article.approved_hash, article.review_note = command.hash, ""
    record.note(actor, article, "approved", hash=command.hash, revision=article.revision)
    _tell_writers(actor, article, "approved")
    return article


def request_changes(actor: Actor, article_id: int, command: RequestChanges) -> Article:
    """Send an article back to its writer with what has to change."""
    article = _to_review(actor, article_id)
    article.state, article.review_note = ArticleState.CHANGES_REQUESTED, command.reason
    article.reviewed_by = actor.id
    record.note(actor, article, "changes_requested", revision=article.revision)
    _tell_writers(actor, article, "changes")
    return article


def _to_review(actor: Actor, article_id: int) -> Article:
    article = queries.article(actor, article_id)
    actor.require(P.BULLETIN_ARTICLE_REVIEW)
    if article.state is not ArticleState.SUBMITTED:
        raise Conflict(lazy("文章现在是“%(state)s”，不在审稿。", state=article.state.label))
    if not policy.can_review(actor, article, queries.authors(article.id)):
        raise Forbidden(lazy("你写过这篇文章，要请另一位编辑来审。"))
    return article


def _tell_writers(actor: Actor, article: Article, kind: str) -> None:
    people = queries.authors(article.id)
    if article.writer_id is not None:
        people.add(article.writer_id)
    notices.tell_about_article(sorted(people - {actor.id}), kind, article, who=actor.name)


def reopen(actor: Actor, article_id: int) -> Article:
    """Back to draft: the approval is gone, whoever changes the text must have it approved again.

    Raises Conflict when a chief editor has the issue it stands in, or has signed it.
    """
    article = queries.article(actor, article_id)
    if not policy.can_reopen(actor, article):
        raise Conflict(lazy("文章现在是“%(state)s”，不能退回草稿。", state=article.state.label))
    slot = queries.slot_of(article.id)
    if slot and queries.issue(actor, slot.issue_id).state is not IssueState.PLANNING:
        raise Conflict(lazy("它所在的一期已经送签，先把那一期退回策划。"))
    article.state, article.approved_at, article.approved_hash = ArticleState.DRAFT, None, None
    article.online_at, article.reviewed_by = None, None
    record.note(actor, article, "reopened")
    return article
