"""Publishing, now or at a time, exactly once; early articles; corrections in the open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from campus_service.bulletin import notices, policy, projection, queries
from campus_service.bulletin.commands import Correct, MoveEvent, Schedule
from campus_service.bulletin.models import (
    Article,
    ArticleImage,
    Correction,
    Event,
    Issue,
    Mailing,
    Publication,
)
from campus_service.bulletin.service import planning, record, sending
from campus_service.bulletin.service.writing import IMAGE_OWNER
from campus_service.bulletin.states import ARTICLE, ISSUE, ArticleState, IssueState, MailingKind
from campus_service.bulletin.texts import ArticleText
from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import now, to_local
from campus_service.core.db import db
from campus_service.core.errors import Conflict, Invalid
from campus_service.core.i18n import lazy
from campus_service.core.numbers import take
from campus_service.core.once import once
from campus_service.core.permissions import Permission as P
from campus_service.core.settings import settings
from campus_service.following import service as following
from campus_service.jobs import enqueue
from campus_service.media import service as media
from campus_service.search import service as search

# A time further away is a slip of the keyboard.
FURTHEST = timedelta(days=366)
LONGEST_TITLE, LONGEST_LEDE = 60, 200


def schedule(actor: Actor, issue_id: int, command: Schedule) -> Issue:
    """Publish a signed issue at a time, or now. Needs bulletin:issue:publish; raises Invalid for a past time."""
    actor.require(P.BULLETIN_ISSUE_PUBLISH)
    issue = _locked(actor, issue_id)
    if command.at is None:
        return publish(actor, issue)
    ISSUE.check(issue.state, IssueState.SCHEDULED)
    _check_time(command)
    issue.state, issue.publish_at = IssueState.SCHEDULED, command.at
    _promise("bulletin.publish", "issue", issue.id, command.at)
    record.note(actor, issue, "scheduled", at=command.at.isoformat())
    people = set(queries.people_who(P.BULLETIN_ISSUE_PLAN)) - {actor.id}
    notices.tell_about_issue(sorted(people), "scheduled", issue, at=command.at.isoformat())
    return issue


def _promise(job: str, thing: str, id: int, at: datetime) -> None:
    """Each time has a job of its own: of two with one key the sooner counts, and would find nothing due yet."""
    enqueue(job, {thing: id}, delay=at - now(), key=f"{job}.{id}.{at.astimezone(UTC):%Y%m%dT%H%M%S}")


def unschedule(actor: Actor, issue_id: int) -> Issue:
    """Stop the clock; the signature stays."""
    actor.require(P.BULLETIN_ISSUE_PUBLISH)
    issue = _locked(actor, issue_id)
    ISSUE.check(issue.state, IssueState.APPROVED)
    issue.state, issue.publish_at = IssueState.APPROVED, None
    record.note(actor, issue, "unscheduled")
    return issue


def publish_if_due(issue_id: int) -> bool:
    """What the scheduler does: publish when the time has come and it is still wanted; returns whether it did.

    The issue's row is locked and its state looked at again: several workers, or a job run twice, publish once.
    """
    issue = db.session.get(Issue, issue_id, with_for_update=True, populate_existing=True)
    if issue is None or issue.state is not IssueState.SCHEDULED:
        return False
    if issue.publish_at is None or issue.publish_at > now():
        return False
    publish(Actor.system(), issue)
    return True


def _locked(actor: Actor, issue_id: int) -> Issue:
    issue = queries.issue(actor, issue_id)
    db.session.refresh(issue, with_for_update=True)
    return issue


def _check_time(command: Schedule) -> None:
    if command.at and command.at <= now():
        raise Invalid(
            {"at": lazy("这个时间已经过了，北京时间现在是 %(now)s。", now=f"{to_local(now()):%H:%M}")}
        )
    if command.at and command.at > now() + FURTHEST:
        raise Invalid({"at": lazy("时间最远在一年以内。")})


def publish(actor: Actor, issue: Issue, *, quietly: bool = False) -> Issue:
    """Number, snapshot, events, search and mail in one transaction: all of it, or nothing.

    ``quietly``: nobody is told and no mail is sent (an archive is taken over). Checks no permission; raises Conflict
    when the contents are not those that were signed.
    """
    ISSUE.check(issue.state, IssueState.PUBLISHED)
    if issue.signed_hash != planning.contents_hash(issue):
        raise Conflict(lazy("签发之后内容变了，不能发布。请退回策划，重新签发。"))
    moment = now()
    issue.number, issue.state = take("bulletin.issue"), IssueState.PUBLISHED
    issue.published_at, issue.publish_at = moment, issue.publish_at or moment
    db.session.flush()
    for position, (_slot, article) in enumerate(queries.contents(issue.id)):
        _bind(issue, position, article, quietly=quietly)
    record.note(actor, issue, "published", number=issue.number)
    if not quietly:
        mailing(MailingKind.ISSUE, issue_id=issue.id)
        people = queries.people_who(P.BULLETIN_ARTICLE_WRITE)
        notices.tell_about_issue(people, "published", issue, number=str(issue.number))
    return issue


def _bind(issue: Issue, position: int, article: Article, *, quietly: bool) -> None:
    early = queries.publication_of(article.id)
    publication = early or _new_publication(article, quietly=quietly)
    publication.issue_id, publication.position = issue.id, position
    ARTICLE.check(article.state, ArticleState.BOUND)
    article.state = ArticleState.BOUND
    if early:
        early.updated_at = now()
    db.session.flush()


# --- ahead of an issue ------------------------------------------------------------------------------------------


def put_online(actor: Actor, article_id: int, command: Schedule) -> Article:
    """Let readers have an approved article before its issue, now or at a time. Needs bulletin:issue:publish."""
    actor.require(P.BULLETIN_ISSUE_PUBLISH)
    article = queries.article(actor, article_id)
    db.session.refresh(article, with_for_update=True)
    if not policy.can_put_online(actor, article):
        raise Conflict(lazy("文章现在是“%(state)s”，通过以后才能上线。", state=article.state.label))
    if command.at is None:
        _go_online(actor, article)
        return article
    _check_time(command)
    article.online_at = command.at
    _promise("bulletin.online", "article", article.id, command.at)
    record.note(actor, article, "online_scheduled", at=command.at.isoformat())
    return article


def keep_offline(actor: Actor, article_id: int) -> Article:
    """Stop the clock of an early article."""
    actor.require(P.BULLETIN_ISSUE_PUBLISH)
    article = queries.article(actor, article_id)
    if article.state is not ArticleState.APPROVED:
        raise Conflict(lazy("文章已经上线了。"))
    article.online_at = None
    record.note(actor, article, "online_unscheduled")
    return article


def online_if_due(article_id: int) -> bool:
    """What the scheduler does for an early article; returns whether it went online."""
    article = db.session.get(Article, article_id, with_for_update=True, populate_existing=True)
    if article is None or article.state is not ArticleState.APPROVED:
        return False
    if article.online_at is None or article.online_at > now():
        return False
    _go_online(Actor.system(), article)
    return True


def _go_online(actor: Actor, article: Article) -> None:
    ARTICLE.check(article.state, ArticleState.ONLINE)
    publication = _new_publication(article)
    article.state, article.online_at = ArticleState.ONLINE, publication.published_at
    mailing(MailingKind.ARTICLE, publication_id=publication.id)
    record.note(actor, article, "online", slug=publication.slug)
    people = queries.authors(article.id) - {actor.id}
    notices.tell_about_article(sorted(people), "online", article)


# --- the snapshot -----------------------------------------------------------------------------------------------


def _new_publication(article: Article, *, quietly: bool = False) -> Publication:
    """The article as readers get it; the text must be the one that was approved."""
    text, images, moment = article.text, queries.images(article.id), now()
    if text.hash != article.approved_hash:
        raise Conflict(lazy("《%(title)s》的文字和审过的不一样，不能发布。", title=article.title))
    seen = projection.rendered(text, images)
    publication = Publication(
        article_id=article.id,
        slug=f"{article.section.value.replace('_', '-')}-{take('bulletin.article')}",
        section=article.section,
        snapshot=text.plain(),
        hash=text.hash,
        title=text.title,
        lede=text.lede,
        byline=text.byline,
        body=text.body,
        html=seen.html,
        contents=seen.contents,
        letters=text.letters,
        minutes=text.minutes,
        cover=projection.cover(images.get(article.cover_id or 0)),
        published_at=moment,
        updated_at=moment,
    )
    db.session.add(publication)
    db.session.flush()
    event = _publish_event(publication, text)
    _show_pictures(seen.html, article.cover_id, images)
    doc = projection.search_doc(publication, event)
    if quietly:
        search.put(doc)
    else:
        following.publish(doc, article.writer_id)
    return publication


def _show_pictures(html: str, cover: int | None, images: dict[int, ArticleImage]) -> None:
    """Readers may see the pictures of the text and the cover now; what was tried and left out stays private."""
    for id, image in images.items():
        if id == cover or image.photo_key in html:
            media.set_private(IMAGE_OWNER, id, False)


def _publish_event(publication: Publication, text: ArticleText) -> Event | None:
    if text.event is None:
        return None
    host = settings().base_url.partition("://")[2].partition("/")[0].partition(":")[0]
    event = Event(
        uid=f"event-{publication.id}@{host}",
        publication_id=publication.id,
        section=publication.section,
        title=publication.title,
        starts_at=text.event.starts_at,
        ends_at=text.event.ends_at,
        place=text.event.place,
        organiser=text.event.organiser,
        sequence=0,
        changed_at=publication.published_at,
    )
    db.session.add(event)
    db.session.flush()
    return event


def mailing(kind: MailingKind, **what: int) -> Mailing:
    """Promise a mail about one thing to those who asked for it; its copies are written by a job."""
    row = Mailing(kind=kind, created_at=now(), total=0, **what)
    db.session.add(row)
    db.session.flush()
    sending.go_on(row.id)
    return row


# --- corrections ------------------------------------------------------------------------------------------------


def correct(actor: Actor, article_id: int, command: Correct) -> Correction:
    """Correct an error in the open (勘误): it is listed with the article and sent to those who received the error.

    The same form sent twice corrects once. Needs bulletin:article:correct; raises Invalid unless the wrong words
    stand in the text just once.
    """
    article, publication = _published(actor, article_id)
    scope = f"correction-{article.id}"
    made = once(
        actor, scope, command.request_key, lambda: str(_corrected(actor, article, publication, command).id)
    )
    return db.session.get_one(Correction, int(made))


def _corrected(actor: Actor, article: Article, publication: Publication, command: Correct) -> Correction:
    text = projection.corrected(publication_text(publication), queries.corrections(publication.id))
    text = projection.replaced(text, command.wrong, command.right)
    if not text.title.strip() or len(text.title) > LONGEST_TITLE or len(text.lede) > LONGEST_LEDE:
        raise Invalid({"right": lazy("这样改，标题就空了，或者标题、导语太长了。")})
    row = _add_correction(actor, publication, wrong=command.wrong, right=command.right, note=command.note)
    seen = projection.rendered(text, queries.images(article.id))
    publication.title, publication.lede, publication.body = text.title, text.lede, text.body
    publication.html, publication.contents = seen.html, seen.contents
    event = queries.event_of(publication.id)
    if event and event.title != text.title:
        event.title, event.sequence, event.changed_at = text.title, event.sequence + 1, now()
    db.session.flush()
    search.put(projection.search_doc(publication, event))
    record.note(actor, article, "corrected", correction=row.id)
    return row


def publication_text(publication: Publication) -> ArticleText:
    """What was published, without corrections."""
    return ArticleText.of(publication.snapshot)


def _published(actor: Actor, article_id: int) -> tuple[Article, Publication]:
    actor.require(P.BULLETIN_ARTICLE_CORRECT)
    article = queries.article(actor, article_id)
    publication = queries.publication_of(article.id)
    if publication is None or not policy.can_correct(actor, article):
        raise Conflict(lazy("文章还没有发布，直接改就行。"))
    db.session.refresh(publication, with_for_update=True)
    return article, publication


def _add_correction(
    actor: Actor, publication: Publication, *, in_text: bool = True, **words: str
) -> Correction:
    row = Correction(publication_id=publication.id, by_id=actor.id, at=now(), in_text=in_text, **words)
    db.session.add(row)
    publication.updated_at = row.at
    db.session.flush()
    mailing(MailingKind.CORRECTION, correction_id=row.id)
    return row


# --- events -----------------------------------------------------------------------------------------------------


def move_event(actor: Actor, event_id: int, command: MoveEvent) -> Event:
    """A published event at another time or place: calendars that have it are told (SEQUENCE), readers too."""
    actor.require(P.BULLETIN_ARTICLE_CORRECT)
    event = queries.event(event_id)
    if event.cancelled_at is not None:
        raise Conflict(lazy("这个活动已经取消了。"))
    was = _when_where(event)
    event.starts_at, event.ends_at, event.place = command.starts_at, command.ends_at, command.place
    if _when_where(event) == was:
        return event
    _changed(actor, event, was, _when_where(event))
    return event


def cancel_event(actor: Actor, event_id: int) -> Event:
    """A published event does not take place: calendars strike it out, readers are told."""
    actor.require(P.BULLETIN_ARTICLE_CORRECT)
    event = queries.event(event_id)
    if event.cancelled_at is not None:
        return event
    event.cancelled_at = now()
    _changed(actor, event, _when_where(event), str(lazy("活动取消")))
    return event


def _when_where(event: Event) -> str:
    starts, ends = to_local(event.starts_at), to_local(event.ends_at)
    until = f"{ends:%H:%M}" if ends.date() == starts.date() else f"{ends:%Y-%m-%d %H:%M}"
    return f"{starts:%Y-%m-%d %H:%M}—{until}，{event.place}"


def _changed(actor: Actor, event: Event, was: str, is_now: str) -> None:
    publication = db.session.get_one(Publication, event.publication_id)
    event.sequence, event.changed_at = event.sequence + 1, now()
    _add_correction(actor, publication, in_text=False, wrong=was, right=is_now, note="")
    search.put(projection.search_doc(publication, event))
    audit.record(
        actor,
        "event.changed",
        obj_type="bulletin_events",
        obj_id=event.id,
        after={"sequence": event.sequence},
    )
