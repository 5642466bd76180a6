"""The coordinator's rules: their order, their conflicts, their traces in the audit log, and what the tester says of them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import delete, select

from campus_service.core.audit import AuditEntry
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from campus_service.feedback import queries, trying
from campus_service.feedback.commands import MoveRule, SaveRule
from campus_service.feedback.models import RoutingRule
from campus_service.feedback.service import rules
from tests.conftest import Cast
from tests.feedback.stories import answered, sent


@pytest.fixture(autouse=True)
def _no_rules_yet(app: Any) -> None:
    """A site starts with the rules that are shipped; these stories write their own."""
    with transaction() as session:
        session.execute(delete(RoutingRule))


def written(people: Cast, name: str, words: str, department: str = "logistics", **more: Any) -> int:
    command = SaveRule.model_validate({"name": name, "words": words, "department": department} | more)
    with transaction():
        return rules.save_rule(people.coordinator.actor, None, command).id


def names() -> list[str]:
    db.session.expire_all()
    return [row.name for row in queries.rules(active_only=False)]


def actions() -> list[str]:
    chosen = (
        select(AuditEntry.action).where(AuditEntry.object_type == "routing_rules").order_by(AuditEntry.seq)
    )
    return list(db.session.scalars(chosen))


def test_words_may_be_separated_by_any_comma(people: Cast) -> None:
    rule_id = written(people, "水电", "水龙头，灯管、跳闸, 插座")
    row = db.session.get_one(RoutingRule, rule_id)
    assert row.words == ["水龙头", "灯管", "跳闸", "插座"]


def test_a_new_rule_stands_at_the_end_where_it_masks_none(people: Cast) -> None:
    written(people, "一", "甲")
    written(people, "二", "乙")
    assert names() == ["一", "二"]


@pytest.mark.parametrize(
    ("position", "order"), [(0, ["三", "一", "二"]), (1, ["一", "三", "二"]), (99, ["一", "二", "三"])]
)
def test_a_rule_moves_and_the_others_close_up(people: Cast, position: int, order: list[str]) -> None:
    for name in ("一", "二"):
        written(people, name, name)
    last = written(people, "三", "三")
    with transaction():
        rules.move_rule(people.coordinator.actor, last, MoveRule(position=position))
    assert names() == order
    assert [row.position for row in queries.rules(active_only=False)] == [0, 1, 2]


def test_moving_the_others_leaves_an_open_editor_valid(people: Cast) -> None:
    first, second = written(people, "一", "甲"), written(people, "二", "乙")
    version = db.session.get_one(RoutingRule, first).version
    with transaction():
        rules.move_rule(people.coordinator.actor, second, MoveRule(position=0))
    with transaction():
        rules.save_rule(
            people.coordinator.actor,
            first,
            SaveRule(name="改过", words=["甲"], department="library", version=version),
        )
    assert names() == ["二", "改过"]


def test_who_saves_what_another_one_has_just_changed_is_told(people: Cast) -> None:
    rule_id = written(people, "一", "甲")
    stale = SaveRule(name="迟了", words=["甲"], department="library", version=1)
    with transaction():
        rules.save_rule(
            people.coordinator.actor, rule_id, SaveRule(name="早了", words=["甲"], department="library")
        )
    with pytest.raises(Conflict), transaction():
        rules.save_rule(people.coordinator.actor, rule_id, stale)
    assert names() == ["早了"]


def test_a_rule_that_asks_for_nothing_is_refused(people: Cast) -> None:
    with pytest.raises(ValueError):
        SaveRule(name="什么都管", department="logistics")


@pytest.mark.parametrize("wrong", [{"department": "nowhere"}, {"areas": ["moon"]}])
def test_a_department_or_place_that_does_not_exist_is_refused(people: Cast, wrong: dict[str, Any]) -> None:
    with pytest.raises(Invalid) as refused, transaction():
        rules.save_rule(
            people.coordinator.actor,
            None,
            SaveRule.model_validate({"name": "错", "words": "甲", "department": "library"} | wrong),
        )
    assert list(refused.value.fields) == list(wrong)
    assert names() == []


def test_only_who_edits_rules_may_touch_them(people: Cast) -> None:
    rule_id = written(people, "一", "甲")
    for act in (
        lambda actor: rules.save_rule(actor, None, SaveRule(name="二", words=["乙"], department="library")),
        lambda actor: rules.move_rule(actor, rule_id, MoveRule(position=0)),
        lambda actor: rules.switch_rule(actor, rule_id, active=False),
        lambda actor: rules.delete_rule(actor, rule_id),
    ):
        with pytest.raises(Forbidden), transaction():
            act(people.head.actor)
    assert names() == ["一"]


def test_every_change_stands_in_the_audit_log(people: Cast) -> None:
    rule_id = written(people, "一", "甲")
    other = written(people, "二", "乙")
    actor = people.coordinator.actor
    with transaction():
        rules.move_rule(actor, other, MoveRule(position=0))
    with transaction():
        rules.switch_rule(actor, rule_id, active=False)
    with transaction():
        rules.switch_rule(actor, rule_id, active=False)  # nothing changes, nothing is noted
    with transaction():
        rules.delete_rule(actor, rule_id)
    assert actions() == ["rule.saved", "rule.saved", "rule.moved", "rule.switched_off", "rule.deleted"]
    last = db.session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc())).first()
    assert last is not None
    assert last.before["words"] == ["甲"]


def test_a_deleted_rule_is_not_there(people: Cast) -> None:
    rule_id = written(people, "一", "甲")
    with transaction():
        rules.delete_rule(people.coordinator.actor, rule_id)
    with pytest.raises(NotFound), transaction():
        rules.switch_rule(people.coordinator.actor, rule_id, active=True)


# --- the tester -------------------------------------------------------------------------------------------------


def test_the_tester_says_which_rule_wins_and_which_it_masks(people: Cast) -> None:
    written(people, "图书馆里的", "图书馆", "library")
    written(people, "中央空调", "空调", "logistics")
    tried = trying.try_text("图书馆的空调太冷", "", None)
    assert [(each.name, each.wins, each.masked_by) for each in tried.matching] == [
        ("图书馆里的", True, ""),
        ("中央空调", False, "图书馆里的"),
    ]


def test_a_switched_off_rule_masks_nothing(people: Cast) -> None:
    first = written(people, "图书馆里的", "图书馆", "library")
    written(people, "中央空调", "空调", "logistics")
    with transaction():
        rules.switch_rule(people.coordinator.actor, first, active=False)
    tried = trying.try_text("图书馆的空调太冷", "", None)
    assert [(each.name, each.wins) for each in tried.matching] == [("中央空调", True)]


def test_what_must_and_what_must_not_be_there_counts(people: Cast) -> None:
    written(people, "楼里的灯", "灯", with_words="教室", without_words="图书馆")
    assert trying.try_text("教室的灯不亮", "", None).matching
    assert not trying.try_text("走廊的灯不亮", "", None).matching
    assert not trying.try_text("图书馆教室的灯不亮", "", None).matching


def test_each_rule_says_what_it_catches_and_how_often_it_was_right(people: Cast) -> None:
    written(people, "灯", "感应灯", "logistics")
    written(people, "楼梯", "楼梯", "library")
    answered(people)  # by logistics
    sent(people.zhou, title="楼梯口有水", body="二教楼梯口的地上全是水，很滑，请来拖一下")
    lamp, stairs = trying.sheet(people.coordinator.actor).rules
    assert (lamp.caught, lamp.won, lamp.judged, lamp.right, lamp.precision) == (1, 1, 1, 1, 1.0)
    assert (stairs.caught, stairs.won, stairs.judged, stairs.precision) == (2, 1, 0, None)
    assert stairs.masked_by == ["灯（1 件）"]


def test_a_report_is_never_an_example_of_a_rule(people: Cast) -> None:
    assert people.auditor.id
    written(people, "灯", "感应灯", "logistics")
    sent(people.lin, kind="report")
    assert trying.sheet(people.coordinator.actor).measured == 0
