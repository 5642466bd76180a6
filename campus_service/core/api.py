"""JSON operations: declared once with their pydantic models, served by Flask and described as OpenAPI 3.1."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, jsonify, request
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from campus_service import __version__
from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.http import current_actor, parse, parse_json
from campus_service.core.i18n import LazyString

PREFIX = "/api/v1"
Handler = Callable[..., BaseModel]


@dataclass(frozen=True, slots=True)
class Operation:
    """One call of the API."""

    method: str
    path: str
    name: str
    summary: LazyString
    returns: type[BaseModel]
    status: int
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    needs: str


OPERATIONS: list[Operation] = []


def operation(
    bp: Blueprint,
    method: str,
    path: str,
    *,
    summary: LazyString,
    returns: type[BaseModel],
    status: int = 200,
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    needs: str = "",
) -> Callable[[Handler], Handler]:
    """Declare a call; the handler gets the actor, the path's parts and the parsed body or query.

    ``needs`` names the permission for the description; the services enforce it. Everything but GET runs in one
    transaction.
    """

    def register(handler: Handler) -> Handler:
        OPERATIONS.append(
            Operation(method, path, handler.__name__, summary, returns, status, body, query, needs)
        )

        def view(**parts: Any) -> Response:
            if body is not None:
                parts["command"] = parse_json(body)
            if query is not None:
                parts["query"] = parse(query, request.args.to_dict())
            return _answer(handler, current_actor(), parts, method, status)

        bp.add_url_rule(path, handler.__name__, view, methods=[method])
        return handler

    return register


def _answer(handler: Handler, actor: Actor, parts: dict[str, Any], method: str, status: int) -> Response:
    with nullcontext() if method == "GET" else transaction():
        result = handler(actor, **parts)
    response = jsonify(result.model_dump(mode="json", exclude_none=True))
    response.status_code = status
    return response


def description(title: str, server: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of every declared call."""
    models = {model for op in OPERATIONS for model in (op.returns, op.body) if model is not None}
    ordered = sorted(models, key=lambda model: model.__name__)
    refs, definitions = models_json_schema(
        [(model, "validation") for model in ordered], ref_template="#/components/schemas/{model}"
    )
    schema = {model: refs[(model, "validation")] for model in ordered}
    paths: dict[str, dict[str, Any]] = {}
    for op in OPERATIONS:
        paths.setdefault(_openapi_path(op.path), {})[op.method.lower()] = _describe(op, schema)
    components = definitions.get("$defs", {}) | {"Problem": _PROBLEM}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": __version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server + PREFIX}],
        "security": [{}, {"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


_PROBLEM = {
    "type": "object",
    "required": ["status", "title", "detail"],
    "properties": {
        "type": {"type": "string"},
        "status": {"type": "integer"},
        "title": {"type": "string"},
        "detail": {"type": "string"},
        "errors": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def _openapi_path(path: str) -> str:
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", path)


def _describe(op: Operation, schema: dict[type[BaseModel], Any]) -> dict[str, Any]:
    problem = {
        "description": "RFC 9457 problem",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    entry: dict[str, Any] = {
        "operationId": op.name,
        "summary": str(op.summary),
        "parameters": _parameters(op),
        "responses": {
            str(op.status): {
                "description": "OK",
                "content": {"application/json": {"schema": schema[op.returns]}},
            },
            "default": problem,
        },
    }
    if op.needs:
        entry["description"] = f"Needs the permission `{op.needs}`."
    if op.body is not None:
        entry["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema[op.body]}},
        }
    return entry


def _parameters(op: Operation) -> list[dict[str, Any]]:
    in_path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer" if kind == "int:" else "string"},
        }
        for kind, name in re.findall(r"<(\w+:)?(\w+)>", op.path)
    ]
    if op.query is None:
        return in_path
    described = op.query.model_json_schema(ref_template="#/components/schemas/{model}")
    described.pop("$defs", None)
    return in_path + [
        {
            "name": name,
            "in": "query",
            "schema": {key: value for key, value in field.items() if key != "title"},
        }
        for name, field in described["properties"].items()
    ]
