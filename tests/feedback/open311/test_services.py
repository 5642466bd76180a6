"""Where the server is, which services there are, and what each asks for."""

from __future__ import annotations

from collections import Counter

import pytest
from flask import Flask

from campus_service.accounts.models import DEPARTMENTS
from campus_service.app import create_app
from campus_service.config import Settings
from campus_service.core.db import db
from campus_service.feedback.open311.services import BY_CODE, SERVICES, Datatype, service_of
from tests.feedback.open311.conftest import Program


def test_discovery_says_where_the_server_is_and_how_to_get_a_key(program: Program) -> None:
    found = program.read("discovery")
    assert set(found) == {"changeset", "contact", "key_service", "endpoints"}
    (endpoint,) = found["endpoints"]
    assert endpoint["url"] == "http://campus.test/open311/v2/"
    assert endpoint["type"] == "production"
    assert endpoint["formats"] == ["application/json", "text/xml"]
    assert "http://campus.test/me/settings" in found["key_service"]
    tree = program.tree("discovery")
    assert tree.tag == "discovery"
    assert tree.findtext("endpoints/endpoint/url") == endpoint["url"]
    assert [each.text for each in tree.findall("endpoints/endpoint/formats/format")] == endpoint["formats"]


def test_the_list_of_services_is_the_same_in_both_formats(program: Program) -> None:
    listed = program.read("services")
    assert len(listed) == len(SERVICES) >= 24
    assert set(listed[0]) == {
        "service_code", "service_name", "description", "metadata", "type", "keywords", "group",
    }  # fmt: skip
    tree = program.tree("services")
    assert (tree.tag, tree[0].tag) == ("services", "service")
    said = [{child.tag: child.text or "" for child in service} for service in tree]
    assert said == [
        {name: str(value).lower() if isinstance(value, bool) else value for name, value in service.items()}
        for service in listed
    ]


def test_every_department_has_its_services_and_one_for_everything_else(app: Flask) -> None:
    answering = {row["code"] for row in DEPARTMENTS} & {service.department for service in SERVICES}
    assert len(answering) == 12
    count = Counter(service.department for service in SERVICES)
    for code in answering:
        assert count[code] >= 3
        assert BY_CODE[str(code)].department == code
    assert len(BY_CODE) == len(SERVICES)
    assert service_of(None, None).code == "other"
    assert service_of(None, "library").code == "library"
    assert service_of("loans", "logistics").code == "loans"


def test_a_service_says_that_it_asks_for_more_exactly_when_it_does(program: Program) -> None:
    asking = {service["service_code"] for service in program.read("services") if service["metadata"]}
    assert len(asking) >= 5
    assert asking == {
        service.code for service in SERVICES if program.read(f"services/{service.code}")["attributes"]
    }
    assert {each.datatype for service in SERVICES for each in service.attributes} == set(Datatype)


def test_a_definition_lists_attributes_in_order_with_their_values(program: Program) -> None:
    said = program.read("services/repair")
    assert set(said) == {"service_code", "attributes"}
    assert [each["order"] for each in said["attributes"]] == list(range(1, len(said["attributes"]) + 1))
    what = next(each for each in said["attributes"] if each["code"] == "what")
    assert (what["datatype"], what["required"], what["variable"]) == ("multivaluelist", True, True)
    assert {"key": "light", "name": "灯 Light"} in what["values"]
    assert [each["code"] for each in said["attributes"] if not each["variable"]] == ["danger"]
    tree = program.tree("services/repair")
    assert (tree.tag, tree.findtext("service_code")) == ("service_definition", "repair")
    attributes = tree.findall("attributes/attribute")
    assert [each.findtext("code") for each in attributes] == [each["code"] for each in said["attributes"]]
    assert attributes[0].findtext("values/value/key") == said["attributes"][0]["values"][0]["key"]
    assert {each.findtext("variable") for each in attributes} == {"true", "false"}


def test_a_service_that_asks_for_nothing_more_has_an_empty_definition(program: Program) -> None:
    assert program.read("services/canteen") == {"service_code": "canteen", "attributes": []}


@pytest.mark.parametrize(
    "path", ["services/nothing", "services/repair/x", "nothing", "requests/2611-F9999", "tokens/x"]
)
def test_what_is_not_there_is_said_in_the_format_that_was_asked_for(program: Program, path: str) -> None:
    answer = program.get(f"{path}.json")
    assert answer.status_code == 404
    (error,) = answer.get_json()
    assert error["code"] == 404
    assert error["description"]
    answer = program.get(f"{path}.xml")
    assert answer.status_code == 404
    assert answer.content_type == "text/xml; charset=utf-8"
    assert "<errors><error><code>404</code><description>" in answer.text


def test_the_only_jurisdiction_may_be_named_and_no_other(program: Program) -> None:
    assert program.read("services", jurisdiction_id="campus.test")
    for path in ("services", "requests", "discovery"):
        assert program.get(f"{path}.json", jurisdiction_id="city.gov").get_json()[0]["code"] == 403
        assert program.get(f"{path}.xml", jurisdiction_id="city.gov").status_code == 403
    assert program.post("requests.json", jurisdiction_id="city.gov").status_code == 403


def test_other_sites_may_read_and_head_and_options_are_answered(program: Program) -> None:
    answer = program.get("services.json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    head = program.client.head("/open311/v2/services.xml")
    assert (head.status_code, head.data, head.headers["Access-Control-Allow-Origin"]) == (200, b"", "*")
    options = program.client.options("/open311/v2/requests.json")
    assert options.status_code == 200
    assert {"GET", "POST", "HEAD"} <= set(options.headers["Allow"].split(", "))
    assert "Access-Control-Allow-Origin" not in program.post("requests.json").headers
    assert "Access-Control-Allow-Origin" not in program.client.get("/api/v1/lost-found").headers


@pytest.mark.parametrize(
    ("method", "path", "most"), [("POST", "requests.xml", 60), ("GET", "services.xml", 120)]
)
def test_who_asks_too_often_hears_when_to_come_back(
    settings: Settings, method: str, path: str, most: int
) -> None:
    app = create_app(settings.model_copy(update={"rate_limits": True}))
    client = app.test_client()
    met = [client.open(f"/open311/v2/{path}", method=method).status_code for _time in range(most)]
    assert set(met) == {403 if method == "POST" else 200}
    answer = client.open(f"/open311/v2/{path}", method=method)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    assert "<errors><error><code>429</code><description>" in answer.text
    with app.app_context():
        db.engine.dispose()
