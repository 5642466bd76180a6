"""What people are told about cases, and who: the sender, those who met the same, the department, the coordinators."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from campus_service.accounts.models import Department
from campus_service.core.db import db
from campus_service.core.i18n import LazyString, _, language, lazy
from campus_service.core.page import fmt_when
from campus_service.core.permissions import Role
from campus_service.feedback import policy, queries
from campus_service.feedback.models import Case
from campus_service.notifications import inbound, webhooks
from campus_service.notifications.kinds import Group, Kind, Params, register
from campus_service.notifications.service import notify

# A mail can be read by others: a report or an anonymous case is named by its number alone.
_NAMELESS = lazy("一件反馈")


def _shown(params: Params) -> Params:
    """The params in the reader's language: the department's name and the promised moment."""
    due = params.get("due", "")
    return {
        **params,
        "case": f"{params.get('title') or _NAMELESS} {params.get('no', '')}".strip(),
        "department": department_name(params.get("department", "")),
        "due": fmt_when(datetime.fromisoformat(due)) if due else _("答应的时间"),
    }


def department_name(code: str | None) -> str:
    """A department's name in the reader's language."""
    row = db.session.get(Department, code) if code else None
    if row is None:
        return _("事务中心")
    return row.name_en if language() == "en" else row.name


_KINDS: tuple[tuple[str, Group, LazyString, LazyString], ...] = (
    ("case.accepted", Group.FEEDBACK, lazy("%(department)s接手了：%(case)s"), lazy("%(due)s 前答复。每一步你都看得到。")),
    ("case.moved", Group.FEEDBACK, lazy("现在由%(department)s负责：%(case)s"), lazy("转办不重新计时，%(due)s 前答复。")),
    ("case.progress", Group.FEEDBACK, lazy("有新进展：%(case)s"), lazy("%(department)s写了处理情况，%(due)s 前答复。")),
    ("case.asked", Group.FEEDBACK, lazy("请补充情况：%(case)s"), lazy("%(department)s一次写明了还缺什么。你补充之前，计时暂停，最多 5 个工作日。")),
    ("case.extended", Group.FEEDBACK, lazy("答复时间延长了：%(case)s"), lazy("%(department)s说明了理由，新的时间是 %(due)s。")),
    ("case.answered", Group.FEEDBACK, lazy("有答复了：%(case)s"), lazy("看看%(department)s的答复，说一声解决了没有；不满意可以请另一个人重新办理一次。")),
    ("case.merged", Group.FEEDBACK, lazy("和同样的事一起办：%(case)s"), lazy("有人说过同一件事，答复会一起给你。")),
    ("case.split", Group.FEEDBACK, lazy("几个部门一起办：%(case)s"), lazy("由%(department)s汇总，一次答复你，%(due)s 前。")),
    (
        "case.mail_too_late",
        Group.FEEDBACK,
        lazy("邮件没有加进去：%(case)s"),
        lazy("这件事已经办结。不满意可以在页面上申请重新办理，新的事请另发一条。"),
    ),
    ("case.late", Group.FEEDBACK, lazy("超过了答应的时间：%(case)s"), lazy("已经报给部门负责人，会一直催到有答复。")),
    ("inbox.routed", Group.INBOX, lazy("新的反馈：%(case)s"), lazy("请在 4 个工作小时内接手；不归本部门的，一个工作日内退回一次。")),
    ("inbox.urgent", Group.INBOX, lazy("紧急，涉及安全：%(case)s"), lazy("15 分钟内回应，2 小时内到场处置，不分上下班。")),
    ("inbox.offered", Group.INBOX, lazy("请接手转办：%(case)s"), lazy("另一个部门转来，4 个工作小时内接手或说明理由。")),
    ("inbox.handover_back", Group.INBOX, lazy("转办没有成，还由本部门负责：%(case)s"), lazy("看看对方的理由；需要时请事务中心裁定。")),
    ("inbox.adjudicated", Group.INBOX, lazy("裁定由本部门办理：%(case)s"), lazy("这是最后的决定，不能再退回。%(due)s 前答复。")),
    ("inbox.assigned", Group.INBOX, lazy("交给你办：%(case)s"), lazy("%(due)s 前答复。")),
    ("inbox.message", Group.INBOX, lazy("同学补充了：%(case)s"), lazy("如果之前在等补充，计时已经继续。")),
    ("inbox.approve", Group.INBOX, lazy("有一份答复等你审：%(case)s"), lazy("%(due)s 前要发出。")),
    ("inbox.sent_back", Group.INBOX, lazy("答复要改：%(case)s"), lazy("负责人写了改哪里，%(due)s 前要发出。")),
    ("inbox.mention", Group.INBOX, lazy("备注里提到了你：%(case)s"), lazy("打开看看，同学看不到备注。")),
    ("inbox.reminder", Group.INBOX, lazy("时间用了 %(percent)s%%：%(case)s"), lazy("%(due)s 前要做的还没做。")),
    ("inbox.escalated", Group.INBOX, lazy("超时了：%(case)s"), lazy("原定 %(due)s。请马上过问。")),
    ("inbox.verdict", Group.INBOX, lazy("同学评价了：%(case)s"), lazy("打开看评分和留言。")),
    ("inbox.reopened", Group.INBOX, lazy("同学不满意，重新办理：%(case)s"), lazy("要由另一个人来办，%(due)s 前答复。")),
    ("inbox.withdrawn", Group.INBOX, lazy("同学撤回了：%(case)s"), lazy("不用再办。")),
    ("inbox.part", Group.INBOX, lazy("一个部门答了它的部分：%(case)s"), lazy("都答完后，请汇总成一份答复。")),
    ("inbox.report", Group.INBOX, lazy("有一份举报：%(case)s"), lazy("只有指定的人看得到，请尽快接手。")),
    (
        "score.appeal",
        Group.INBOX,
        lazy("部门对得分提出申诉：%(case)s"),
        lazy("看看理由，决定这件事算不算在得分里。"),
    ),
    ("triage.new", Group.INBOX, lazy("等人工分办：%(case)s"), lazy("看看最像的三个部门，一键交出。")),
    ("triage.returned", Group.INBOX, lazy("部门退回：%(case)s"), lazy("退到第二次就要裁定。")),
    ("triage.unclaimed", Group.INBOX, lazy("没有人接手：%(case)s"), lazy("4 个工作小时过了，请另行分办或裁定。")),
)  # fmt: skip
for _kind in _KINDS:
    register(Kind(*_kind, words=_shown))
for _event, _label in (
    ("inbox.routed", lazy("新的反馈")),
    ("inbox.urgent", lazy("紧急反馈")),
    ("inbox.offered", lazy("转办来的反馈")),
    ("inbox.handover_back", lazy("转办没有成")),
    ("inbox.adjudicated", lazy("裁定来的反馈")),
    ("inbox.escalated", lazy("反馈超时")),
):
    webhooks.register_event(_event, _label)


def _params(case: Case, **more: Any) -> dict[str, Any]:
    quiet = case.confidential or case.anonymous
    return {
        "no": case.no,
        "title": "" if quiet else case.title,
        "department": case.department_code or "",
        "due": case.answer_due_at.isoformat() if case.answer_due_at else "",
        **more,
    }


def tell_sender(case: Case, kind: str) -> None:
    """The person who sent it; an anonymous one reads it by his receipt."""
    if case.sender_id is None:
        return
    reply_to = inbound.signed_address("case", case.id, case.sender_id)
    link = f"/feedback/{case.no}"
    notify(case.sender_id, kind, _params(case), link, reply_to=reply_to, thread=f"case-{case.id}")


def tell_followers(case: Case, kind: str) -> None:
    """Those who met the same, each of the case that he knows: his own that was merged, or a public one."""
    merged = queries.merged_into(case.id)
    for user_id in queries.follower_ids(case.id):
        known = _known_as(case, merged, user_id)
        params = _params(known, department=case.department_code or "")
        notify(user_id, kind, params, f"/feedback/{known.no}")


def _known_as(case: Case, merged: Sequence[Case], user_id: int) -> Case:
    own = (row for row in merged if row.sender_id == user_id)
    public = (row for row in (case, *merged) if policy.can_read_public(row))
    return next(own, None) or next(public, case)


def _tell_staff(case: Case, people: Iterable[int], kind: str, **more: Any) -> None:
    for user_id in sorted(set(people)):
        notify(user_id, kind, _params(case, **more), f"/inbox/{case.no}")


def tell_person(case: Case, user_id: int, kind: str) -> None:
    """One colleague."""
    _tell_staff(case, [user_id], kind)


def tell_department(case: Case, code: str, kind: str) -> None:
    """All who work for a department, and its robot."""
    _tell_staff(case, queries.staff_of(code), kind)
    announce(case, kind, code)


def tell_holder(case: Case, kind: str) -> None:
    """Whoever works on it: the officer it is given to, else his department; a report's recipients."""
    if case.confidential:
        _tell_staff(case, queries.recipient_ids(case.id), kind)
    elif case.assignee_id is not None:
        _tell_staff(case, [case.assignee_id], kind)
    elif case.department_code is not None:
        _tell_staff(case, queries.staff_of(case.department_code), kind)


