"""Anonymous messages: the receipt opens them, and nothing that is kept leads to who sent them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from campus_service.config import Settings
from campus_service.core.actor import Actor
from campus_service.core.db import Base, db, transaction
from campus_service.core.errors import Invalid, NotFound
from campus_service.feedback import queries, service
from campus_service.feedback.commands import AddMessage, GiveVerdict, Say
from campus_service.feedback.states import CaseState
from campus_service.media import service as media
from tests.conftest import Cast
from tests.everything import photo
from tests.feedback.stories import anonymous, case


def test_the_receipt_has_sixteen_digits_and_opens_the_case(people: Cast) -> None:
    made = anonymous()
    assert len(made.receipt) == 16
    assert made.receipt.isdigit()
    assert service.open_receipt(made.receipt).no == made.no
    spaced = " ".join(made.receipt[at : at + 4] for at in range(0, 16, 4))
    assert service.open_receipt(spaced).no == made.no


def test_a_wrong_receipt_opens_nothing(people: Cast) -> None:
    made = anonymous()
    other = f"{(int(made.receipt) + 1) % 10**16:016d}"
    with pytest.raises(NotFound):
        service.open_receipt(other)
    with pytest.raises(Invalid):
        service.open_receipt("1234")


def test_only_hashes_of_the_receipt_are_kept(people: Cast) -> None:
    made = anonymous()
    row = case(made.no)
    assert row.receipt_hash.startswith("$argon2id$")
    assert made.receipt not in everything_stored()


def test_the_same_form_sent_twice_shows_the_same_receipt(people: Cast) -> None:
    assert anonymous(request_key="the form") == anonymous(request_key="the form")


def test_both_sides_can_write(people: Cast) -> None:
    made = anonymous()
    with transaction():
        service.accept(people.officer.actor, made.no)
    with transaction():
        service.ask(people.officer.actor, made.no, Say(body="是哪一层？"))
    with transaction():
        service.add_message(Actor.visitor(), made.no, AddMessage(body="二楼"), receipt=made.receipt)
    assert case(made.no).state is CaseState.IN_PROGRESS
    with pytest.raises(NotFound), transaction():
        service.add_message(Actor.visitor(), made.no, AddMessage(body="我不是他"), receipt="0" * 16)


def test_the_hour_is_all_that_is_kept_of_when_it_was_written(people: Cast) -> None:
    made = anonymous()
    row = case(made.no)
    assert (row.created_at.minute, row.created_at.second) == (0, 0)
    assert all(event.at.minute == 0 for event in queries.events(row.id) if event.type == "received")


CANARIES = {
    "REMOTE_ADDR": "203.0.113.77",
    "HTTP_USER_AGENT": "CanaryBrowser/42.17 (leave-no-trace)",
    "HTTP_ACCEPT_LANGUAGE": "zh-CN,zh;q=0.9",
    "HTTP_REFERER": "http://campus.test/feedback/new?from=canary-referrer",
}


def test_nothing_that_is_stored_leads_to_a_signed_in_person_who_hid_his_name(
    people: Cast, settings: Settings, work: Callable[[], int]
) -> None:
    """林小满 is signed in, hides her name, attaches a photo, writes again and gives a verdict."""
    key = photo(people.lin)
    made = anonymous(people.lin, photos=[key], request_key="canary-key-77")
    with transaction():
        service.accept(people.officer.actor, made.no)
    from campus_service.feedback.commands import WriteAnswer

    with transaction():
        service.add_message(people.lin.actor, made.no, AddMessage(body="再补一句"), receipt=made.receipt)
    with transaction():
        service.answer(people.officer.actor, made.no, WriteAnswer(body="修好了，谢谢。", outcome="solved"))
    with transaction():
        service.give_verdict(
            people.lin.actor, made.no, GiveVerdict(solved=True, rating=5), receipt=made.receipt
        )
    work()
    assert not rows_that_link(case(made.no).id, made.no, people.lin.id)
    assert media.find(key).uploaded_by is None
    assert "canary-key-77" not in everything_stored()


def rows_that_link(case_id: int, no: str, person_id: int) -> list[str]:
    """Rows of any table that name both the case and the person."""
    wrong = []
    for table in Base.metadata.sorted_tables:
        people = [
            column.name
            for fk in table.foreign_keys
            if fk.column.table.name == "users"
            for column in [fk.parent]
        ]
        for row in db.session.execute(sa.select(table)).mappings():
            about = (
                row.get("case_id") == case_id
                or no in repr(dict(row))
                or (table.name == "cases" and row["id"] == case_id)
            )
            named = any(row[name] == person_id for name in people) or (
                table.name == "audit_log" and row["actor_id"] == person_id
            )
            if about and named:
                wrong.append(f"{table.name}: {dict(row)}")
    return wrong


def everything_stored() -> str:
    """The whole database as text."""
    parts = []
    for table in Base.metadata.sorted_tables:
        parts += [repr(dict(row)) for row in db.session.execute(sa.select(table)).mappings()]
    return "\n".join(parts)


def files_below(folder: Path) -> bytes:
    """Every file of the data directory, index and queue and limits among them."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            data = path.read_bytes()
            found.append(gzip.decompress(data) if path.suffix == ".gz" else data)
    return b"\n".join(found)
