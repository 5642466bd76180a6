"""Planning an issue: its places, who writes what until when, the order, and the chief editor's signature."""

from __future__ import annotations

import hashlib

from campus_service.bulletin import notices, policy, queries
from campus_service.bulletin.commands import FillSlot, Order, PlanIssue, PlanSlot, Sign
from campus_service.bulletin.models import Article, Issue, Slot
from campus_service.bulletin.service import record
from campus_service.bulletin.states import ISSUE, ArticleState, IssueState
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db
from campus_service.core.errors import Conflict, Invalid, NotFound
from campus_service.core.i18n import lazy
from campus_service.core.once import once
from campus_service.core.permissions import Permission as P

# What may stand in an issue that goes to the chief editor.
READY = frozenset({ArticleState.APPROVED, ArticleState.ONLINE})


def plan_issue(actor: Actor, command: PlanIssue) -> Issue:
    """An issue to come; the same form sent twice plans one. Needs bulletin:issue:plan."""
    actor.require(P.BULLETIN_ISSUE_PLAN)
    made = once(actor, "issue", command.request_key, lambda: str(_new_issue(actor, command).id))
    return db.session.get_one(Issue, int(made))


def _new_issue(actor: Actor, command: PlanIssue) -> Issue:
    issue = Issue(
        state=IssueState.PLANNING,
        title=command.title,
        lede=command.lede,
        due_on=command.due_on,
        created_at=now(),
    )
    db.session.add(issue)
    db.session.flush()
    record.note(actor, issue, "planned")
    return issue


def change_issue(actor: Actor, issue_id: int, command: PlanIssue) -> Issue:
    """Another title, word at the head or day."""
    issue = _planned(actor, issue_id)
    issue.title, issue.lede, issue.due_on = command.title, command.lede, command.due_on
    return issue


def add_slot(actor: Actor, issue_id: int, command: PlanSlot) -> Slot:
    """One more place at the end; the same form sent twice adds one."""
    issue = _planned(actor, issue_id)
    made = once(actor, f"slot-{issue.id}", command.request_key, lambda: str(_new_slot(issue, command).id))
    slot = db.session.get(Slot, int(made))
    if slot is None:
        raise NotFound(lazy("这个位置刚刚被拿掉了。"))
    return slot


def _new_slot(issue: Issue, command: PlanSlot) -> Slot:
    last = max((slot.position for slot in queries.slots(issue.id)), default=-1)
    slot = Slot(
        issue_id=issue.id,
        position=last + 1,
        section=command.section,
        topic=command.topic,
        writer_id=_writer(command.writer),
        due_on=command.due_on,
    )
    db.session.add(slot)
    db.session.flush()
    return slot


def change_slot(actor: Actor, issue_id: int, slot_id: int, command: PlanSlot) -> Slot:
    """Another topic, section, writer or day."""
    slot = _slot(actor, issue_id, slot_id)
    slot.section, slot.topic = command.section, command.topic
    slot.writer_id, slot.due_on = _writer(command.writer), command.due_on
    return slot


def _writer(person: int | None) -> int | None:
    if person is not None and person not in queries.people_who(P.BULLETIN_ARTICLE_WRITE):
        raise Invalid({"writer": lazy("这个人不在编辑部。")})
    return person


def fill_slot(actor: Actor, issue_id: int, slot_id: int, command: FillSlot) -> Slot:
    """Put an article into a place, or take it out. Raises Conflict when it stands in another issue."""
    slot = _slot(actor, issue_id, slot_id)
    if command.article is None:
        slot.article_id = None
        return slot
    article = queries.article(actor, command.article)
    if article.state in (ArticleState.BOUND, ArticleState.DROPPED):
        raise Invalid({"article": lazy("这篇文章“%(state)s”，排不进来。", state=article.state.label)})
    slot.article_id = article.id
    db.session.flush()
    return slot


def begin_slot(actor: Actor, issue_id: int, slot_id: int) -> Article:
    """Begin the article of a place; its writer, or who begins it, is told."""
    from campus_service.bulletin.commands import StartArticle
    from campus_service.bulletin.service.writing import start_article

    issue = queries.issue(actor, issue_id)
    slot = db.session.get(Slot, slot_id, with_for_update=True)
    if slot is None or slot.issue_id != issue_id:
        raise NotFound(lazy("没有这个位置。"))
    if slot.article_id is not None:
        return queries.article(actor, slot.article_id)
    if not (policy.can_plan(actor, issue) or slot.writer_id == actor.id):
        raise NotFound(lazy("没有这个位置。"))
    article = start_article(actor, StartArticle(section=slot.section, title=slot.topic))
    slot.article_id = article.id
    if slot.writer_id is not None and slot.writer_id != actor.id:
        article.writer_id = slot.writer_id
        article.byline = queries.names({slot.writer_id}).get(slot.writer_id, "")[:40]
        notices.tell_about_article([slot.writer_id], "assigned", article, issue=issue.title)
    db.session.flush()
    return article


