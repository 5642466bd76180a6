"""The pages of posters, boards and WeChat: who gets what, what is refused, what is counted."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image
from sqlalchemy import select

from campus_service.app import create_app
from campus_service.bulletin import poster_queries, service
from campus_service.bulletin.commands import Correct, DescribeBoard, PutUpBoard
from campus_service.bulletin.models import Board, BoardScan
from campus_service.bulletin.service import boards
from campus_service.config import Settings
from campus_service.core.audit import AuditEntry
from campus_service.core.clock import today
from campus_service.core.db import db, transaction
from campus_service.core.errors import Conflict, Forbidden, Invalid, NotFound
from campus_service.core.ratelimit import limiter
from campus_service.core.settings import settings as current
from tests.bulletin.stories import EVENT, approved, issue, planned, published, signed
from tests.conftest import Cast, Person

SignInAs = Callable[[FlaskClient, Person], FlaskClient]


@pytest.fixture
def editor(client: FlaskClient, people: Cast, sign_in: SignInAs) -> FlaskClient:
    """沈同学's browser."""
    return sign_in(client, people.editor)


def board(people: Cast, code: str = "library", name: str = "图书馆门口") -> None:
    """沈同学 has put up a board."""
    with transaction():
        boards.put_up(people.editor.actor, PutUpBoard(code=code, name=name))


def scanned(code: str, issue_id: int, count: int, days_ago: int = 0) -> None:
    """The reading page has counted some who came from a board."""
    with transaction():
        day = today() - timedelta(days=days_ago)
        db.session.add(BoardScan(board_code=code, issue_id=issue_id, day=day, count=count))


# --- for everybody ----------------------------------------------------------------------------------------------


def test_everybody_takes_the_poster_of_a_published_issue(client: FlaskClient, people: Cast) -> None:
    out = published(people, approved(people, **EVENT))

    answer = client.get(f"/compass/poster/{out.number}.pdf")

    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert answer.data.startswith(b"%PDF")


def test_a_browser_that_has_the_poster_is_only_told_so_until_it_is_corrected(
    client: FlaskClient, people: Cast
) -> None:
    article = approved(people, **EVENT)
    out = published(people, article)
    number, tag = out.number, client.get(f"/compass/poster/{out.number}.pdf").headers["ETag"]

    again = client.get(f"/compass/poster/{number}.pdf", headers={"If-None-Match": tag})
    with transaction():
        service.correct(people.editor.actor, article, Correct(wrong="一百二十个摊位", right="一百个摊位"))
    corrected = client.get(f"/compass/poster/{number}.pdf", headers={"If-None-Match": tag})

    assert (again.status_code, corrected.status_code) == (304, 200)


def test_nothing_of_an_issue_is_public_before_it_is_out(client: FlaskClient, people: Cast) -> None:
    signed(people, approved(people))

    assert client.get("/compass/poster/1.pdf").status_code == 404


def test_a_poster_that_fails_its_preflight_is_not_public(client: FlaskClient, people: Cast) -> None:
    out = published(people, approved(people, title="招新🎪集市"))

    assert client.get(f"/compass/poster/{out.number}.pdf").status_code == 404


def test_a_board_that_there_is_not_has_no_poster(client: FlaskClient, people: Cast) -> None:
    out = published(people, approved(people))

    assert client.get(f"/compass/poster/{out.number}.pdf?board=nowhere").status_code == 404


@pytest.fixture
def limited(settings: Settings, people: Cast) -> Iterator[Flask]:
    """The same site with limits."""
    app = create_app(settings.model_copy(update={"rate_limits": True}))
    app.config.update(TESTING=True)
    yield app
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    limiter._storage_dead = False


def test_one_address_does_not_take_posters_without_an_end(limited: Flask, people: Cast) -> None:
    number = published(people, approved(people)).number
    reader = limited.test_client()

    met = [reader.get(f"/compass/poster/{number}.pdf").status_code for _time in range(31)]

    assert met == [200] * 30 + [429]


# --- for editors ------------------------------------------------------------------------------------------------


