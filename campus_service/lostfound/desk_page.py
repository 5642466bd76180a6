"""What all pages of the desks share: who comes in, the frame with its figures, one step with a form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from flask import Response, flash, make_response, redirect, render_template, request, session
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict, DomainError, Invalid
from campus_service.core.http import current_actor, parse_form
from campus_service.core.i18n import LazyString
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import commands as c
from campus_service.lostfound import queries, story
from campus_service.lostfound.models import Desk

C = TypeVar("C", bound=c.Command)


def staff_only() -> None:
    """Before each request of a desk's blueprint."""
    current_actor().require(P.LOSTFOUND_ITEM_INTAKE)


def page(key: str, template: str, wrong: DomainError | None = None, **context: object) -> Response:
    """A desk's page; ``wrong`` is why the last step was not done: its status, its words, its fields."""
    desk = chosen()
    html = render_template(
        f"desk/{template}.html",
        desk_key=key,
        **tab_counts(),
        desk=desk,
        desk_name=story.desk_name(desk.code),
        desks=[(row.code, story.desk_name(row.code)) for row in queries.desks()],
        typed=request.form,
        errors=wrong.fields if isinstance(wrong, Invalid) else {},
        changed=str(wrong.message) if isinstance(wrong, Conflict) else "",
        **context,
    )
    return make_response(html, wrong.status if wrong else 200)


def tab_counts() -> dict[str, object]:
    """The figures beside the desk's tabs: ``desk_counts`` per tab, ``on_the_way`` to any desk; nothing for who is not of a desk."""
    if not current_actor().can(P.LOSTFOUND_ITEM_INTAKE):
        return {}
    counts = queries.desk_counts(current_actor())
    return {
        "desk_counts": {
            "shelf": counts["held"],
            "claims": counts["claims"],
            "returns": counts["approved"],
            "due": counts["due"],
            "watch": sum(counts[name] for name in ("overdue", "unlogged", "differences")),
        },
        "on_the_way": counts["on_the_way"],
    }


def chosen() -> Desk:
    """The desk that this person chose to work at in this session, else the first."""
    known = queries.desks()
    return next((desk for desk in known if desk.code == session.get("desk")), known[0])


def attempt(
    kind: type[C],
    do: Callable[[Actor, C], object],
    again: Callable[[DomainError], Response],
    to: str,
    done: LazyString | None = None,
) -> AnyResponse:
    """Do one step with the form as a ``kind``, go ``to`` the page that follows and say that it is ``done``.

    A mistake, or somebody who was faster, shows the page ``again``: fresh, with the reason and what was typed.
    """
    try:
        command = parse_form(kind)
        with transaction():
            do(current_actor(), command)
    except (Invalid, Conflict) as wrong:
        return again(wrong)
    if done is not None:
        flash(str(done), "success")
    return redirect(to)
