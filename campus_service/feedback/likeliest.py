"""Who is likeliest to answer a message, and why: rule, words, what became of older cases with the same words."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log

from markupsafe import Markup, escape

from campus_service.core.clock import to_local
from campus_service.core.i18n import LazyString, _
from campus_service.core.page import fmt_day
from campus_service.feedback import triage_queries
from campus_service.feedback.models import Case
from campus_service.feedback.notices import department_name
from campus_service.feedback.routing.route import Routing
from campus_service.feedback.states import Outcome, RouteHow
from campus_service.search.analyser import normalise, tokens

# Older cases shown beside a message, and how much of its rare words they must share.
SIMILAR = 3
ENOUGH = 6.0
# Below so many percent the words are chance, and are not shown.
WEAK = 5
# A share of fewer older cases says nothing.
TELLING = 3


@dataclass(frozen=True, slots=True)
class Old:
    """An answered case, read once: its words and its text as words are looked for in it."""

    id: int
    department: str
    area: str
    words: frozenset[str]
    text: str


def older(case: Case) -> list[Old]:
    """The cases that were answered lately, without ``case``."""
    return [
        Old(row.id, row.department_code or "", row.area, *_read(f"{row.title} {row.body}"))
        for row in triage_queries.answered_lately(case.id)
    ]


@lru_cache(maxsize=1000)
def _read(text: str) -> tuple[frozenset[str], str]:
    """Words and plain text of one; the next case in the queue is compared with nearly the same ones."""
    return frozenset(tokens(text)), normalise(text)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A department that may be the one, with the reason; ``barred``: it cannot be chosen."""

    code: str
    name: str
    percent: int
    why: str
    words: tuple[str, ...]
    mark: int
    barred: bool = False


def candidates(
    verdict: Routing, barred: Mapping[str, str] | None = None, known: Sequence[Old] = ()
) -> list[Candidate]:
    """The three likeliest departments, with the words that speak for each; ``barred``: why one cannot be chosen."""
    found = []
    for number, each in enumerate(verdict.top3, start=1):
        percent = round(100 * each.confidence)
        words = each.words if percent >= WEAK else ()
        reason = (barred or {}).get(each.department)
        why = reason or _why(verdict, each.department, words, known)
        name = department_name(each.department)
        found.append(Candidate(each.department, name, percent, why, words, number, bool(reason)))
    return found


def _why(verdict: Routing, code: str, words: Sequence[str], known: Sequence[Old]) -> str:
    if verdict.department == code and verdict.how is RouteHow.RULE:
        return _("规则“%(name)s”", name=verdict.reason)
    if verdict.department == code and verdict.how is RouteHow.SAFETY:
        return _("安全词：%(words)s", words=verdict.reason)
    if not words:
        return _("只有零散相近的字词")
    having = [old for old in known if any(word in old.text for word in words)]
    if len(having) < TELLING:
        return _("没有规则对上，看字词")
    right = sum(old.department == code for old in having)
    name = department_name(code)
    return _(
        "看字词：有这些词的旧事 %(n)s 件，%(k)s 件归%(department)s", n=len(having), k=right, department=name
    )


def outcome(verdict: Routing) -> str:
    """Where a message would go by itself, and by what."""
    if verdict.department is None:
        return _("会留给人看：最像的一个也不够有把握。")
    urgent = _("按紧急，") if verdict.urgent else ""
    name = department_name(verdict.department)
    if verdict.how is RouteHow.RULE:
        return _(
            "%(urgent)s按规则“%(rule)s”交给%(department)s。",
            urgent=urgent,
            rule=verdict.reason,
            department=name,
        )
    return _("%(urgent)s%(how)s，交给%(department)s。", urgent=urgent, how=verdict.how.label, department=name)


def marked(text: str, marks: Mapping[str, int]) -> Markup:
    """``text`` escaped, with each word of ``marks`` in its department's colour; the longest words first."""
    words = sorted(filter(None, marks), key=len, reverse=True)
    if not words:
        return escape(text)
    parts, last = [], 0
    for found in re.finditer("|".join(map(re.escape, words)), text, re.IGNORECASE):
        number = marks.get(found.group()) or marks.get(found.group().lower(), 1)
        parts += [
            escape(text[last : found.start()]),
            Markup('<mark class="m%s">%s</mark>') % (number, found.group()),
        ]
        last = found.end()
    return Markup("").join([*parts, escape(text[last:])])


@dataclass(frozen=True, slots=True)
class Similar:
    """An older case that shares its words."""

    no: str
    title: str
    department: str
    outcome: LazyString
    tone: str
    day: str


def similar(case: Case, known: Sequence[Old]) -> list[Similar]:
    """Older cases that share the most telling words, the nearest first, with what became of them."""
    weights = {old.id: 0.5 * (old.area == case.area != "other") for old in known}
    for word in {word for word in tokens(f"{case.title} {case.body}") if len(word) > 1}:
        having = [old.id for old in known if word in old.words]
        for id in having:
            weights[id] += log((len(known) + 1) / len(having))
    best = sorted((-weight, -id) for id, weight in weights.items() if weight >= ENOUGH)[:SIMILAR]
    cases = {row.id: row for row in triage_queries.ended_like([-id for _weight, id in best])}
    return [_similar(cases[-id]) for _weight, id in best if -id in cases]


def _similar(case: Case) -> Similar:
    label = case.outcome.label if case.outcome else case.state.label
    tone = "moss" if case.outcome in (Outcome.SOLVED, Outcome.ANSWERED) else ""
    day = fmt_day(to_local(case.answered_at).date(), weekday=False) if case.answered_at else ""
    return Similar(case.no, case.title, department_name(case.department_code), label, tone, day)
