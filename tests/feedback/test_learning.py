"""A corrected route is learnt: final holders become training labels, and a clearly worse model is never used."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest
from sqlalchemy import select

from campus_service.core.audit import AuditEntry
from campus_service.core.db import db, transaction
from campus_service.feedback import brain, service, triage_queries
from campus_service.feedback.commands import RouteCase, WriteAnswer
from campus_service.feedback.models import RoutingModel
from campus_service.feedback.routing import examples
from campus_service.feedback.routing.classifier import shipped
from campus_service.feedback.service import learning
from campus_service.feedback.states import CaseState
from campus_service.feedback.tasks import train
from campus_service.jobs import enqueue
from tests.conftest import Cast
from tests.feedback.stories import anonymous, answered, case, routed, sent

TITLE = "校史长廊的灯不亮"
PLACES = ("东侧", "西侧", "入口", "尽头", "一楼", "二楼", "校训墙旁", "名人像前", "展柜上方", "大屏左边")


def corrected(people: Cast, where: str) -> str:
    """Somebody writes of the gallery's lights; it is the library's, whatever was thought first."""
    no = anonymous(
        title=TITLE, body=f"校史长廊{where}的展板灯不亮了，参观的同学看不清字，请换一下灯管", place=""
    ).no
    row = case(no)
    if row.state is not CaseState.ROUTED or row.department_code != "library":
        with transaction():
            service.route(people.coordinator.actor, no, RouteCase(department="library"))
    with transaction():
        service.accept(people.librarian.actor, no)
    with transaction():
        service.answer(
            people.librarian.actor, no, WriteAnswer(body="长廊归图书馆管，灯换好了。", outcome="solved")
        )
    return no


def likeliest() -> str:
    return brain.model().candidates(TITLE, "校史长廊中间那一段的展板灯不亮了，请换一下灯管")[0].department


def test_a_route_corrected_often_enough_changes_the_prediction(people: Cast, work: Callable[[], int]) -> None:
    before = likeliest()
    assert before != "library"
    for where in PLACES:
        corrected(people, where)
    with transaction():
        enqueue("feedback.train", {}, key="feedback.train.now")
    work()
    assert likeliest() == "library"
    model = db.session.scalars(select(RoutingModel)).one()
    assert model.samples == len(examples.shipped()) + len(PLACES)
    assert 0.85 < model.figures["top1"] <= model.figures["top3"] <= 1


def test_only_answers_are_learnt_and_never_a_report(people: Cast) -> None:
    assert people.auditor.id
    right = answered(people)
    routed(people, people.zhou)
    sent(people.wu, kind="report")
    assert [(row.title, row.department_code) for row in triage_queries.learnt(10)] == [
        (case(right).title, "logistics")
    ]


def test_what_is_learnt_is_what_was_written_and_who_answered_it(people: Cast) -> None:
    no = corrected(people, "中间")
    assert learning.material()[-1].department == "library"
    assert learning.material()[-1].body == case(no).body
    assert len(learning.material()) == len(examples.shipped()) + 1


def model_of(top1: float) -> learning.Trained:
    return learning.Trained(b"weights", 600, {"top1": top1, "top3": 0.99})


@pytest.mark.parametrize(("top1", "kept"), [(0.93, True), (0.901, True), (0.899, False)])
def test_a_model_that_is_more_than_a_point_worse_is_not_used(app: object, top1: float, kept: bool) -> None:
    with transaction():
        learning.keep_model(model_of(0.91), 0.0)
    with transaction():
        assert (learning.keep_model(model_of(top1), learning.bar()) is not None) is kept
    db.session.expire_all()
    newest = db.session.scalars(select(RoutingModel).order_by(RoutingModel.id.desc())).first()
    assert newest is not None
    assert newest.figures["top1"] == (top1 if kept else 0.91)
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.seq)).all()
    assert actions[-1] == ("model.trained" if kept else "model.refused")


def test_the_first_model_is_measured_against_the_shipped_one(app: object) -> None:
    least = learning.bar()
    assert 0.85 < least < 1
    with transaction():
        assert learning.keep_model(model_of(least - 0.02), least) is None


def test_the_last_five_models_are_kept(app: object) -> None:
    for _time in range(7):
        with transaction():
            learning.keep_model(model_of(0.92), 0.9)
    kept = db.session.scalars(select(RoutingModel.id).order_by(RoutingModel.id)).all()
    assert kept == [3, 4, 5, 6, 7]


def test_it_trains_by_itself_on_sundays_only(app: object, monkeypatch: pytest.MonkeyPatch) -> None:
    # How it learns is tested above, for half a minute.
    monkeypatch.setattr(learning, "train", lambda _found: model_of(0.95))
    train({"day": date(2026, 11, 28).isoformat()})
    assert db.session.scalars(select(RoutingModel)).all() == []
    train({"day": date(2026, 11, 29).isoformat()})
    assert len(db.session.scalars(select(RoutingModel)).all()) == 1


def test_a_model_of_another_release_is_not_read_and_the_shipped_one_serves(app: object) -> None:
    with transaction():
        learning.keep_model(model_of(0.92), 0.9)  # its weights are no model
    assert brain.model() is shipped()
