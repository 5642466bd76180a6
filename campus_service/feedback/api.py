"""The inbox's JSON API for who sends: the same commands and services as the pages."""

from __future__ import annotations

from flask import Blueprint

from campus_service.core.actor import Actor
from campus_service.core.api import PREFIX, operation
from campus_service.core.errors import Invalid
from campus_service.core.http import encode_cursor, parse
from campus_service.core.i18n import lazy
from campus_service.feedback import browsing, case_page, limits, policy, public_queries, queries, service
from campus_service.feedback import commands as c
from campus_service.feedback.models import Case
from campus_service.feedback.schemas import (
    CaseOut,
    MessageIn,
    MineOut,
    MyCasesOut,
    PublicListOut,
    PublicOut,
    PublicQuery,
    ReopenIn,
    SendIn,
    SentOut,
    TrackIn,
    VerdictIn,
    WithdrawIn,
)
from campus_service.feedback.states import Channel

bp = Blueprint("api_feedback", __name__, url_prefix=PREFIX)


@operation(
    bp,
    "POST",
    "/feedback",
    summary=lazy("发一条反馈；没有令牌时只能不留名字，回答里有 16 位查询码"),
    body=SendIn,
    returns=SentOut,
    status=201,
)
def send(actor: Actor, command: SendIn) -> SentOut:
    """I have something to say."""
    if command.photos and not actor.signed_in:
        raise Invalid({"photos": lazy("照片要先用令牌上传；没有令牌请在网页上发。")})
    if command.anonymous:
        limits.count_anonymous()
    sent = service.send(actor, parse(c.SendCase, command.model_dump()), Channel.API)
    return SentOut.of(queries.case_by_no(sent.no), sent.receipt)


@operation(bp, "GET", "/feedback", summary=lazy("公开的答复和反馈"), query=PublicQuery, returns=PublicListOut)
def list_public(_actor: Actor, query: PublicQuery) -> PublicListOut:
    """What others asked."""
    asked = browsing.Asked(query.show, query.department, query.q.strip(), query.after, query.page)
    if asked.q:
        ids = browsing.found(asked).ids
        numbers = [int(id.partition(":")[2]) for id in ids]
        cases = query.show == browsing.CASES
        return PublicListOut.of(
            ids,
            public_queries.cases_of(numbers) if cases else {},
            {} if cases else public_queries.answers_of(numbers),
        )
    page = browsing.newest(asked)
    make = PublicOut.of_case if query.show == browsing.CASES else PublicOut.of_answer
    following = encode_cursor(*page.following) if page.following else ""
    return PublicListOut(items=[make(row) for row in page.rows], next=following)


@operation(bp, "GET", "/feedback/mine", summary=lazy("我的反馈"), returns=MyCasesOut)
def my_cases(actor: Actor) -> MyCasesOut:
    """One's own cases."""
    return MyCasesOut(cases=[MineOut.of(case) for case in public_queries.mine(actor)])


@operation(bp, "GET", "/feedback/<no>", summary=lazy("一件反馈"), returns=CaseOut)
def show_case(actor: Actor, no: str) -> CaseOut:
    """One's own case, or the public side of somebody else's."""
    case = queries.case_by_no(no)
    if not policy.sent(actor, case) and policy.can_read_public(case):
        return CaseOut.of(case_page.public(actor, case))
    return _own(actor, queries.case_for_sender(actor, no))


def _own(actor: Actor, case: Case) -> CaseOut:
    return CaseOut.of(case_page.own(actor, case))


@operation(bp, "POST", "/feedback/track", summary=lazy("用查询码看"), body=TrackIn, returns=CaseOut)
def track(actor: Actor, command: TrackIn) -> CaseOut:
    """An anonymous case by its receipt."""
    limits.count_receipt()
    return _own(actor, service.open_receipt(command.receipt))


@operation(
    bp,
    "POST",
    "/feedback/<no>/messages",
    summary=lazy("补充一句"),
    body=MessageIn,
    returns=CaseOut,
    status=201,
)
def add_message(actor: Actor, no: str, command: MessageIn) -> CaseOut:
    """A word of the sender."""
    _count(command.receipt)
    return _own(actor, service.add_message(actor, no, command, command.receipt))


@operation(
    bp, "POST", "/feedback/<no>/verdict", summary=lazy("解决了吗，满意吗"), body=VerdictIn, returns=CaseOut
)
def give_verdict(actor: Actor, no: str, command: VerdictIn) -> CaseOut:
    """The sender's own word."""
    _count(command.receipt)
    return _own(actor, service.give_verdict(actor, no, command, command.receipt))


@operation(bp, "POST", "/feedback/<no>/reopen", summary=lazy("重新办理一次"), body=ReopenIn, returns=CaseOut)
def reopen(actor: Actor, no: str, command: ReopenIn) -> CaseOut:
    """Once more, by somebody else."""
    _count(command.receipt)
    return _own(actor, service.reopen(actor, no, command, command.receipt))


@operation(bp, "POST", "/feedback/<no>/withdraw", summary=lazy("撤回"), body=WithdrawIn, returns=CaseOut)
def withdraw_case(actor: Actor, no: str, command: WithdrawIn) -> CaseOut:
    """It is all right already."""
    _count(command.receipt)
    return _own(actor, service.withdraw(actor, no, command, command.receipt))


def _count(receipt: str) -> None:
    """Receipts are tried here too."""
    if receipt:
        limits.count_receipt()
