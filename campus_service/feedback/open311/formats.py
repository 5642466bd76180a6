"""One answer in two formats: JSON as it is, XML with the element names of GeoReport v2."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from xml.etree import (
    ElementTree as ET,
)  # we only write XML: nothing that a caller sends is ever parsed as such

from flask import Response

JSON, XML = "json", "xml"
_TYPES = {JSON: "application/json; charset=utf-8", XML: "text/xml; charset=utf-8"}
# What a list inside an answer calls one of its own.
_ONE_OF = {"endpoints": "endpoint", "formats": "format", "attributes": "attribute", "values": "value"}
# What XML 1.0 cannot hold, however it is written.
_UNWRITABLE = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Shape:
    """The names of an answer's elements in XML: of the whole, and of each member where it is a list."""

    root: str
    member: str = ""


DISCOVERY = Shape("discovery")
SERVICES = Shape("services", "service")
DEFINITION = Shape("service_definition")
REQUESTS = Shape("service_requests", "request")
UPDATES = Shape("service_request_updates", "request_update")
ERRORS = Shape("errors", "error")


def answer(format: str, shape: Shape, data: Any, status: int = 200) -> Response:
    """``data`` in the format that the address asked for."""
    text = _xml(shape, data) if format == XML else json.dumps(data, ensure_ascii=False)
    return Response(text, status, content_type=_TYPES[format])


def errors(format: str, status: int, descriptions: Iterable[str]) -> Response:
    """What went wrong, one entry per field."""
    return answer(format, ERRORS, [{"code": status, "description": text} for text in descriptions], status)


def _xml(shape: Shape, data: Any) -> bytes:
    root = ET.Element(shape.root)
    _fill(root, data, shape.member)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written


def _fill(element: ET.Element, data: Any, member: str = "") -> None:
    if isinstance(data, dict):
        for name, value in data.items():
            _fill(ET.SubElement(element, name), value, _ONE_OF.get(name, ""))
    elif isinstance(data, list):
        for value in data:
            _fill(ET.SubElement(element, member), value)
    elif isinstance(data, bool):
        element.text = str(data).lower()
    elif data is not None:
        element.text = _UNWRITABLE.sub("", str(data))
