"""Uploading, taking back and showing photos over HTTP."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from campus_service.core.db import db, transaction
from campus_service.media import service
from tests.conftest import Cast, Person
from tests.media import pictures
from tests.media.pictures import encoded, phone_photo, quarters

SignIn = Callable[[FlaskClient, Person], FlaskClient]
JSON = {"Accept": "application/json"}


@pytest.fixture
def zhou(client: FlaskClient, people: Cast, sign_in: SignIn) -> FlaskClient:
    return sign_in(client, people.zhou)


@pytest.fixture
def guest(app: Flask) -> FlaskClient:
    return app.test_client()


def post(
    client: FlaskClient, *files: tuple[str, bytes], headers: dict[str, str] | None = None
) -> TestResponse:
    # Encoded here: the client would leave the file open that it encodes a large body into.
    parts = [FileStorage(io.BytesIO(data), name) for name, data in files]
    boundary, body = encode_multipart({"photo": parts})
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post("/photos", data=body, content_type=kind, headers=headers or {})


def uploaded(client: FlaskClient) -> str:
    """The key of a photo just uploaded."""
    answer = post(client, ("IMG_1.jpg", phone_photo()), headers=JSON)
    assert answer.status_code == 201
    return str(answer.get_json()["key"])


def publish(people: Cast, key: str, private: bool = False) -> None:
    with transaction():
        service.attach(people.zhou.actor, [key], "found_item", 1, private)


def test_one_photo_is_answered_as_itself(zhou: FlaskClient) -> None:
    answer = post(zhou, ("IMG_1.jpg", phone_photo()), headers=JSON)
    body = answer.get_json()
    assert answer.status_code == 201
    assert body == {
        "key": body["key"],
        "width": 720,
        "height": 960,
        "colour": body["colour"],
        "url_320": f"/photos/{body['key']}/320.jpg",
        "url_960": f"/photos/{body['key']}/960.jpg",
    }
    assert pictures.carries_only_a_picture(zhou.get(body["url_320"]).data)


def test_a_browser_gets_thumbnails(zhou: FlaskClient) -> None:
    answer = post(zhou, ("IMG_1.jpg", phone_photo()), ("IMG_2.jpg", phone_photo()))
    text = answer.get_data(as_text=True)
    assert answer.status_code == 201
    assert text.count('<input type="hidden" name="photos"') == 2
    assert 'width="240" height="320"' in text


def test_a_bad_photo_does_not_cost_the_good_ones(zhou: FlaskClient) -> None:
    files = (("a.jpg", phone_photo()), ("b.gif", b"GIF89a" + bytes(9)), ("c.jpg", phone_photo()[:9000]))
    body = post(zhou, *files, headers=JSON).get_json()
    assert len(body["photos"]) == 1
    assert [(each["name"], each["code"]) for each in body["refused"]] == [
        ("b.gif", "unsupported_format"),
        ("c.jpg", "truncated"),
    ]


@pytest.mark.parametrize(
    ("data", "status", "words"),
    [
        (b"", 415, "这个文件不是照片"),
        (b"II*\x00" + bytes(50), 415, "不支持 TIFF 文件"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", 415, "不支持 SVG 文件"),
        (bytes(8 * 1024 * 1024 + 1), 413, "照片超过 8 MB"),
        (pictures.png_header(65_535, 65_535), 422, "照片有 65535 × 65535 像素"),
        (encoded(quarters())[:3000], 422, "照片不完整或已损坏"),
    ],
    ids=["empty", "tiff", "svg", "9 MB", "bomb", "truncated"],
)
def test_a_refusal_names_the_photo_and_says_what_to_do(
    zhou: FlaskClient, data: bytes, status: int, words: str
) -> None:
    answer = post(zhou, ("校园 卡<b>.jpg", data), headers=JSON)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["detail"].startswith("“校园 卡<b>.jpg”：" + words)
    page = post(zhou, ("校园 卡<b>.jpg", data))
    text = page.get_data(as_text=True)
    assert page.status_code == status
    assert "校园 卡&lt;b&gt;.jpg" in text
    assert words in text
    assert "<b>" not in text


def test_an_upload_without_a_file_is_told_so(zhou: FlaskClient) -> None:
    answer = zhou.post("/photos", headers=JSON)
    assert (answer.status_code, answer.get_json()["errors"]["photo"]) == (422, "请先选一张照片。")


def test_seven_files_at_once_are_too_many(zhou: FlaskClient) -> None:
    answer = post(zhou, *[(f"{n}.jpg", b"x") for n in range(7)], headers=JSON)
    assert (answer.status_code, answer.get_json()["errors"]["photo"]) == (422, "一次最多 6 张照片。")


def test_a_body_beyond_the_cap_is_refused_before_it_is_read(zhou: FlaskClient) -> None:
    answer = post(zhou, *[(f"{n}.jpg", bytes(8 * 1024 * 1024)) for n in range(7)], headers=JSON)
    assert answer.status_code == 413


def test_a_visitor_is_asked_to_sign_in(guest: FlaskClient) -> None:
    assert post(guest, ("IMG_1.jpg", phone_photo()), headers=JSON).status_code == 401


def test_the_api_takes_photos_too(zhou: FlaskClient) -> None:
    answer = zhou.post("/api/v1/photos", data={"photo": (io.BytesIO(phone_photo()), "a.jpg")})
    assert answer.status_code == 201
    assert answer.get_json()["key"]


def test_a_full_disk_is_said_and_leaves_nothing(
    zhou: FlaskClient, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(_handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    answer = post(zhou, ("IMG_1.jpg", phone_photo()), headers=JSON)
    assert (answer.status_code, "存储空间满了" in answer.get_json()["detail"]) == (507, True)
    monkeypatch.undo()
    assert [path for path in (tmp_path / "data" / "uploads").rglob("*") if path.is_file()] == []
    assert uploaded(zhou)


def test_eight_uploads_at_once_all_arrive(app: Flask, people: Cast, sign_in: SignIn) -> None:
    clients = [sign_in(app.test_client(), people.zhou) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(uploaded, clients))
    assert len(set(keys)) == 8


def test_the_uploader_takes_a_photo_back(zhou: FlaskClient) -> None:
    key = uploaded(zhou)
    assert zhou.delete(f"/photos/{key}", headers=JSON).status_code == 204
    assert zhou.get(f"/photos/{key}/320.jpg").status_code == 404


def test_htmx_gets_an_empty_answer_to_swap(zhou: FlaskClient) -> None:
    answer = zhou.delete(f"/photos/{uploaded(zhou)}")
    assert (answer.status_code, answer.data) == (200, b"")


def test_others_do_not_take_it_back(zhou: FlaskClient, app: Flask, people: Cast, sign_in: SignIn) -> None:
    key = uploaded(zhou)
    wu = sign_in(app.test_client(), people.wu)
    assert wu.delete(f"/photos/{key}", headers=JSON).status_code == 404
    assert zhou.get(f"/photos/{key}/320.jpg").status_code == 200


def test_a_public_photo_may_be_kept_for_ever(zhou: FlaskClient, guest: FlaskClient, people: Cast) -> None:
    key = uploaded(zhou)
    publish(people, key)
    answer = guest.get(f"/photos/{key}/960.jpg")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert_confined(answer)
    again = guest.get(f"/photos/{key}/960.jpg", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_a_public_photo_costs_one_query(zhou: FlaskClient, people: Cast) -> None:
    key = uploaded(zhou)
    publish(people, key)
    statements: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
    assert zhou.get(f"/photos/{key}/320.jpg").status_code == 200
    assert len([text for text in statements if "SELECT" in text]) == 1


def assert_confined(answer: TestResponse) -> None:
    assert answer.content_type == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers.getlist("Content-Security-Policy") == ["sandbox; default-src 'none'"]
    assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("size", [320, 960, 2048])
def test_every_size_is_shown_in_its_size(zhou: FlaskClient, size: int) -> None:
    from PIL import Image

    answer = zhou.get(f"/photos/{uploaded(zhou)}/{size}.jpg")
    assert max(Image.open(io.BytesIO(answer.data)).size) == min(size, 1600)


@pytest.mark.parametrize(
    "path", ["{key}/321.jpg", "{key}/960.png", "{key}/99999999999999999999.jpg", "%00/320.jpg"]
)
def test_what_there_is_not_is_not_found(zhou: FlaskClient, path: str) -> None:
    assert zhou.get("/photos/" + path.format(key=uploaded(zhou))).status_code == 404


def test_who_opens_the_address_of_no_photo_reads_a_page(guest: FlaskClient) -> None:
    answer = guest.get(f"/photos/{'0' * 32}/960.jpg", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    bare = guest.get(f"/photos/{'0' * 32}/960.jpg", headers={"Accept": "image/avif,image/webp,*/*;q=0.8"})
    assert (bare.status_code, bare.data) == (404, b"")


def test_an_unattached_photo_is_its_uploaders_alone(
    zhou: FlaskClient, guest: FlaskClient, app: Flask, people: Cast, sign_in: SignIn
) -> None:
    path = f"/photos/{uploaded(zhou)}/320.jpg"
    he = sign_in(app.test_client(), people.he)
    assert [client.get(path).status_code for client in (zhou, he, guest)] == [200, 404, 404]
    answer = zhou.get(path)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert_confined(answer)


def test_a_private_photo_is_for_the_uploader_and_staff(
    zhou: FlaskClient, guest: FlaskClient, app: Flask, people: Cast, sign_in: SignIn
) -> None:
    key = uploaded(zhou)
    publish(people, key, private=True)
    wu, desk = (sign_in(app.test_client(), person) for person in (people.wu, people.desk))
    path = f"/photos/{key}/960.jpg"
    assert [client.get(path).status_code for client in (zhou, desk, wu, guest)] == [200, 200, 404, 404]
    assert desk.get(path).headers["Cache-Control"] == "private, no-store"


def test_an_etag_does_not_open_a_private_photo(zhou: FlaskClient, guest: FlaskClient, people: Cast) -> None:
    key = uploaded(zhou)
    publish(people, key)
    etag = guest.get(f"/photos/{key}/960.jpg").headers["ETag"]
    with transaction():
        service.set_private("found_item", 1, True)
    assert guest.get(f"/photos/{key}/960.jpg", headers={"If-None-Match": etag}).status_code == 404


def test_a_lost_file_shows_a_drawn_stand_in(zhou: FlaskClient, guest: FlaskClient, people: Cast) -> None:
    key = uploaded(zhou)
    publish(people, key)
    service.storage().delete(f"{key}-960.jpg")
    answer = guest.get(f"/photos/{key}/960.jpg")
    assert (answer.status_code, answer.mimetype) == (200, "image/svg+xml")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert 'width="720" height="960"' in answer.get_data(as_text=True)
    assert guest.get(f"/photos/{key}/320.jpg").mimetype == "image/jpeg"


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_no_picture_of_pillows_makes_the_site_fail(
    zhou: FlaskClient, pillow_images: list[tuple[str, bytes]]
) -> None:
    outcomes: dict[int, int] = {}
    for name, data in pillow_images:
        answer = post(zhou, (name, data), headers=JSON)
        outcomes[answer.status_code] = outcomes.get(answer.status_code, 0) + 1
        if answer.status_code == 201:
            take_back(zhou, answer.get_json())
    assert set(outcomes) == {201, 413, 415, 422}
    assert outcomes[201] > 450


def take_back(client: FlaskClient, photo: dict[str, Any]) -> None:
    assert client.delete(f"/photos/{photo['key']}", headers=JSON).status_code == 204
