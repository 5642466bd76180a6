"""What a reviewer has before him: the text as readers will get it, with the words beside each paragraph; corrections."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from campus_service.bulletin import desk_queries, editing, newsdesk, policy, projection, queries, rendering
from campus_service.bulletin.commands import Correct
from campus_service.bulletin.editing import Difference
from campus_service.bulletin.models import Article, Comment, Correction, Event, Publication
from campus_service.bulletin.states import PUBLISHED, ArticleState, IssueState
from campus_service.bulletin.texts import ArticleText
from campus_service.core.actor import Actor
from campus_service.core.errors import Conflict, Text
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P

QUOTE = 60
# Words that were changed in part are still the same paragraph; below that the comment stands apart.
ALIKE = 0.6


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment with who made and who settled it."""

    row: Comment
    name: str
    settler: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A paragraph as readers get it, how it begins, and what was said about it; the footnotes have no number."""

    number: int | None
    html: str
    quote: str
    remarks: list[Remark]


@dataclass(frozen=True, slots=True)
class Proof:
    """An article in review as ``actor`` sees it."""

    article: Article
    look: tuple[str, str]
    pieces: list[Piece]
    # Comments whose paragraph is gone.
    apart: list[Remark]
    unsettled: int
    # What changed since a reviewer decided last.
    since: Difference | None
    can_review: bool
    why_not: Text | None
    can_reopen: bool
    can_correct: bool
    reviewer: str


def proof(actor: Actor, article: Article) -> Proof:
    """The article for its reviewer, or for those who wrote it."""
    authors = queries.authors(article.id)
    can_review = policy.can_review(actor, article, authors)
    shown = _shown(article)
    remarks = _remarks(article.id)
    placed = {
        remark.row.id: place(remark.row, [piece.quote for piece in shown if piece.number is not None])
        for remark in remarks
    }
    for piece in shown:
        if piece.number is not None:
            piece.remarks.extend(each for each in remarks if placed[each.row.id] == piece.number)
    reviewer = article.reviewed_by if article.approved_hash else None
    return Proof(
        article,
        newsdesk.ARTICLE_LOOKS[article.state],
        [replace(piece, quote=piece.quote[:QUOTE]) for piece in shown],
        [each for each in remarks if placed[each.row.id] is None],
        sum(each.row.settled_at is None for each in remarks),
        _since(article),
        can_review,
        None if can_review else _why_not(actor, article),
        policy.can_reopen(actor, article) and _free(actor, article),
        policy.can_correct(actor, article),
        queries.names({reviewer}).get(reviewer, "") if reviewer else "",
    )


def _shown(article: Article) -> list[Piece]:
    sources = rendering.paragraphs(article.body)
    blocks = rendering.blocks(article.body, projection.pictures(queries.images(article.id)))
    words = [" ".join(rendering.plain(source).split()) for source in sources]
    return [
        Piece(each.number, each.html, words[each.number] if each.number is not None else "", [])
        for each in blocks
    ]


def _remarks(article_id: int) -> list[Remark]:
    rows = queries.comments(article_id)
    names = queries.names({row.settled_by for row, _name in rows if row.settled_by})
    return [Remark(row, name, names.get(row.settled_by or 0, "")) for row, name in rows]


def place(comment: Comment, words: Sequence[str]) -> int | None:
    """The paragraph that a comment is about, found again by its beginning; None when it is gone.

    ``words``: the paragraphs' words now. Of several the nearest to where it stood is taken.
    """
    quote = " ".join(comment.quote.split())
    near = sorted(range(len(words)), key=lambda n: (abs(n - comment.paragraph), n))
    if not quote:
        return comment.paragraph if comment.paragraph < len(words) else None
    for n in near:
        if words[n].startswith(quote):
            return n
    for n in near:
        if quote in words[n]:
            return n
    alike = {n: SequenceMatcher(None, quote, words[n][: len(quote)], autojunk=False).ratio() for n in near}
    best = max(near, key=lambda n: alike[n], default=None)
    return best if best is not None and alike[best] >= ALIKE else None


def _since(article: Article) -> Difference | None:
    seen = desk_queries.last_reviewed(article.id)
    if seen is None or seen == article.revision:
        return None
    return editing.difference(article.id, seen, article.revision)


def _why_not(actor: Actor, article: Article) -> Text | None:
    if article.state is not ArticleState.SUBMITTED:
        return None
    if not actor.can(P.BULLETIN_ARTICLE_REVIEW):
        return lazy("等编辑来审。审的人不能写过这篇文章。")
    return lazy("你写过这篇文章，要请另一位编辑来审。")


def _free(actor: Actor, article: Article) -> bool:
    slot = queries.slot_of(article.id)
    return slot is None or queries.issue(actor, slot.issue_id).state is IssueState.PLANNING


# --- what readers have ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Printed:
    """A published article with its corrections, newest first, and its event."""

    article: Article
    publication: Publication
    corrections: Sequence[tuple[Correction, str]]
    event: Event | None
    url: str


def printed(actor: Actor, article_id: int) -> Printed:
    """What readers have of an article, for whoever corrects.

    Raises Forbidden for others, NotFound, or Conflict while readers have nothing.
    """
    article = queries.article(actor, article_id)
    actor.require(P.BULLETIN_ARTICLE_CORRECT)
    publication = queries.publication_of(article.id)
    if publication is None or article.state not in PUBLISHED:
        raise Conflict(lazy("文章还没有发布，直接改就行。"))
    url = newsdesk.reader_url(desk_queries.desk_row(actor, article_id))
    listed = desk_queries.corrections(publication.id)
    return Printed(article, publication, listed, queries.event_of(publication.id), url)


@dataclass(frozen=True, slots=True)
class Change:
    """A correction before it is made: which part of the text, and the sentence around the words."""

    label: Text
    before: str
    wrong: str
    right: str
    after: str


_BEGIN = re.compile(r"[。！？!?\n]")
_END = re.compile(r"[。！？!?]|(?=\n)")


def change(publication: Publication, command: Correct) -> Change:
    """The sentence with its correction; raises Invalid unless the wrong words stand in the text just once."""
    text = current(publication)
    projection.replaced(text, command.wrong, command.right)
    name = next(each for each in ("title", "lede", "body") if command.wrong in getattr(text, each))
    before, _wrong, after = str(getattr(text, name)).partition(command.wrong)
    start = max((found.end() for found in _BEGIN.finditer(before)), default=0)
    end = _END.search(after)
    return Change(
        editing.LABELS[name],
        before[start:],
        command.wrong,
        command.right,
        after[: end.end()] if end else after,
    )


def current(publication: Publication) -> ArticleText:
    """The text as readers have it now."""
    text = ArticleText.of(publication.snapshot)
    return replace(text, title=publication.title, lede=publication.lede, body=publication.body)
