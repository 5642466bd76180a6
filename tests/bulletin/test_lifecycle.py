"""State machine: whatever people and the clock do in whatever order, the bulletin's promises hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import func, select

from campus_service.bulletin import commands as c
from campus_service.bulletin import queries, service
from campus_service.bulletin.models import Article, Correction, Issue, Publication, Revision
from campus_service.bulletin.states import ARTICLE, ISSUE, PUBLISHED, ArticleState, IssueState, Section
from campus_service.bulletin.texts import ArticleText
from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import DomainError
from campus_service.jobs.outbox import run_due
from campus_service.search import service as search
from campus_service.search.engine import Filters
from campus_service.search.models import SearchDocument
from tests.bulletin.stories import FAIR, approved, planned
from tests.conftest import Cast

STEPS = settings(
    max_examples=5,
    stateful_step_count=60,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
)
WHO = st.sampled_from(["writer", "editor", "reviewer", "chief"])
# Mostly somebody who may.
PUBLISHERS = st.sampled_from(["chief", "chief", "chief", "editor"])
EDITORS = st.sampled_from(["editor", "reviewer", "chief"])
LINES = st.lists(st.sampled_from(["摊位", "时间", "地点", "报名", "雨天"]), min_size=1, max_size=4)


class Newsroom(RuleBasedStateMachine):
    """A writer, two editors, the chief editor and time act on some articles and issues; what is refused changes nothing."""

    people: Cast
    articles = Bundle("articles")
    issues = Bundle("issues")

    # One story after the other on one database: what was noted of earlier ones still holds.
    clock: datetime
    # Texts that somebody was told are kept: as a revision of their own, or joined with another's.
    kept: dict[tuple[int, int], ArticleText]
    joined: set[tuple[int, ArticleText]]
    wrote: dict[int, set[int]]
    approvers: dict[int, int]
    snapshots: dict[int, str]
    numbers: dict[int, int]
    seen: dict[int, int]

    def attempt(self, act: Callable[[], Any]) -> Any:
        """Do it as a request would; a refusal is an answer."""
        try:
            with freeze(self.clock), transaction():
                return act()
        except DomainError:
            return None

    def actor(self, name: str) -> Actor:
        return getattr(self.people, name).actor  # type: ignore[no-any-return]

    def later(self, minutes: int) -> c.Schedule:
        return c.Schedule(at=self.clock + timedelta(minutes=minutes) if minutes else None)

    # --- writing

    @rule(target=articles, who=WHO)
    def start(self, who: str) -> int:
        command = c.StartArticle(section=Section.TIPS, title="摊位怎么逛")
        id = self.attempt(lambda: service.start_article(self.actor(who), command).id)
        self.seen[id] = 0
        return int(id)

    @rule(target=articles)
    def an_article_is_approved_at_once(self) -> int:
        with freeze(self.clock):
            id = approved(self.people)
        self.approvers[id] = self.people.reviewer.id
        self.wrote[id] = {self.people.writer.id}
        return id

    @rule(id=articles, who=WHO, lines=LINES, late=st.booleans())
    def save(self, id: int, who: str, lines: list[str], late: bool) -> None:
        """On the newest revision, or on the one the newest was when this person looked."""
        base = self.seen.get(id, 0) if late else self.article(id).revision
        values = FAIR | {"base": base, "body": "\n\n".join(lines), "by_hand": True}
        command = c.SaveArticle.model_validate(values)
        self.write(id, who, command)

    def write(self, id: int, who: str, command: c.SaveArticle) -> None:
        """Save, and remember what was promised to be kept, and who wrote."""
        saved = self.attempt(lambda: service.save(self.actor(who), id, command))
        if saved is None or saved.number == 0:
            return
        if saved.text is None or saved.conflicts or saved.late:
            self.kept[id, saved.number] = command.text
        else:
            self.joined.add((id, command.text))
        aside = saved.conflicts or saved.late
        if not aside and queries.revision(id, saved.number).by_id == getattr(self.people, who).id:
            self.wrote.setdefault(id, set()).add(getattr(self.people, who).id)

    @rule(id=articles, lede=st.sampled_from(["先看图。", "先问人。"]), lines=LINES)
    def two_write_at_once(self, id: int, lede: str, lines: list[str]) -> None:
        """Each on what was the newest when both began."""
        row = self.article(id)
        base, old = row.revision, {"lede": row.lede, "body": row.body}
        for who, values in (("writer", old | {"lede": lede}), ("editor", old | {"body": "\n\n".join(lines)})):
            command = c.SaveArticle.model_validate(FAIR | values | {"base": base, "title": row.title})
            self.write(id, who, command)

    @rule(id=articles)
    def somebody_looks(self, id: int) -> None:
        self.seen[id] = self.article(id).revision

    @rule(id=articles, who=WHO, n=st.integers(1, 4))
    def restore(self, id: int, who: str, n: int) -> None:
        self.attempt(lambda: service.restore(self.actor(who), id, n))

    @rule(id=articles, who=WHO)
    def drop(self, id: int, who: str) -> None:
        self.attempt(lambda: service.drop(self.actor(who), id))

    # --- review

    @rule(id=articles, who=WHO)
    def submit(self, id: int, who: str) -> None:
        self.attempt(lambda: service.submit(self.actor(who), id))

    @rule(id=articles, who=WHO)
    def take_back(self, id: int, who: str) -> None:
        self.attempt(lambda: service.take_back(self.actor(who), id))

    @rule(id=articles, who=WHO)
    def comment(self, id: int, who: str) -> None:
        command = c.Comment(paragraph=0, quote="摊位", body="写清楚")
        self.attempt(lambda: service.comment(self.actor(who), id, command))

    @rule(id=articles, who=WHO)
    def request_changes(self, id: int, who: str) -> None:
        command = c.RequestChanges(reason="写清楚")
        self.attempt(lambda: service.request_changes(self.actor(who), id, command))

    @rule(id=articles, who=WHO, fresh=st.booleans())
    def approve(self, id: int, who: str, fresh: bool) -> None:
        digest = self.article(id).text.hash if fresh else "0" * 64
        authors = queries.authors(id)
        if self.attempt(lambda: service.approve(self.actor(who), id, c.Approve(hash=digest))):
            self.approvers[id] = getattr(self.people, who).id
            assert fresh
            assert self.approvers[id] not in authors

    @rule(id=articles, who=WHO)
    def reopen(self, id: int, who: str) -> None:
        self.attempt(lambda: service.reopen(self.actor(who), id))

    # --- issues

    @rule(target=issues, who=EDITORS)
    def plan(self, who: str) -> int:
        return int(self.attempt(lambda: service.plan_issue(self.actor(who), c.PlanIssue(title="新学期")).id))

    @rule(target=issues, id=articles)
    def an_issue_is_signed_at_once(self, id: int) -> Any:
        with freeze(self.clock):
            try:
                issue = planned(self.people, id)
            except DomainError:
                return self.plan("editor")
        self.attempt(lambda: service.send_to_chief(self.actor("editor"), issue))
        self.sign(issue, "chief")
        return issue

    @rule(target=issues, minutes=st.sampled_from([0, 5]))
    def an_issue_gets_its_time_at_once(self, minutes: int) -> Any:
        issue = self.an_issue_is_signed_at_once(self.an_article_is_approved_at_once())
        self.schedule(issue, "chief", minutes)
        return issue

    @rule(issue=issues, id=articles)
    def place(self, issue: int, id: int) -> None:
        def act() -> None:
            slot = service.add_slot(
                self.actor("editor"), issue, c.PlanSlot(section=Section.TIPS, topic="摊位")
            )
            service.fill_slot(self.actor("editor"), issue, slot.id, c.FillSlot(article=id))

        self.attempt(act)

    @rule(issue=issues)
    def turn_round(self, issue: int) -> None:
        self.fresh()
        slots = [slot.id for slot in queries.slots(issue)]
        if slots:
            self.attempt(lambda: service.order(self.actor("editor"), issue, c.Order(slots=slots[::-1])))

    @rule(issue=issues, who=WHO)
    def send(self, issue: int, who: str) -> None:
        self.attempt(lambda: service.send_to_chief(self.actor(who), issue))

    @rule(issue=issues, who=WHO)
    def sign(self, issue: int, who: str) -> None:
        self.fresh()
        digest = service.contents_hash(db.session.get_one(Issue, issue))
        self.attempt(lambda: service.sign(self.actor(who), issue, c.Sign(hash=digest)))

    @rule(issue=issues, who=WHO)
    def back(self, issue: int, who: str) -> None:
        self.attempt(lambda: service.back_to_plan(self.actor(who), issue))

    @rule(issue=issues, who=PUBLISHERS, minutes=st.sampled_from([0, 5, 60]))
    def schedule(self, issue: int, who: str, minutes: int) -> None:
        self.attempt(lambda: service.schedule(self.actor(who), issue, self.later(minutes)))

    @rule(issue=issues, who=PUBLISHERS)
    def unschedule(self, issue: int, who: str) -> None:
        self.attempt(lambda: service.unschedule(self.actor(who), issue))

    @rule(id=articles, who=PUBLISHERS, minutes=st.sampled_from([0, 5, 60]))
    def put_online(self, id: int, who: str, minutes: int) -> None:
        self.attempt(lambda: service.put_online(self.actor(who), id, self.later(minutes)))

    @rule(id=articles)
    def keep_offline(self, id: int) -> None:
        self.attempt(lambda: service.keep_offline(self.actor("chief"), id))

    @rule(id=articles, who=WHO, right=st.sampled_from(["摊位和社团", "社团"]))
    def correct(self, id: int, who: str, right: str) -> None:
        command = c.Correct(wrong="摊位", right=right)
        self.attempt(lambda: service.correct(self.actor(who), id, command))

    @rule(minutes=st.sampled_from([1, 10, 90]))
    def time_passes(self, minutes: int) -> None:
        Newsroom.clock = self.clock + timedelta(minutes=minutes)
        with freeze(self.clock):
            run_due()

    # --- what always holds

    def fresh(self) -> None:
        db.session.rollback()
        db.session.expire_all()

    def article(self, id: int) -> Article:
        self.fresh()
        return db.session.get_one(Article, id)

    @invariant()
    def nobody_approved_what_he_wrote_any_of(self) -> None:
        self.fresh()
        for row in db.session.scalars(select(Article).where(Article.approved_hash.is_not(None))):
            assert row.reviewed_by == self.approvers[row.id]
            assert row.reviewed_by not in self.wrote.get(row.id, set())
            assert row.text.hash == row.approved_hash

    @invariant()
    def what_is_published_is_what_was_approved_and_stays(self) -> None:
        self.fresh()
        for row in db.session.scalars(select(Publication)):
            article = db.session.get_one(Article, row.article_id)
            snapshot = ArticleText.of(row.snapshot)
            assert row.hash == article.approved_hash == snapshot.hash
            assert self.snapshots.setdefault(row.id, row.hash) == row.hash
            assert article.state in PUBLISHED
            corrections = db.session.scalar(select(func.count()).where(Correction.publication_id == row.id))
            assert corrections or row.body == snapshot.body

    @invariant()
    def an_article_is_published_at_most_once_and_not_before_its_time(self) -> None:
        self.fresh()
        out = db.session.scalars(select(Publication)).all()
        assert len({row.article_id for row in out}) == len(out)
        states = db.session.scalars(select(Article.state)).all()
        assert sum(state in PUBLISHED for state in states) == len(out)
        assert all(row.published_at <= self.clock for row in out)
        there = db.session.scalars(select(SearchDocument.id).where(SearchDocument.kind == "article"))
        assert set(there) == {f"article:{row.id}" for row in out}
        # The index follows with a job: it may be behind, never ahead.
        assert search.find("逛", Filters(kind="article"), limit=50).total <= len(out)
        for issue in db.session.scalars(select(Issue)):
            held = [row for row in out if row.issue_id == issue.id]
            assert bool(held) == (issue.state is IssueState.PUBLISHED)
            if issue.state is IssueState.PUBLISHED:
                assert issue.publish_at is not None
                assert issue.publish_at <= self.clock

    @invariant()
    def numbers_have_no_gap_and_never_change(self) -> None:
        self.fresh()
        numbers = {row.id: row.number for row in db.session.scalars(select(Issue)) if row.number is not None}
        assert sorted(numbers.values()) == list(range(1, len(numbers) + 1))
        assert all(numbers[id] == number for id, number in self.numbers.items())
        self.numbers.update(numbers)

    @invariant()
    def no_text_is_ever_lost(self) -> None:
        self.fresh()
        there = {(row.article_id, row.number): row.text for row in db.session.scalars(select(Revision))}
        assert all(there[key] == text for key, text in self.kept.items())
        lines = {(key[0], line) for key, text in there.items() for line in text.body.split("\n")}
        assert all((id, line) in lines for id, text in self.joined for line in text.body.split("\n"))

    def teardown(self) -> None:
        self.fresh()
        assert list(audit.verify()) == []
        counted = db.session.execute(
            select(Revision.article_id, func.count(), func.max(Revision.number)).group_by(Revision.article_id)
        )
        assert all(rows == last for _id, rows, last in counted)
        dropped = db.session.scalars(select(Article.id).where(Article.state == ArticleState.DROPPED))
        assert all(queries.publication_of(id) is None for id in dropped)


def test_the_bulletin_keeps_its_promises_whatever_people_do(people: Cast) -> None:
    Newsroom.people, Newsroom.clock = people, now()
    Newsroom.kept, Newsroom.joined, Newsroom.wrote, Newsroom.approvers = {}, set(), {}, {}
    Newsroom.snapshots, Newsroom.numbers, Newsroom.seen = {}, {}, {}
    run_state_machine_as_test(Newsroom, settings=STEPS)


@pytest.mark.parametrize("lifecycle", [ARTICLE, ISSUE])
def test_every_state_can_be_reached_from_the_first(lifecycle: Any) -> None:
    states: list[Any] = list(type(next(iter(lifecycle.moves))))  # type: ignore[call-overload]
    reached = {states[0]}
    for _round in states:
        reached |= {new for old in reached for new in lifecycle.moves.get(old, ())}
    assert reached == set(states)
