"""Who may do what in the newsroom; pure."""

from __future__ import annotations

from collections.abc import Collection

from campus_service.bulletin.models import Article, Issue
from campus_service.bulletin.states import ARTICLE, EDITABLE, ISSUE, PUBLISHED, ArticleState, IssueState
from campus_service.core.actor import Actor
from campus_service.core.permissions import Permission as P


def in_newsroom(actor: Actor) -> bool:
    """Whoever writes."""
    return actor.can(P.BULLETIN_ARTICLE_WRITE)


def can_read(actor: Actor, article: Article, assigned: bool = False) -> bool:
    """Editors read everything; a writer what is his, or what a plan gave him (``assigned``)."""
    return actor.can(P.BULLETIN_ARTICLE_EDIT) or (
        in_newsroom(actor) and (article.writer_id == actor.id or assigned)
    )


def can_edit(actor: Actor, article: Article, assigned: bool = False) -> bool:
    """Whoever reads it, while it is a draft or was sent back."""
    return can_read(actor, article, assigned) and article.state in EDITABLE


def can_submit(actor: Actor, article: Article, assigned: bool = False) -> bool:
    """Whoever edits it, when there is something to read."""
    return can_edit(actor, article, assigned) and bool(article.body.strip())


def can_take_back(actor: Actor, article: Article, assigned: bool = False) -> bool:
    """Its writers, until somebody has decided."""
    return can_read(actor, article, assigned) and article.state is ArticleState.SUBMITTED


def can_review(actor: Actor, article: Article, authors: Collection[int]) -> bool:
    """An editor who wrote none of it: nobody approves his own (domain.md §3)."""
    return (
        actor.can(P.BULLETIN_ARTICLE_REVIEW)
        and article.state is ArticleState.SUBMITTED
        and actor.id not in authors
        and actor.id != article.writer_id
    )


def can_reopen(actor: Actor, article: Article) -> bool:
    """An editor, while no reader has it: the approval is gone with it."""
    return actor.can(P.BULLETIN_ARTICLE_EDIT) and article.state in (
        ArticleState.APPROVED,
        ArticleState.DROPPED,
    )


def can_drop(actor: Actor, article: Article) -> bool:
    """Its writer, or an editor."""
    return can_read(actor, article) and ARTICLE.allows(article.state, ArticleState.DROPPED)


def can_put_online(actor: Actor, article: Article) -> bool:
    """Ahead of an issue: whoever publishes, when it is approved."""
    return actor.can(P.BULLETIN_ISSUE_PUBLISH) and article.state is ArticleState.APPROVED


def can_correct(actor: Actor, article: Article) -> bool:
    """An editor, once readers have it."""
    return actor.can(P.BULLETIN_ARTICLE_CORRECT) and article.state in PUBLISHED


def can_plan(actor: Actor, issue: Issue) -> bool:
    """An editor, until it is in review."""
    return actor.can(P.BULLETIN_ISSUE_PLAN) and issue.state is IssueState.PLANNING


def can_sign(actor: Actor, issue: Issue) -> bool:
    """The chief editor."""
    return actor.can(P.BULLETIN_ISSUE_SIGN) and issue.state is IssueState.IN_REVIEW


def can_publish(actor: Actor, issue: Issue) -> bool:
    """Whoever publishes, when it is signed."""
    return actor.can(P.BULLETIN_ISSUE_PUBLISH) and ISSUE.allows(issue.state, IssueState.PUBLISHED)


def can_unschedule(actor: Actor, issue: Issue) -> bool:
    """Whoever publishes, while the clock runs."""
    return actor.can(P.BULLETIN_ISSUE_PUBLISH) and issue.state is IssueState.SCHEDULED


def can_take_back_issue(actor: Actor, issue: Issue) -> bool:
    """Back to the plan: whoever plans, until it is signed; then only who signs."""
    needed = {IssueState.IN_REVIEW: P.BULLETIN_ISSUE_PLAN, IssueState.APPROVED: P.BULLETIN_ISSUE_SIGN}
    return issue.state in needed and actor.can(needed[issue.state])
