"""What an editor sees of a text that may become public: what is doubtful marked, beside it what others would read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from markupsafe import Markup

from campus_service.core.i18n import lazy
from campus_service.feedback import queries, triage_queries
from campus_service.feedback.likeliest import marked
from campus_service.feedback.models import Case, PublicAnswer
from campus_service.feedback.projection import flags_of, stripped


@dataclass(frozen=True, slots=True)
class Flagged:
    """A case whose public text waits for a look: what is doubtful marked, beside it what would be public."""

    case: Case
    text: Markup
    shown: str
    reasons: list[str]


FLAG_LABELS = {
    "mail": lazy("邮箱"),
    "id": lazy("证件号"),
    "phone": lazy("电话"),
    "number": lazy("号码"),
    "account": lazy("账号"),
    "room": lazy("房间"),
    "name": lazy("姓名"),
    "person": lazy("某位工作人员"),
    "swear": lazy("粗话"),
}


def flagged(case: Case) -> Flagged:
    """The text with what a check found."""
    text = f"{case.title}\n{case.body}"
    return Flagged(case, marked(text, _flag_marks(case.flags)), stripped(text), flag_reasons(case.flags))


def flag_reasons(flags: Iterable[dict[str, str]]) -> list[str]:
    """What was found, in words, each once."""
    return list(dict.fromkeys(str(FLAG_LABELS.get(flag["what"], flag["what"])) for flag in flags))


def _flag_marks(flags: Iterable[dict[str, str]]) -> dict[str, int]:
    return {flag["text"]: 1 for flag in flags}


@dataclass(frozen=True, slots=True)
class Original:
    """What was really said, beside the suggestion."""

    no: str
    title: str
    question: Markup
    answer: Markup
    reasons: list[str]


def original(row: PublicAnswer) -> Original | None:
    """The case and the answer that ``row`` was made of, what is doubtful marked; None when it was written by hand."""
    case = triage_queries.case_by_id(row.case_id)
    if case is None:
        return None
    answers = queries.sent_answers(case.id)
    answer = answers[-1].body if answers else ""
    flags = flags_of(f"{case.title}\n{case.body}\n{answer}")
    marks = _flag_marks(flags)
    return Original(case.no, case.title, marked(case.body, marks), marked(answer, marks), flag_reasons(flags))
