"""What programs read: services, public cases and their steps as GeoReport v2 names their parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from sqlalchemy import Row

from campus_service.accounts import queries as accounts
from campus_service.core.clock import to_local
from campus_service.core.i18n import _, language, lazy
from campus_service.core.page import SITE, fmt_when
from campus_service.core.places import area_label
from campus_service.core.settings import settings
from campus_service.feedback import policy, projection
from campus_service.feedback.models import Case
from campus_service.feedback.open311.services import SERVICES, Attribute, Service, service_of
from campus_service.feedback.states import EventType

BASE = "/open311/v2/"
# When services or their attributes last changed.
CHANGESET = "2026-11-26T00:00:00+08:00"
_STEPS = {
    EventType.RECEIVED: lazy("收到了。"),
    EventType.ACCEPTED: lazy("%(department)s接手了。"),
    EventType.HANDED_OVER: lazy("转由%(department)s负责。"),
    EventType.ADJUDICATED: lazy("裁定由%(department)s办理。"),
    EventType.PROGRESS: lazy("%(department)s写了处理情况。"),
    EventType.EXTENDED: lazy("答复时间延长了。"),
    EventType.ASKED: lazy("%(department)s请同学补充情况。"),
    EventType.SUPPLIED: lazy("同学补充了情况。"),
    EventType.MESSAGE: lazy("同学补充了情况。"),
    EventType.ANSWERED: lazy("%(department)s答复了。"),
    EventType.REOPENED: lazy("重新办理。"),
    EventType.CLOSED: lazy("办结了。"),
    EventType.MERGED: lazy("和同样的事一起办。"),
    EventType.WITHDRAWN: lazy("同学撤回了。"),
}
_CLOSING = (EventType.ANSWERED, EventType.CLOSED, EventType.MERGED, EventType.WITHDRAWN)


def when(moment: datetime | None) -> str | None:
    """2026-11-26T09:05:00+08:00."""
    return to_local(moment).isoformat(timespec="seconds") if moment else None


def discovery() -> dict[str, Any]:
    """Where the server is and whom to ask for a key."""
    conf = settings()
    endpoint = {
        "specification": "http://wiki.open311.org/GeoReport_v2",
        "url": conf.base_url + BASE,
        "changeset": CHANGESET,
        "type": "test" if conf.demo else "production",
        "formats": ["application/json", "text/xml"],
    }
    return {
        "changeset": CHANGESET,
        "contact": _("%(place)s，电话 %(phone)s", place=str(SITE["address"]), phone=SITE["phone"]),
        "key_service": _(
            "每个人在 %(url)s 给自己新建令牌，就是 api_key。", url=f"{conf.base_url}/me/settings"
        ),
        "endpoints": [endpoint],
    }


def services() -> list[dict[str, Any]]:
    """Everything that may be asked for."""
    return [
        {
            "service_code": service.code,
            "service_name": service.name,
            "description": service.description,
            "metadata": bool(service.attributes),
            "type": "realtime",
            "keywords": ", ".join(service.keywords),
            "group": service.group,
        }
        for service in SERVICES
    ]


def definition(service: Service) -> dict[str, Any]:
    """What is asked besides the text."""
    asked = [_attribute(order, each) for order, each in enumerate(service.attributes, start=1)]
    return {"service_code": service.code, "attributes": asked}


def _attribute(order: int, attribute: Attribute) -> dict[str, Any]:
    said = {
        "variable": attribute.variable,
        "code": attribute.code,
        "datatype": attribute.datatype.value,
        "required": attribute.required,
        "datatype_description": attribute.hint,
        "order": order,
        "description": attribute.name,
    }
    values = [{"key": key, "name": name} for key, name in attribute.values]
    return said | ({"values": values} if values else {})


def department_names() -> dict[str, str]:
    """Every department's name in the reader's language, in one query."""
    english = language() == "en"
    return {row.code: row.name_en if english else row.name for row in accounts.departments()}


def request(row: Row[Any], departments: dict[str, str]) -> dict[str, Any]:
    """A public case; names and numbers are stripped from what its sender wrote."""
    service = service_of(row.service_code, row.department_code)
    return {
        "service_request_id": row.no,
        "status": "open" if row.is_open else "closed",
        "status_notes": _with_answer(str(row.state.label), row.answer),
        "service_name": service.name,
        "service_code": service.code,
        "description": projection.stripped(_text(row.title, row.body)),
        "agency_responsible": departments.get(row.department_code or "", _("事务中心")),
        "service_notice": "",
        "requested_datetime": when(row.created_at),
        "updated_datetime": when(row.updated_at),
        "expected_datetime": when(row.answer_due_at),
        "address": projection.stripped(row.place)
        or ("" if row.area == "other" else str(area_label(row.area))),
        "address_id": row.area,
        "zipcode": "",
        "lat": row.lat,
        "long": row.long,
        "media_url": "",
    }


def _text(title: str, body: str) -> str:
    """The text, and its title where that says something else."""
    return body if body.startswith(title.rstrip("…")) else f"{title}\n{body}"


def _with_answer(words: str, answer: str | None) -> str:
    """The answer as an editor confirmed it for everybody; before that, only how far the case is."""
    return _("%(state)s：%(answer)s", state=words.rstrip("。."), answer=answer) if answer else words


def update(row: Row[Any], departments: dict[str, str]) -> dict[str, Any]:
    """A public step."""
    department = departments.get(row.to_department or row.department_code or "", _("事务中心"))
    words = str(_STEPS[row.type]) % {"department": department}
    return {
        "update_id": str(row.id),
        "service_request_id": row.no,
        "status": "closed" if row.type in _CLOSING else "open",
        "description": _with_answer(words, row.answer) if row.type is EventType.ANSWERED else words,
        "updated_datetime": when(row.at),
    }


def sent(case: Case) -> dict[str, Any]:
    """What the caller hears of a new request: its number, or a token while a person has yet to look at the text."""
    due = fmt_when(case.answer_due_at) if case.answer_due_at else ""
    notice = (
        _("编号 %(no)s，%(due)s 前答复。", no=case.no, due=due) if due else _("编号 %(no)s。", no=case.no)
    )
    if policy.can_read_public(case):
        return {"service_request_id": case.no, "service_notice": notice, "account_id": None}
    private = _("这一件别人看不到，登录网站可以看进展。")
    return {"token": token_of(case.id), "service_notice": f"{notice}{private}", "account_id": None}


# --- tokens -----------------------------------------------------------------------------------------------------


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(settings().secret_key.get_secret_value(), salt="open311-token")


def token_of(case_id: int) -> str:
    """Stands for a case that is not public yet; nobody else can make it."""
    return str(_signer().dumps(case_id))


def case_of(token: str) -> int | None:
    """The case that a token of ours stands for."""
    try:
        found = _signer().loads(token)
    except BadSignature:
        return None
    return found if isinstance(found, int) else None
