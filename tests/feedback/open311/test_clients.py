"""Clients that others wrote, as they come from the package index, talk to the server over a real connection."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from civicbot import HttpTransport, Open311Client
from civicbot.http import HttpError, RateLimiter
from civicbot.registry import Endpoint
from flask import Flask
from georeport import GeoReport
from werkzeug.serving import make_server

from campus_service.feedback.open311.services import SERVICES
from tests.conftest import Cast
from tests.feedback.open311.conftest import key_of
from tests.feedback.stories import answered, case, sent


@pytest.fixture
def address(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The server's address, on a port of this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}/open311/v2/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def bot(address: str) -> Open311Client:
    """civicbot, without its pause between two calls."""
    endpoint = Endpoint(id="campus", name="江城大学", base_url=address, write=True)
    return Open311Client(endpoint, HttpTransport(rate_limiter=RateLimiter(min_interval=0)))


@pytest.mark.parametrize("format", ["json", "xml"])
def test_georeport_reads_services_definitions_and_requests(address: str, people: Cast, format: str) -> None:
    open_one, closed = sent(people.lin, consent=True), answered(people, people.zhou, consent=True)
    city = GeoReport(address, output_format=format)
    services = city.get_service_list()
    assert [each["service_code"] for each in services] == [each.code for each in SERVICES]
    definition = city.get_service_definition("repair")
    assert definition["service_code"] == "repair"
    attributes = definition["attributes"] if format == "json" else definition["attributes"]["attribute"]
    assert [each["code"] for each in attributes][:2] == ["building", "floor"]
    listed = city.get_service_requests()
    assert {each["service_request_id"] for each in listed} == {open_one, closed}
    found = city.get_service_request(closed)
    assert (found["service_request_id"], found["status"]) == (closed, "closed")
    assert GeoReport(address, "campus.test", output_format=format).get_service_list() == services


def test_civicbot_lists_defines_asks_reads_and_follows_a_token(bot: Open311Client, people: Cast) -> None:
    services = bot.list_services()
    assert {each["service_code"] for each in services} == {each.code for each in SERVICES}
    definition = bot.get_service_definition("repair")
    assert definition["attributes"][0]["required"] is True
    sent_off = bot.create_request(
        "repair",
        dry_run=False,
        confirm="SEND",
        api_key=key_of(people.lin),
        validate_remote=True,
        lat=30.5,
        lng=114.3,
        address_string="东区宿舍三楼水房",
        description="水房的龙头关不紧，一直在流",
        attributes={"building": "dorm_east", "what": ["tap"], "floor": 3},
        email="lin@campus.test",
        first_name="小满",
        last_name="林",
    )
    (said,) = sent_off.response
    no = said["service_request_id"]
    found = bot.get_request(no)
    assert found is not None
    assert (found["status"], found["service_code"], found["lat"]) == ("open", "repair", 30.5)
    assert found["expected_datetime"]
    assert "坏了什么：水龙头、漏水" in case(no).body
    assert bot.get_token(no) == [{"token": no, "service_request_id": no}]
    assert [each["service_request_id"] for each in bot.list_requests(status="open", page_size=5)] == [no]
    assert bot.list_requests(service_request_ids=[no])[0] == found


def test_civicbot_follows_the_token_of_a_text_that_waits_for_a_look(bot: Open311Client, people: Cast) -> None:
    sent_off = bot.create_request(
        "canteen",
        dry_run=False,
        confirm="SEND",
        api_key=key_of(people.lin),
        address_string="二食堂",
        description="饭卡捡到了，失主请打 138-0000-4321",
    )
    (said,) = sent_off.response
    assert bot.get_token(said["token"]) == [{"token": said["token"], "service_request_id": ""}]


def test_civicbot_hears_that_its_key_is_wrong(bot: Open311Client, people: Cast) -> None:
    with pytest.raises(HttpError) as refused:
        bot.create_request(
            "canteen", dry_run=False, confirm="SEND", api_key="cs_wrong", address_string="二食堂"
        )
    assert refused.value.status == 403
    assert '"code": 403' in refused.value.body