def test_an_editor_sees_the_sheet_with_the_code_of_the_chosen_board(
    editor: FlaskClient, people: Cast
) -> None:
    board(people)
    out = published(people, approved(people, **EVENT))
    id, number = out.id, out.number

    page = editor.get(f"/newsroom/posters/{id}?template=list&paper=a4&board=library").text
    picture = re.search(r'class="nr-poster" src="([^"]+)"', page)
    assert picture
    shown = editor.get(picture[1].replace("&amp;", "&"))

    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(shown.data)))
    assert [each.text for each in found] == [f"{current().base_url}/compass/{number}?board=library"]
    assert page.count("印前检查") == 1
    assert "下载 PDF（A4）" in page


def test_an_editor_sees_a_sample_of_a_planned_issue(editor: FlaskClient, people: Cast) -> None:
    plan = planned(people, approved(people, **EVENT))

    page = editor.get(f"/newsroom/posters/{plan}").text

    assert "样稿" in page
    assert "/compass/poster/" not in page
    assert editor.get(f"/newsroom/posters/{plan}/poster.pdf").data.startswith(b"%PDF")


def test_an_issue_without_an_article_has_no_poster(editor: FlaskClient, people: Cast) -> None:
    assert editor.get(f"/newsroom/posters/{planned(people)}").status_code == 404


def test_a_refused_poster_says_why_and_is_not_given(editor: FlaskClient, people: Cast) -> None:
    id = published(people, approved(people, title="招新🎪集市")).id

    page = editor.get(f"/newsroom/posters/{id}").text
    file = editor.get(f"/newsroom/posters/{id}/poster.pdf")

    assert "字体里没有这些字：🎪" in page
    assert "下载 PDF" not in page
    assert file.status_code == 422
    assert editor.get(f"/newsroom/posters/{id}/long.png").status_code == 422


def test_the_long_picture_is_a_file_to_take_away(editor: FlaskClient, people: Cast) -> None:
    out = published(people, approved(people, **EVENT))

    answer = editor.get(f"/newsroom/posters/{out.id}/long.png")

    assert answer.mimetype == "image/png"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="compass-1.png"'


def test_a_writer_has_no_posters(client: FlaskClient, people: Cast, sign_in: SignInAs) -> None:
    assert sign_in(client, people.writer).get("/newsroom/posters").status_code == 403


# --- boards -----------------------------------------------------------------------------------------------------


def test_a_board_is_put_up_described_and_taken_out_of_use(editor: FlaskClient, people: Cast) -> None:
    put = editor.post("/newsroom/boards", data={"code": "canteen-3", "name": "三食堂", "place": "门口"})
    editor.post("/newsroom/boards/canteen-3", data={"name": "三食堂南门", "place": "右手边"})
    editor.post("/newsroom/boards/canteen-3/use", data={"active": "0"})

    kept = db.session.get_one(Board, "canteen-3")
    assert put.status_code == 303
    assert (kept.name, kept.place, kept.active) == ("三食堂南门", "右手边", False)
    noted = db.session.scalars(select(AuditEntry.action).where(AuditEntry.object_type == "boards")).all()
    assert noted == ["board.put_up", "board.changed", "board.retired"]


@pytest.mark.parametrize(
    ("code", "name", "field"),
    [("Library", "图书馆", "code"), ("library", "又一块", "code"), ("new", "", "name")],
)
def test_a_mistake_keeps_what_was_typed(
    editor: FlaskClient, people: Cast, code: str, name: str, field: str
) -> None:
    board(people)

    answer = editor.post("/newsroom/boards", data={"code": code, "name": name, "place": "二楼"})

    assert answer.status_code == 422
    assert 'value="二楼"' in answer.text
    assert f'id="f-{field}-error"' in answer.text


def test_a_board_that_brought_somebody_stays_and_one_put_up_by_mistake_goes(app: Flask, people: Cast) -> None:
    board(people)
    board(people, "wrong", "写错的")
    scanned("library", published(people, approved(people)).id, 3)

    with transaction():
        boards.remove(people.editor.actor, "wrong")
    with pytest.raises(Conflict), transaction():
        boards.remove(people.editor.actor, "library")

    assert [each.code for each in poster_queries.boards()] == ["library"]


