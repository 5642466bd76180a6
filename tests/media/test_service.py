"""Photos belong first to their uploader, then to one owner; files and rows live and die together."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import event, func, select

from campus_service.core.actor import Actor
from campus_service.core.clock import freeze, now
from campus_service.core.db import db, transaction
from campus_service.core.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    NotFound,
    SignInNeeded,
    TooMany,
)
from campus_service.media import decoder, service, upkeep
from campus_service.media.cleaned import Cleaned
from campus_service.media.errors import ImageRefused
from campus_service.media.models import Photo, file_names
from campus_service.media.storage import MissingFile
from tests.conftest import Cast
from tests.media.pictures import phone_photo

Work = Callable[[], int]


@pytest.fixture(scope="module")
def cleaned() -> Cleaned:
    return decoder.clean(phone_photo())


@pytest.fixture
def uploads(app: Flask, tmp_path: Path) -> Path:
    return tmp_path / "data" / "uploads"


def files_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def upload(actor: Actor, cleaned: Cleaned) -> Photo:
    with transaction():
        return service.store(actor, cleaned)


def attach(actor: Actor, keys: list[str], owner_id: int = 1, private: bool = False) -> list[Photo]:
    with transaction():
        return service.attach(actor, keys, "found_item", owner_id, private)


def count() -> int:
    return db.session.scalar(select(func.count()).select_from(Photo)) or 0


def test_a_stored_photo_has_its_row_and_three_files(people: Cast, cleaned: Cleaned, uploads: Path) -> None:
    photo = upload(people.zhou.actor, cleaned)
    assert (photo.width, photo.height) == (720, 960)
    assert (photo.w320, photo.h320, photo.w2048, photo.h2048) == (240, 320, 1200, 1600)
    assert photo.colour == cleaned.colour
    assert files_in(uploads) == sorted(file_names(photo.key))
    assert service.read(photo, 960) == cleaned.rendition(960).data


def test_bytes_may_be_stored_directly(people: Cast) -> None:
    with transaction():
        photo = service.store(people.zhou.actor, phone_photo())
    assert photo.uploaded_by == people.zhou.id


def test_the_key_has_128_random_bits(people: Cast, cleaned: Cleaned) -> None:
    keys = {upload(people.zhou.actor, cleaned).key for _ in range(5)}
    assert len(keys) == 5
    assert all(len(bytes.fromhex(key)) == 16 for key in keys)


def test_a_refused_photo_leaves_nothing(people: Cast, uploads: Path) -> None:
    with pytest.raises(ImageRefused), transaction():
        service.store(people.zhou.actor, b"not a photo")
    assert (count(), files_in(uploads)) == (0, [])


def test_a_visitor_stores_nothing(people: Cast, cleaned: Cleaned, uploads: Path) -> None:
    with pytest.raises(SignInNeeded):
        upload(Actor.visitor(), cleaned)
    assert files_in(uploads) == []


def test_when_the_transaction_fails_the_files_go(people: Cast, cleaned: Cleaned, uploads: Path) -> None:
    with pytest.raises(KeyError), transaction():
        service.store(people.zhou.actor, cleaned)
        assert len(files_in(uploads)) == 3
        raise KeyError("something else in the same form")
    assert (count(), files_in(uploads)) == (0, [])


def test_when_only_a_savepoint_fails_only_its_files_go(people: Cast, cleaned: Cleaned, uploads: Path) -> None:
    with transaction() as session:
        before = service.store(people.zhou.actor, cleaned)
        with pytest.raises(KeyError), session.begin_nested():
            service.store(people.zhou.actor, cleaned)
            with session.begin_nested():
                service.store(people.zhou.actor, cleaned)
            raise KeyError("one line of an import")
        with session.begin_nested():
            after = service.store(people.zhou.actor, cleaned)
    assert count() == 2
    assert files_in(uploads) == sorted(file_names(before.key) + file_names(after.key))


def test_a_released_savepoint_does_not_keep_files_of_a_failed_transaction(
    people: Cast, cleaned: Cleaned, uploads: Path
) -> None:
    with pytest.raises(KeyError), transaction() as session:
        with session.begin_nested():
            service.store(people.zhou.actor, cleaned)
        raise KeyError("later")
    assert files_in(uploads) == []


def test_sixty_waiting_photos_are_enough(
    people: Cast, cleaned: Cleaned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_UNATTACHED", 2)
    first = upload(people.zhou.actor, cleaned)
    upload(people.zhou.actor, cleaned)
    upload(people.lin.actor, cleaned)
    with pytest.raises(TooMany):
        upload(people.zhou.actor, cleaned)
    attach(people.zhou.actor, [first.key])
    assert upload(people.zhou.actor, cleaned).key


def test_photos_are_attached_in_the_order_of_the_form(people: Cast, cleaned: Cleaned) -> None:
    keys = [upload(people.zhou.actor, cleaned).key for _ in range(3)]
    wanted = [keys[2], keys[0], keys[1]]
    attached = attach(people.zhou.actor, wanted)
    assert [photo.key for photo in attached] == wanted
    assert [photo.position for photo in attached] == [0, 1, 2]
    assert [photo.key for photo in service.photos_of("found_item", [1])[1]] == wanted


def test_further_photos_stand_behind_and_fill_gaps(people: Cast, cleaned: Cleaned) -> None:
    keys = [upload(people.zhou.actor, cleaned).key for _ in range(3)]
    attach(people.zhou.actor, keys[:2])
    with transaction():
        assert service.remove_from("found_item", 1, [keys[0]]) == 1
    assert attach(people.zhou.actor, [keys[2]])[0].position == 0


def test_nobody_attaches_the_photo_of_another(people: Cast, cleaned: Cleaned) -> None:
    photo = upload(people.zhou.actor, cleaned)
    for actor in (people.wu.actor, people.he.actor, Actor.system()):
        with pytest.raises(Invalid):
            attach(actor, [photo.key])
    with pytest.raises(SignInNeeded):
        attach(Actor.visitor(), [photo.key])
    assert service.photos_of("found_item", [1]) == {}


def test_a_photo_is_attached_once(people: Cast, cleaned: Cleaned) -> None:
    photo = upload(people.zhou.actor, cleaned)
    attach(people.zhou.actor, [photo.key], owner_id=1)
    with pytest.raises(Invalid):
        attach(people.zhou.actor, [photo.key], owner_id=2)
    assert list(service.photos_of("found_item", [1, 2])) == [1]


def test_one_bad_key_attaches_none(people: Cast, cleaned: Cleaned) -> None:
    photo = upload(people.zhou.actor, cleaned)
    with pytest.raises(Invalid):
        attach(people.zhou.actor, [photo.key, "0" * 32])
    assert service.photos_of("found_item", [1]) == {}


def test_an_owner_has_at_most_six(people: Cast, cleaned: Cleaned) -> None:
    keys = [upload(people.zhou.actor, cleaned).key for _ in range(7)]
    with pytest.raises(Invalid):
        attach(people.zhou.actor, keys)
    attach(people.zhou.actor, keys[:5])
    with pytest.raises(Invalid):
        attach(people.zhou.actor, keys[5:])
    attach(people.zhou.actor, keys[5:6])
    assert len(service.photos_of("found_item", [1])[1]) == 6


def test_the_system_attaches_what_it_stored(people: Cast, cleaned: Cleaned) -> None:
    photo = upload(Actor.system(), cleaned)
    assert attach(Actor.system(), [photo.key])[0].uploaded_by is None


def test_forms_sent_at_once_use_a_photo_once(app: Flask, people: Cast, cleaned: Cleaned) -> None:
    photo = upload(people.zhou.actor, cleaned)
    outcomes = at_once(app, [partial(attach, people.zhou.actor, [photo.key], owner_id=n) for n in range(8)])
    assert outcomes.count("done") == 1
    assert len(service.photos_of("found_item", range(8))) == 1


def test_forms_sent_at_once_do_not_overfill_an_owner(app: Flask, people: Cast, cleaned: Cleaned) -> None:
    keys = [upload(people.zhou.actor, cleaned).key for _ in range(8)]
    at_once(app, [partial(attach, people.zhou.actor, [key]) for key in keys])
    positions = [photo.position for photo in service.photos_of("found_item", [1])[1]]
    assert positions == list(range(len(positions)))
    assert len(positions) <= 6


def at_once(app: Flask, calls: list[Callable[[], object]]) -> list[str]:
    """Run the calls in threads that start together; what became of each."""
    outcomes: list[str] = []
    start = threading.Barrier(len(calls))

    def run(call: Callable[[], object]) -> None:
        with app.app_context():
            start.wait()
            try:
                call()
                outcomes.append("done")
            except DomainError as error:
                outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == len(calls)
    return outcomes


def test_the_photos_of_many_owners_take_one_query(people: Cast, cleaned: Cleaned) -> None:
    for owner in (1, 2, 3):
        attach(people.zhou.actor, [upload(people.zhou.actor, cleaned).key], owner_id=owner)
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert sorted(service.photos_of("found_item", [1, 2, 3, 4])) == [1, 2, 3]
    assert len([text for text in statements if text.startswith("SELECT")]) == 1
    assert service.photos_of("found_item", []) == {}


def test_a_form_shown_again_keeps_the_actors_own_photos(people: Cast, cleaned: Cleaned) -> None:
    mine = [upload(people.zhou.actor, cleaned).key for _ in range(2)]
    other = upload(people.lin.actor, cleaned).key
    kept = service.waiting_photos(people.zhou.actor, [mine[1], other, "\x00", mine[0]])
    assert [photo.key for photo in kept] == [mine[1], mine[0]]


def test_removing_takes_row_and_files(people: Cast, cleaned: Cleaned, uploads: Path, work: Work) -> None:
    photo = upload(people.zhou.actor, cleaned)
    with transaction():
        service.remove(people.zhou.actor, photo.key)
    assert count() == 0
    work()
    assert files_in(uploads) == []


def test_when_the_removal_is_rolled_back_the_files_stay(
    people: Cast, cleaned: Cleaned, uploads: Path, work: Work
) -> None:
    photo = upload(people.zhou.actor, cleaned)
    with pytest.raises(KeyError), transaction():
        service.remove(people.zhou.actor, photo.key)
        raise KeyError("something else")
    work()
    assert (count(), len(files_in(uploads))) == (1, 3)


def test_only_the_uploader_removes_a_waiting_photo(people: Cast, cleaned: Cleaned) -> None:
    photo = upload(people.zhou.actor, cleaned)
    with pytest.raises(NotFound), transaction():
        service.remove(people.wu.actor, photo.key)
    with pytest.raises(SignInNeeded), transaction():
        service.remove(Actor.visitor(), photo.key)
    attach(people.zhou.actor, [photo.key])
    with pytest.raises(Forbidden), transaction():
        service.remove(people.wu.actor, photo.key)
    with pytest.raises(Conflict), transaction():
        service.remove(people.zhou.actor, photo.key)
    assert count() == 1


def test_discarding_takes_only_ones_own_waiting_photos(people: Cast, cleaned: Cleaned) -> None:
    waiting, used = (upload(people.zhou.actor, cleaned).key for _ in range(2))
    other = upload(people.lin.actor, cleaned).key
    attach(people.zhou.actor, [used])
    with transaction():
        assert service.discard(people.zhou.actor, [waiting, used, other, "nonsense"]) == 1
    assert count() == 2


def test_an_owner_that_goes_takes_its_photos_along(
    people: Cast, cleaned: Cleaned, uploads: Path, work: Work
) -> None:
    gone, stays = (upload(people.zhou.actor, cleaned) for _ in range(2))
    attach(people.zhou.actor, [gone.key], owner_id=1)
    attach(people.zhou.actor, [stays.key], owner_id=2)
    with transaction():
        assert service.delete_for("found_item", 1) == 1
    work()
    assert files_in(uploads) == sorted(file_names(stays.key))


def test_who_may_see_which_photo(people: Cast, cleaned: Cleaned) -> None:
    everybody = {"visitor": Actor.visitor()} | {
        name: getattr(people, name).actor for name in ("zhou", "wu", "desk")
    }

    def viewers(photo: Photo) -> set[str]:
        return {name for name, actor in everybody.items() if service.may_see(actor, photo)}

    photo = upload(people.zhou.actor, cleaned)
    assert viewers(photo) == {"zhou"}
    photo = attach(people.zhou.actor, [photo.key])[0]
    assert viewers(photo) == {"visitor", "zhou", "wu", "desk"}
    with transaction():
        service.set_private("found_item", 1, True)
    assert viewers(service.find(photo.key)) == {"zhou", "desk"}


def test_a_feature_may_open_private_photos_to_more_people(
    people: Cast, cleaned: Cleaned, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_owner_policies", {})
    photo = upload(people.zhou.actor, cleaned)
    with transaction():
        photo = service.attach(people.zhou.actor, [photo.key], "letter", 7, private=True)[0]
    assert not service.may_see(people.wu.actor, photo)
    service.allow("letter", lambda actor, owner_id: actor.id == people.wu.id and owner_id == 7)
    assert service.may_see(people.wu.actor, photo)
    assert not service.may_see(people.lin.actor, photo)


def test_a_key_that_is_none_is_not_found(app: Flask) -> None:
    for key in ("", "0" * 32, "\x00" * 32, "' OR 1=1 --", "Ａ" * 32):
        with pytest.raises(NotFound):
            service.find(key)


def test_photos_that_waited_a_day_are_purged(
    people: Cast, cleaned: Cleaned, uploads: Path, work: Work
) -> None:
    with freeze(now() - timedelta(hours=25)):
        upload(people.zhou.actor, cleaned)
        used = upload(people.zhou.actor, cleaned)
        attach(people.zhou.actor, [used.key])
    fresh = upload(people.zhou.actor, cleaned)
    from campus_service.jobs import enqueue

    with transaction():
        enqueue("media.purge_unattached", {})
    work()
    assert files_in(uploads) == sorted(file_names(used.key) + file_names(fresh.key))
    assert count() == 2


def test_the_file_check_names_exactly_what_is_missing(people: Cast, cleaned: Cleaned, uploads: Path) -> None:
    lost, whole = (upload(people.zhou.actor, cleaned) for _ in range(2))
    assert list(upkeep.missing_files()) == []
    service.storage().delete(f"{lost.key}-960.jpg")
    assert list(upkeep.missing_files()) == [f"{lost.key}-960.jpg"]
    with pytest.raises(MissingFile):
        service.read(lost, 960)
    assert service.read(whole, 960)


def test_files_without_a_row_are_swept_once_they_are_old(
    people: Cast, cleaned: Cleaned, uploads: Path, work: Work
) -> None:
    known = upload(people.zhou.actor, cleaned)
    service.storage().put(f"{'ab' * 16}-320.jpg", b"left by a process that died")
    assert upkeep.remove_orphans() == 0
    with freeze(now() + timedelta(hours=25)):
        from campus_service.jobs import enqueue

        with transaction():
            enqueue("media.remove_orphans", {})
        work()
    assert files_in(uploads) == sorted(file_names(known.key))