def tell_heads(case: Case, kind: str) -> None:
    """The heads of the department that holds it."""
    if case.department_code is not None:
        _tell_staff(case, queries.staff_of(case.department_code, Role.DEPARTMENT_HEAD), kind)


def tell_coordinators(case: Case, kind: str) -> None:
    """Everybody who coordinates."""
    for user_id in queries.coordinator_ids():
        link = f"/triage/{case.no}" if kind.startswith("triage.") else f"/inbox/{case.no}"
        notify(user_id, kind, _params(case), link)


def tell_recipients(case: Case, people: Iterable[int]) -> None:
    """The named readers of a report."""
    _tell_staff(case, people, "inbox.report")


def tell_parent(part: Case) -> None:
    """The first-asked department hears that a part is answered."""
    whole = db.session.get(Case, part.parent_id)
    if whole is not None:
        tell_holder(whole, "inbox.part")


def remind(case: Case, people: Iterable[int], percent: int, due: datetime) -> None:
    """So much of the time is gone."""
    _tell_staff(case, people, "inbox.reminder", percent=percent, due=due.isoformat())


def escalate(case: Case, people: Iterable[int], due: datetime) -> None:
    """A promise is broken: the next level hears of it."""
    _tell_staff(case, people, "inbox.escalated", due=due.isoformat())
    if case.department_code is not None:
        announce(case, "inbox.escalated", case.department_code)


def announce(case: Case, event: str, department: str) -> None:
    """A department's robot in its group chat; never of a report."""
    if not case.confidential:
        title = str(_NAMELESS) if case.anonymous else case.title
        webhooks.announce(event, f"{case.no} {title}", str(case.kind.label), f"/inbox/{case.no}", department)
