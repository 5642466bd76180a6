"""What a claimant said and showed is gone on its day, whatever way the claim ended, and not a day earlier."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from campus_service.core.clock import BEIJING, freeze
from campus_service.core.db import db, transaction
from campus_service.lostfound import service
from campus_service.lostfound.commands import Abort, Appeal, CheckIdentity, Decide
from campus_service.lostfound.models import Claim, Pickup
from campus_service.lostfound.service import upkeep
from campus_service.media import service as media
from campus_service.media.models import Photo, file_names
from tests.conftest import Cast
from tests.everything import photo
from tests.lostfound.stories import at_the_desk, claimed, held, ready

Work = Callable[[], int]
Story = Callable[[Cast, int], None]
REFUSED = Decide(approve=False, reason="说的记号对不上")


def approve(people: Cast, claim: int) -> None:
    with transaction():
        service.decide(people.he.actor, claim, Decide(approve=True))


def refuse(people: Cast, claim: int) -> None:
    with transaction():
        service.decide(people.he.actor, claim, REFUSED)


def appeal(people: Cast, claim: int) -> None:
    refuse(people, claim)
    with transaction():
        service.appeal(people.lin.actor, claim, Appeal(text="水洗标是我自己剪的"))


def withdraw(people: Cast, claim: int) -> None:
    with transaction():
        service.withdraw_claim(people.lin.actor, claim)


def abort(people: Cast, claim: int) -> None:
    approve(people, claim)
    pickup = at_the_desk(people, claim)
    with transaction():
        service.check_identity(people.desk.actor, pickup, CheckIdentity(id_type="passport", id_last4="0001"))
    with transaction():
        service.abort_pickup(people.desk.actor, pickup, Abort(reason="证件不是本人的"))


def collect(people: Cast, claim: int) -> None:
    pickup = ready(people, claim)
    with transaction():
        service.confirm_return(people.he.actor, pickup)


def expire(people: Cast, claim: int) -> None:
    with transaction():
        upkeep.daily()


def nothing(people: Cast, claim: int) -> None:
    pass


def decide_again(people: Cast, claim: int) -> None:
    from campus_service.core.permissions import Role
    from tests.conftest import new_colleague

    other = new_colleague("W0099", "高老师", Role.SECURITY)
    with transaction():
        service.decide(other.actor, claim, REFUSED)


# How a claim begins on the first day, and how it ends later.
STORIES: dict[str, tuple[Story, Story]] = {
    "refused": (nothing, refuse),
    "withdrawn": (nothing, withdraw),
    "approved and withdrawn": (approve, withdraw),
    "aborted and withdrawn": (abort, withdraw),
    "collected": (approve, collect),
    "expired": (approve, expire),
    "appealed and withdrawn": (appeal, withdraw),
    "appealed and refused": (appeal, decide_again),
}
BEGUN = datetime(2026, 3, 2, 9, 0, tzinfo=BEIJING)


@pytest.fixture
def told(people: Cast) -> tuple[int, str]:
    """A claim of 林小满 with a photo."""
    with freeze(BEGUN):
        key = photo(people.lin)
        return claimed(people.lin, held(people), photos=[key]), key


def evidence(claim_id: int, key: str) -> list[bool]:
    """Whether words, document, row and files of the photo are kept."""
    db.session.expire_all()
    claim = db.session.get_one(Claim, claim_id)
    last = db.session.scalars(select(Pickup.id_last4).where(Pickup.claim_id == claim_id)).all()
    row = db.session.scalar(select(Photo.id).where(Photo.key == key))
    files = [media.storage().exists(name) for name in file_names(key)]
    words = [bool(words) for words in (claim.answer, claim.when_where)] + ([True] if claim.appeal else [])
    return [any(words), any(last), row is not None, any(files)]


def morning(day: datetime, later: int) -> datetime:
    return datetime.combine(day.date() + timedelta(days=later), datetime.min.time(), BEIJING).replace(hour=8)


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("hour", [0, 23], ids=["just after midnight", "late"])
def test_the_evidence_of_a_claim_is_gone_on_its_day(
    people: Cast, work: Work, told: tuple[int, str], story: str, hour: int
) -> None:
    claim, key = told
    begin, finish = STORIES[story]
    with freeze(BEGUN):
        begin(people, claim)
    # An expired code is ended by the daily job, a week later; the others within the code's five working days.
    ended = (BEGUN + timedelta(days=8 if story == "expired" else 3)).replace(hour=hour, minute=30)
    with freeze(ended):
        finish(people, claim)
    for later, kept in ((upkeep.EVIDENCE_DAYS - 1, True), (upkeep.EVIDENCE_DAYS, False)):
        with freeze(morning(ended, later)):
            with transaction():
                upkeep.daily()
            work()
        words, last, row, files = evidence(claim, key)
        assert (words, row, files) == (kept, kept, kept), later
        assert last is (kept and story in ("aborted and withdrawn", "collected"))


def test_a_claim_that_is_not_over_keeps_its_evidence(people: Cast, work: Work, told: tuple[int, str]) -> None:
    claim, key = told
    with freeze(BEGUN):
        appeal(people, claim)
    with freeze(BEGUN + timedelta(days=400)):
        with transaction():
            upkeep.daily()
        work()
    assert evidence(claim, key) == [True, False, True, True]


def test_an_appeal_stops_the_days_of_the_refusal(people: Cast, told: tuple[int, str]) -> None:
    claim, key = told
    with freeze(BEGUN):
        refuse(people, claim)
    with freeze(BEGUN + timedelta(days=60)), transaction():
        service.appeal(people.lin.actor, claim, Appeal(text="水洗标是我自己剪的"))
    with freeze(BEGUN + timedelta(days=100)), transaction():
        upkeep.daily()
    assert evidence(claim, key)[0]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ended=st.integers(0, 60 * 24 * 30), looked=st.integers(0, 60 * 24 * 130))
def test_at_any_minute_the_day_decides(people: Cast, told: tuple[int, str], ended: int, looked: int) -> None:
    claim_id, _key = told
    end = BEGUN + timedelta(minutes=ended)
    look = end + timedelta(minutes=looked)
    with transaction() as session:
        claim = session.get_one(Claim, claim_id)
        claim.state, claim.ended_at, claim.answer = claim.state.REJECTED, end, "水洗标剪掉了半截"
    with freeze(look), transaction():
        upkeep._purge_evidence()
    gone = (look.date() - end.date()).days >= upkeep.EVIDENCE_DAYS
    assert (db.session.get_one(Claim, claim_id).answer == "") is gone