def remove_slot(actor: Actor, issue_id: int, slot_id: int) -> None:
    """Strike a place out; its article stays."""
    db.session.delete(_slot(actor, issue_id, slot_id))
    db.session.flush()


def order(actor: Actor, issue_id: int, command: Order) -> list[Slot]:
    """The places in their new order. Raises Conflict when somebody changed the plan meanwhile."""
    issue = _planned(actor, issue_id)
    slots = {slot.id: slot for slot in queries.slots(issue.id)}
    if sorted(command.slots) != sorted(slots):
        raise Conflict(lazy("这一期的位置刚刚被别人改过，请刷新后再排。"))
    for position, id in enumerate(command.slots):
        slots[id].position = position
    db.session.flush()
    return [slots[id] for id in command.slots]


def _planned(actor: Actor, issue_id: int) -> Issue:
    actor.require(P.BULLETIN_ISSUE_PLAN)
    issue = queries.issue(actor, issue_id)
    if not policy.can_plan(actor, issue):
        raise Conflict(lazy("这一期“%(state)s”，要改先退回策划。", state=issue.state.label))
    return issue


def _slot(actor: Actor, issue_id: int, slot_id: int) -> Slot:
    issue = _planned(actor, issue_id)
    slot = db.session.get(Slot, slot_id)
    if slot is None or slot.issue_id != issue.id:
        raise NotFound(lazy("没有这个位置。"))
    return slot


# --- from the plan to the signature -----------------------------------------------------------------------------


def contents_hash(issue: Issue) -> str:
    """Over title, the word at the head, and every article's text in order: what is signed."""
    parts = [issue.title, issue.lede]
    parts += [article.text.hash for _slot, article in queries.contents(issue.id)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def send_to_chief(actor: Actor, issue_id: int) -> Issue:
    """The plan is full: every place has an approved article. Raises Invalid saying which place has none."""
    issue = _planned(actor, issue_id)
    filled = {slot.id: article for slot, article in queries.contents(issue.id)}
    slots = queries.slots(issue.id)
    if not slots:
        raise Invalid({"slots": lazy("这一期还没有内容。")})
    waiting = [slot.topic for slot in slots if slot.id not in filled or filled[slot.id].state not in READY]
    if waiting:
        names = "、".join(waiting[:3])
        raise Invalid(
            {"slots": lazy("有 %(n)s 个位置还没有审过的文章：%(names)s", n=len(waiting), names=names)}
        )
    issue.state = IssueState.IN_REVIEW
    record.note(actor, issue, "sent_to_chief")
    notices.tell_about_issue(queries.people_who(P.BULLETIN_ISSUE_SIGN), "to_sign", issue)
    return issue


def sign(actor: Actor, issue_id: int, command: Sign) -> Issue:
    """The chief editor signs just the contents that were shown. Raises Conflict when they changed."""
    actor.require(P.BULLETIN_ISSUE_SIGN)
    issue = queries.issue(actor, issue_id)
    ISSUE.check(issue.state, IssueState.APPROVED)
    if command.hash != contents_hash(issue):
        raise Conflict(lazy("你看过之后内容又变了，请再看一遍。"))
    issue.state, issue.signed_by, issue.signed_at = IssueState.APPROVED, actor.id, now()
    issue.signed_hash = command.hash
    record.note(actor, issue, "signed", hash=command.hash)
    people = set(queries.people_who(P.BULLETIN_ISSUE_PLAN)) - {actor.id}
    notices.tell_about_issue(sorted(people), "signed", issue, who=actor.name)
    return issue


def back_to_plan(actor: Actor, issue_id: int) -> Issue:
    """Out of the chief editor's hands: the signature is gone."""
    issue = queries.issue(actor, issue_id)
    actor.require(P.BULLETIN_ISSUE_PLAN if issue.state is IssueState.IN_REVIEW else P.BULLETIN_ISSUE_SIGN)
    ISSUE.check(issue.state, IssueState.PLANNING)
    issue.state, issue.signed_by, issue.signed_at, issue.signed_hash = IssueState.PLANNING, None, None, None
    record.note(actor, issue, "back_to_plan")
    return issue
