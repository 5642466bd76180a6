"""The calls of GeoReport v2: each in JSON and in XML, errors too. No cookie counts here: who writes sends his api_key."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException, NotFound

from campus_service.accounts.web import by_key
from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import DomainError, Forbidden, Invalid, SignInNeeded
from campus_service.core.errors import NotFound as NoSuchThing
from campus_service.core.http import TITLES
from campus_service.core.i18n import _, lazy
from campus_service.core.page import csrf
from campus_service.core.ratelimit import limiter
from campus_service.core.settings import settings
from campus_service.feedback import queries as cases
from campus_service.feedback import service
from campus_service.feedback.open311 import answering, asking, formats, queries
from campus_service.feedback.open311.services import BY_CODE
from campus_service.feedback.states import Channel
from campus_service.media import uploads

bp = Blueprint("open311", __name__, url_prefix=answering.BASE.rstrip("/"))
csrf.exempt(bp)

WRITES = "60 per hour"
_AS = "<any(json,xml):format>"
_UNKNOWN = lazy("没有这一件，或它不公开。")


@bp.before_request
def _one_jurisdiction() -> None:
    """There is one: the site's own host name. Naming it is not needed."""
    given = request.values.get("jurisdiction_id", "").strip()
    if given and given != urlsplit(settings().base_url).hostname:
        raise Forbidden(
            lazy("jurisdiction_id：这里只有 %(host)s。", host=urlsplit(settings().base_url).hostname)
        )


@bp.after_request
def _for_other_sites(response: Response) -> Response:
    """Any page may read what everybody may read; nobody's cookie matters."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        response.headers["Access-Control-Allow-Origin"] = "*"
    return response


# --- errors -----------------------------------------------------------------------------------------------------


def _format() -> str:
    return formats.XML if request.path.endswith(".xml") else formats.JSON


@bp.errorhandler(DomainError)
def _refused(error: DomainError) -> Response:
    if isinstance(error, Invalid):
        return formats.errors(_format(), 400, [f"{name}: {text}" for name, text in error.fields.items()])
    status = 403 if isinstance(error, SignInNeeded) else error.status
    return formats.errors(_format(), status, [str(error.message)])


@bp.errorhandler(HTTPException)
def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    response = formats.errors(_format(), status, [str(TITLES.get(status, error.name))])
    for name, value in error.get_headers():
        if name in ("Retry-After", "Allow"):
            response.headers[name] = value
    return response


@bp.route("/", defaults={"rest": ""}, methods=["GET", "POST"])
@bp.route("/<path:rest>", methods=["GET", "POST"])
def nothing(rest: str) -> Response:
    """Whatever else is asked for."""
    raise NotFound(rest)


# --- services ---------------------------------------------------------------------------------------------------


@bp.get(f"/discovery.{_AS}")
def discovery(format: str) -> Response:
    """Where the server is."""
    return formats.answer(format, formats.DISCOVERY, answering.discovery())


@bp.get(f"/services.{_AS}")
def services(format: str) -> Response:
    """What may be asked for."""
    return formats.answer(format, formats.SERVICES, answering.services())


@bp.get(f"/services/<code>.{_AS}")
def definition(code: str, format: str) -> Response:
    """What is asked of a service besides the text."""
    chosen = BY_CODE.get(code)
    if chosen is None:
        raise NoSuchThing(lazy("service_code: 没有这个服务。"))
    return formats.answer(format, formats.DEFINITION, answering.definition(chosen))


# --- requests ---------------------------------------------------------------------------------------------------


@bp.get(f"/requests.{_AS}")
def requests(format: str) -> Response:
    """The public requests of a period."""
    rows = queries.requests(asking.wanted(request.args))
    names = answering.department_names()
    return formats.answer(format, formats.REQUESTS, [answering.request(row, names) for row in rows])


@bp.get(f"/requests/<no>.{_AS}")
def show(no: str, format: str) -> Response:
    """One public request."""
    row = queries.request_of(no) if no.isprintable() else None
    if row is None:
        raise NoSuchThing(_UNKNOWN)
    return formats.answer(format, formats.REQUESTS, [answering.request(row, answering.department_names())])


@bp.post(f"/requests.{_AS}")
@limiter.limit(WRITES)
def create(format: str) -> Response:
    """Ask for a service."""
    actor = _caller()
    command = asking.service_request(request.form)
    command = command.model_copy(update={"photos": _photos(actor)})
    with transaction():
        no = service.send(actor, command, Channel.OPEN311).no
    return formats.answer(format, formats.REQUESTS, [answering.sent(cases.case_by_no(no))])


@bp.get(f"/tokens/<token>.{_AS}")
def token(token: str, format: str) -> Response:
    """The number of a request by its token, empty while it is not public; a number stands for itself."""
    case_id = answering.case_of(token)
    row = queries.request_of(token) if case_id is None and token.isprintable() else None
    if case_id is None and row is None:
        raise NoSuchThing(_UNKNOWN)
    no = row.no if row else queries.public_no(case_id or 0)
    return formats.answer(format, formats.REQUESTS, [{"token": token, "service_request_id": no or ""}])


# --- updates ----------------------------------------------------------------------------------------------------


@bp.get(f"/servicerequestupdates.{_AS}")
def updates(format: str) -> Response:
    """The public steps of a period."""
    numbers = asking.wanted(request.args).ids
    rows = queries.updates(asking.period(request.args, both=True), asking.page(request.args), numbers)
    names = answering.department_names()
    return formats.answer(format, formats.UPDATES, [answering.update(row, names) for row in rows])


@bp.post(f"/servicerequestupdates.{_AS}")
@limiter.limit(WRITES)
def add_update(format: str) -> Response:
    """The sender adds a word to his own request."""
    actor = _caller()
    no = request.form.get("service_request_id", "").strip()
    if not no or not no.isprintable():
        raise Invalid({"service_request_id": lazy("要填。")})
    command = asking.message(request.form)
    case = cases.case_for_sender(actor, no)
    command = command.model_copy(update={"photos": _photos(actor)})
    with transaction():
        case = service.add_message(actor, no, command)
        update_id = queries.last_step(case.id)
    return formats.answer(format, formats.UPDATES, [{"update_id": str(update_id)}])


# --- who, and what is with it -----------------------------------------------------------------------------------


def _caller() -> Actor:
    """Whose api_key this is; only the form carries one, an address would stand in every log on the way."""
    known = by_key(request.form.get("api_key", "").strip())
    if known is None:
        raise Forbidden(lazy("api_key: 没有这个令牌，或已撤销、过期。请在网站“我的 · 设置”里新建一个。"))
    return known.actor


def _photos(actor: Actor) -> list[str]:
    """The keys of the photos that came along; they are decoded before anything else is written."""
    fields = sorted(name for name in request.files if name.startswith(("media", "photo")))
    received = uploads.receive(actor, [file for name in fields for file in request.files.getlist(name)])
    if received.refused:
        reasons = [f"{each.name} {each.reason.message}" for each in received.refused]
        raise Invalid({"media": _("照片没有收下：%(why)s", why=_("；").join(reasons))})
    return [photo.key for photo in received.photos]
