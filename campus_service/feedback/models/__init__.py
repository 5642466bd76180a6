"""Tables of the feedback inbox, with the constraints behind every "at most once"."""

from __future__ import annotations

from campus_service.feedback.models.case import (
    Answer,
    Answering,
    Case,
    CaseEvent,
    CaseLink,
    CaseReturn,
    Follower,
    Handover,
    Message,
    Recipient,
    Reminder,
)
from campus_service.feedback.models.desk import (
    AnswerTemplate,
    DepartmentOption,
    PublicAnswer,
    ReportRecipient,
    RoutingModel,
    RoutingRule,
)
from campus_service.feedback.models.figures import ScoreAppeal, ScoreMonth

__all__ = [
    "Answer",
    "AnswerTemplate",
    "Answering",
    "Case",
    "CaseEvent",
    "CaseLink",
    "CaseReturn",
    "DepartmentOption",
    "Follower",
    "Handover",
    "Message",
    "PublicAnswer",
    "Recipient",
    "Reminder",
    "ReportRecipient",
    "RoutingModel",
    "RoutingRule",
    "ScoreAppeal",
    "ScoreMonth",
]
