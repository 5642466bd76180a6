"""/me/notifications: what happened, opening it, and what one wants by mail."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from campus_service.core.db import transaction
from campus_service.core.http import current_actor, decode_cursor, encode_cursor
from campus_service.core.i18n import _
from campus_service.core.permissions import Permission
from campus_service.notifications import kinds, service
from campus_service.notifications.kinds import Group

_OF_STAFF = {
    Group.DESK: (Permission.LOSTFOUND_ITEM_INTAKE,),
    Group.INBOX: (Permission.FEEDBACK_CASE_HANDLE, Permission.FEEDBACK_CASE_TRIAGE),
    Group.NEWSROOM: (Permission.BULLETIN_ARTICLE_WRITE,),
}
pages = Blueprint("notices", __name__, url_prefix="/me/notifications")


@pages.after_request
def _keep_nowhere(response: Response) -> Response:
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("")
def index() -> str:
    """The reader's own notifications, newest first."""
    cursor = decode_cursor(request.args.get("before", ""), int)
    page = service.page(current_actor(), cursor[0] if cursor else None)
    return render_template(
        "notifications/index.html",
        notices=[(notice, kinds.words(notice.kind, notice.params)) for notice in page.items],
        older=url_for(".index", before=encode_cursor(page.next)) if page.next else None,
        first=cursor is None,
    )


@pages.post("/<int:notification_id>/open")
def open_one(notification_id: int) -> AnyResponse:
    """Note that it was read, and go on to where it leads."""
    with transaction():
        link = service.mark_read(current_actor(), notification_id)
    return redirect(link, 303)


@pages.post("/read")
def read_all() -> AnyResponse:
    """Note that everything was read."""
    with transaction():
        service.mark_all_read(current_actor())
    return redirect(url_for(".index"), 303)


@pages.get("/settings")
def settings() -> str:
    """What the reader wants by mail."""
    actor = current_actor()
    mail = service.preferences(actor.person_id())
    return render_template("notifications/settings.html", groups=_groups(), mail=mail)


@pages.post("/settings")
def save_settings() -> AnyResponse:
    """Keep it: a switch that is off is not in the form."""
    wanted = set(request.form.getlist("mail"))
    with transaction():
        service.set_preferences(current_actor(), {group: group.value in wanted for group in _groups()})
    flash(_("已保存。"), "moss")
    return redirect(url_for(".settings"), 303)


def _groups() -> list[Group]:
    """The groups this reader can ever hear from."""
    actor = current_actor()
    return [group for group in Group if group not in _OF_STAFF or any(map(actor.can, _OF_STAFF[group]))]
