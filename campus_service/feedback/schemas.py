"""What the API asks and answers about feedback."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, Field

from campus_service.core.settings import settings
from campus_service.feedback import commands as c
from campus_service.feedback import projection
from campus_service.feedback.case_page import Seen, place
from campus_service.feedback.models import Case, PublicAnswer
from campus_service.feedback.states import Kind

Receipt = Field(default="", max_length=40, description="the 16 digits of an anonymous case")


class SendIn(BaseModel):
    """A message; without a token it has to be anonymous."""

    body: c.Prose
    title: str = Field(default="", max_length=60)
    kind: Kind | None = None
    place: c.Line = ""
    anonymous: bool = False
    consent: bool = False
    accused_department: str | None = None
    photos: list[c.Key] = Field(default_factory=list, max_length=6)
    request_key: c.Key = ""


class TrackIn(BaseModel):
    """A receipt."""

    receipt: str = Field(max_length=40, description="the 16 digits")


class MessageIn(c.AddMessage):
    """A word of the sender."""

    receipt: str = Receipt


class VerdictIn(c.GiveVerdict):
    """The sender's verdict."""

    receipt: str = Receipt


class ReopenIn(c.Reopen):
    """Once more."""

    receipt: str = Receipt


class WithdrawIn(c.Withdraw):
    """Not needed any more."""

    receipt: str = Receipt


class SentOut(BaseModel):
    """What was sent got this number; of an anonymous message the receipt, this once."""

    no: str
    url: str
    receipt: str | None = None
    department: str | None = None
    accept_by: datetime | None = None
    answer_by: datetime | None = None

    @classmethod
    def of(cls, case: Case, receipt: str) -> SentOut:
        """From the new case."""
        return cls(
            no=case.no,
            url=f"{settings().base_url}/feedback/{case.no}",
            receipt=receipt or None,
            department=case.department_code,
            accept_by=case.accept_due_at,
            answer_by=case.answer_due_at,
        )


class StepOut(BaseModel):
    """One line of a case's story."""

    at: datetime
    title: str
    text: str


class AnswerOut(BaseModel):
    """An answer."""

    body: str
    outcome: str
    detail: str


class CaseOut(BaseModel):
    """A case: for its sender with its story, for others its public side."""

    no: str
    kind: str
    state: str
    state_label: str
    title: str
    body: str
    place: str
    anonymous: bool
    own: bool
    department: str | None
    first_department: str | None
    accept_by: datetime | None
    answer_by: datetime | None
    how: list[str] = Field(description="how the deadline came about, line by line")
    asked: str = Field(description="what the sender is asked for, while the clock waits for him")
    answers: list[AnswerOut]
    story: list[StepOut]
    solved: bool | None
    rating: int | None
    followers: int

    @classmethod
    def of(cls, seen: Seen) -> CaseOut:
        """From what the page shows."""
        case = seen.case
        return cls(
            no=case.no,
            kind=case.kind.value,
            state=case.state.value,
            state_label=str(seen.badge.label),
            title=seen.title,
            body=seen.body,
            place=seen.place,
            anonymous=case.anonymous,
            own=seen.own,
            department=None if case.confidential else case.department_code,
            first_department=None if case.confidential else case.first_department,
            accept_by=case.accept_due_at,
            answer_by=case.answer_due_at,
            how=seen.pledge.lines if seen.pledge else [],
            asked=seen.asked,
            answers=_answers(seen),
            story=[StepOut(at=entry.at, title=entry.title, text=entry.text) for entry in seen.story],
            solved=case.solved if seen.own else None,
            rating=case.rating if seen.own else None,
            followers=case.followers,
        )


def _answers(seen: Seen) -> list[AnswerOut]:
    if seen.public_answer is not None:
        return [AnswerOut(body=seen.public_answer.answer, outcome="", detail="")]
    return [
        AnswerOut(body=reply.body, outcome=str(reply.outcome), detail=reply.detail) for reply in seen.replies
    ]


class MineOut(BaseModel):
    """One of one's own cases in a list."""

    no: str
    kind: str
    state: str
    title: str
    department: str | None
    answer_by: datetime | None
    created_at: datetime

    @classmethod
    def of(cls, case: Case) -> MineOut:
        """From the row."""
        return cls(
            no=case.no,
            kind=case.kind.value,
            state=case.state.value,
            title=case.title,
            department=case.department_code,
            answer_by=case.answer_due_at,
            created_at=case.created_at,
        )


class MyCasesOut(BaseModel):
    """One's own cases."""

    cases: list[MineOut]


class PublicQuery(BaseModel):
    """Which public list."""

    show: Literal["answers", "faq", "cases"] = "answers"
    department: str = Field(default="", max_length=32)
    q: str = Field(default="", max_length=100, description="full-text search; sorts by relevance")
    after: str = Field(default="", max_length=200, description="the `next` of the page before")
    page: int = Field(default=1, ge=1, le=200, description="page of a text search")


class PublicOut(BaseModel):
    """A public answer, or a public case with its state; names are stripped."""

    kind: Literal["answer", "case"]
    title: str
    department: str | None
    url: str
    no: str | None = None
    state: str | None = None
    place: str | None = None
    question: str | None = None
    answer: str | None = None

    @classmethod
    def of_case(cls, case: Case) -> PublicOut:
        """A case of which everybody may know."""
        return cls(
            kind="case",
            title=projection.stripped(case.title),
            department=case.department_code,
            url=f"{settings().base_url}/feedback/{case.no}",
            no=case.no,
            state=case.state.value,
            place=projection.stripped(place(case)),
        )

    @classmethod
    def of_answer(cls, row: PublicAnswer) -> PublicOut:
        """A published answer."""
        return cls(
            kind="answer",
            title=row.title,
            department=row.department_code,
            url=f"{settings().base_url}/feedback/answers/{row.id}",
            question=row.question,
            answer=row.answer,
        )


class PublicListOut(BaseModel):
    """A page of a public list."""

    items: list[PublicOut]
    next: str = Field(description="cursor of the next page, empty on the last and in a text search")

    @classmethod
    def of(
        cls, ids: list[str], cases: Mapping[int, Case], answers: Mapping[int, PublicAnswer]
    ) -> PublicListOut:
        """The hits of a search, in their order."""
        items = []
        for kind, _colon, number in (id.partition(":") for id in ids):
            if kind == "case" and int(number) in cases:
                items.append(PublicOut.of_case(cases[int(number)]))
            elif kind == "answer" and int(number) in answers:
                items.append(PublicOut.of_answer(answers[int(number)]))
        return cls(items=items, next="")
