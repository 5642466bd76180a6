"""The demo's bulletin: complete, drawn, and loaded once."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import func, select

from campus_service.bulletin import demo
from campus_service.bulletin.models import Article, Correction, Event, Issue, Publication
from campus_service.bulletin.states import ArticleState, IssueState, Section
from campus_service.core.clock import today
from campus_service.core.db import db
from campus_service.core.settings import KEY


@pytest.fixture
def loaded(app: Flask) -> Flask:
    """A demo site with its bulletin."""
    app.extensions[KEY] = app.extensions[KEY].model_copy(update={"demo": True})
    report = demo.load()
    assert report is not None
    assert report.refused == []
    return app


def test_three_issues_are_out_and_the_newest_is_of_this_week(loaded: Flask) -> None:
    issues = db.session.scalars(
        select(Issue).where(Issue.state == IssueState.PUBLISHED).order_by(Issue.number)
    )
    found = {issue.number: issue for issue in issues}
    assert set(found) == {101, 102, 103}
    newest = found[103].published_at
    assert newest
    assert 0 <= (today() - newest.date()).days <= 7
    assert demo.load() is None


def test_every_section_is_there_with_pictures_that_say_what_they_show(loaded: Flask) -> None:
    rows = db.session.scalars(select(Publication)).all()
    assert {row.section for row in rows} == set(Section)
    covers = [row.cover for row in rows if row.cover]
    assert len(covers) >= 9
    assert all(cover["alt"] for cover in covers)


def test_it_shows_an_event_a_correction_an_early_article_and_work_in_the_newsroom(loaded: Flask) -> None:
    assert db.session.scalar(select(func.count(Event.id)))
    assert db.session.scalars(select(Correction)).all()
    assert db.session.scalars(select(Publication).where(Publication.issue_id.is_(None))).all()
    states = set(db.session.scalars(select(Article.state)))
    assert states >= {ArticleState.DRAFT, ArticleState.SUBMITTED, ArticleState.BOUND}