def test_a_used_board_is_not_removed_and_the_page_says_so(editor: FlaskClient, people: Cast) -> None:
    board(people)
    scanned("library", published(people, approved(people)).id, 3)

    answer = editor.post("/newsroom/boards/library/remove")

    assert answer.status_code == 409
    assert "可以停用" in answer.text


def test_only_who_keeps_the_boards_changes_them(app: Flask, people: Cast) -> None:
    for step in (
        lambda: boards.put_up(people.writer.actor, PutUpBoard(code="x", name="某处")),
        lambda: boards.describe(people.writer.actor, "x", DescribeBoard(name="某处")),
        lambda: boards.use(people.writer.actor, "x", False),
        lambda: boards.remove(people.writer.actor, "x"),
    ):
        with pytest.raises(Forbidden):
            step()


def test_what_is_not_there_is_not_changed(app: Flask, people: Cast) -> None:
    with pytest.raises(NotFound):
        boards.use(people.editor.actor, "nowhere", False)
    board(people)
    with pytest.raises(Invalid), transaction():
        boards.put_up(people.editor.actor, PutUpBoard(code="library", name="又一块"))


def test_scans_are_summed_by_issue_and_board_and_nothing_else(editor: FlaskClient, people: Cast) -> None:
    board(people)
    board(people, "gym", "体育馆")
    board(people, "quiet", "没人看的")
    first, second = published(people, approved(people)).id, published(people, approved(people)).id
    scanned("library", first, 3)
    scanned("library", first, 4, days_ago=8)
    scanned("library", second, 1)
    scanned("gym", first, 2)
    with transaction():
        boards.use(people.editor.actor, "quiet", False)

    assert [(each.code, count) for each, count in poster_queries.scans_of_issue(first)] == [
        ("library", 7),
        ("gym", 2),
    ]
    assert poster_queries.scans_of_boards(today() - timedelta(days=6)) == {"library": (8, 4), "gym": (2, 2)}
    assert [counts for _issue, counts in poster_queries.scans_by_issue()] == [
        {"library": 1},
        {"library": 7, "gym": 2},
    ]
    assert "扫过 8 次，近 7 天 4 次" in editor.get("/newsroom/boards").text


# --- WeChat -----------------------------------------------------------------------------------------------------


def test_the_text_to_copy_is_the_text_of_the_preview(editor: FlaskClient, people: Cast) -> None:
    out = published(people, approved(people, **EVENT), approved(people, title="宿舍用电"))
    number, publications = out.number, poster_queries.publications(out.id)
    slug = publications[1].slug

    page = editor.get(f"/newsroom/wechat/{number}/{slug}")
    shown = editor.get(f"/newsroom/wechat/{number}/preview?article={slug}&part=1")

    assert page.status_code == 200
    assert "宿舍用电" in page.text
    policy = shown.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert 'style="' in shown.text
    assert editor.get(f"/newsroom/wechat/{number}/preview?part=2").status_code == 404
    assert editor.get(f"/newsroom/wechat/{number}/nothing").status_code == 404


def test_a_text_that_is_too_long_says_into_how_many_it_is_cut(editor: FlaskClient, people: Cast) -> None:
    long = "\n\n".join("字" * 400 for _n in range(100))
    out = published(people, approved(people, body=long))

    page = editor.get(f"/newsroom/wechat/{out.number}").text

    assert "分成了 3 段" in page
    assert page.count("data-copy-html") == 3


def test_the_pictures_come_as_a_pack(editor: FlaskClient, people: Cast) -> None:
    out = published(people, approved(people))

    answer = editor.get(f"/newsroom/wechat/{out.number}/pictures.zip")

    assert answer.mimetype == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as pack:
        assert pack.namelist() == ["清单.txt"]


def test_only_what_is_out_is_copied(editor: FlaskClient, people: Cast) -> None:
    assert issue(signed(people, approved(people))).number is None

    assert editor.get("/newsroom/wechat/1").status_code == 404
