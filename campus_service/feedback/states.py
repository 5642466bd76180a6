"""What a case can be, where it can stand, what can happen to it, and the moves that are allowed."""

from __future__ import annotations

from enum import StrEnum

from campus_service.core.i18n import LazyString, lazy
from campus_service.core.lifecycle import Lifecycle


class Kind(StrEnum):
    """What the sender wants (data/README.md); a report (举报) goes to named recipients only."""

    CONSULTATION = "consultation"
    REQUEST = "request"
    COMPLAINT = "complaint"
    SUGGESTION = "suggestion"
    PRAISE = "praise"
    REPORT = "report"

    @property
    def label(self) -> LazyString:
        """As a case's line says it."""
        return _KIND_LABELS[self]

    @property
    def wish(self) -> LazyString:
        """As the sender says it."""
        return _KIND_WISHES[self]


class Channel(StrEnum):
    """How the case came in."""

    WEB = "web"
    COUNTER = "counter"
    PHONE = "phone"
    API = "api"
    OPEN311 = "open311"

    @property
    def label(self) -> LazyString:
        """For staff."""
        return _CHANNEL_LABELS[self]


class CaseState(StrEnum):
    """Where a case stands (design.md)."""

    RECEIVED = "received"
    ROUTED = "routed"
    RETURNED = "returned"
    ADJUDICATED = "adjudicated"
    ACCEPTED = "accepted"
    IN_PROGRESS = "in_progress"
    WAITING = "waiting_for_student"
    ANSWERED = "answered"
    CLOSED = "closed"
    REOPENED = "reopened"
    MERGED = "merged"
    WITHDRAWN = "withdrawn"

    @property
    def label(self) -> LazyString:
        """For readers."""
        return _STATE_LABELS[self]


class Outcome(StrEnum):
    """What an answer says the case came to (domain.md §2: closed says which)."""

    SOLVED = "solved"
    ANSWERED = "answered"
    NOT_OURS = "not_ours"
    DECLINED = "declined"

    @property
    def label(self) -> LazyString:
        """For readers."""
        return _OUTCOME_LABELS[self]


class EventType(StrEnum):
    """One line of a case's log; clocks are computed from these lines, never kept as counters."""

    RECEIVED = "received"
    ROUTED = "routed"  # to a department: data.how, data.why
    UNCLAIMED = "unclaimed"  # not accepted in time: back to the coordinator
    ACCEPTED = "accepted"
    RETURNED = "returned"  # "not ours", before accepting
    ADJUDICATED = "adjudicated"  # the coordinator's binding decision
    OFFERED = "offered"  # a hand-over begins
    HANDED_OVER = "handed_over"  # the other department accepted
    REFUSED = "refused"  # the other department refused the hand-over
    LAPSED = "lapsed"  # nobody accepted the hand-over in time
    ASSIGNED = "assigned"  # to an officer
    PROGRESS = "progress"  # a note that the sender sees
    ACTED = "acted"  # safety: somebody is on the spot
    ASKED = "asked"  # everything that is missing, once: the clock pauses
    SUPPLIED = "supplied"  # the sender answered: it runs again
    RESUMED = "resumed"  # the pause reached its cap
    MESSAGE = "message"  # the sender adds a word
    EXTENDED = "extended"
    SUBMITTED = "submitted"  # an answer waits for the head's approval
    SENT_BACK = "sent_back"
    ANSWERED = "answered"
    VERDICT = "verdict"  # the sender's own "solved?" and rating
    REOPENED = "reopened"
    CLOSED = "closed"
    MERGED = "merged"
    SPLIT = "split"
    LINKED = "linked"
    WITHDRAWN = "withdrawn"
    CHANGED = "changed"  # kind, urgency or title corrected: data.before, data.after
    ESCALATED = "escalated"  # data.level
    PUBLISHED = "published"


class HandoverState(StrEnum):
    """Where a hand-over stands."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    LAPSED = "lapsed"


class AnswerState(StrEnum):
    """Where an answer stands."""

    SUBMITTED = "submitted"
    SENT = "sent"
    SENT_BACK = "sent_back"


class MessageKind(StrEnum):
    """Who speaks in a case, and to whom; a note is for staff only."""

    SENDER = "sender"
    PROGRESS = "progress"
    REQUEST = "request"
    ANSWER = "answer"
    NOTE = "note"


class Publicity(StrEnum):
    """Whether others may see the case; a flagged text waits for a coordinator's look."""

    PRIVATE = "private"
    FLAGGED = "flagged"
    PUBLIC = "public"


class RouteHow(StrEnum):
    """What sent the case to its department."""

    SAFETY = "safety"
    RULE = "rule"
    CLASSIFIER = "classifier"
    TRIAGE = "triage"
    RECIPIENTS = "recipients"  # a report, to its named recipients
    PERSON = "person"  # staff who recorded a call or a visit chose the department

    @property
    def label(self) -> LazyString:
        """For "why here"."""
        return _HOW_LABELS[self]


class Clock(StrEnum):
    """The clocks of a case (domain.md §2)."""

    SAFETY_ACK = "safety_ack"
    SAFETY_ACT = "safety_act"
    ACCEPT = "accept"
    ANSWER = "answer"
    PROGRESS = "progress"
    SENDER = "sender"

    @property
    def label(self) -> LazyString:
        """What is due."""
        return _CLOCK_LABELS[self]


_KIND_LABELS = {
    Kind.CONSULTATION: lazy("咨询"),
    Kind.REQUEST: lazy("求助"),
    Kind.COMPLAINT: lazy("投诉"),
    Kind.SUGGESTION: lazy("建议"),
    Kind.PRAISE: lazy("表扬"),
    Kind.REPORT: lazy("举报"),
}
_KIND_WISHES = {
    Kind.CONSULTATION: lazy("问清楚"),
    Kind.REQUEST: lazy("请人处理"),
    Kind.COMPLAINT: lazy("投诉"),
    Kind.SUGGESTION: lazy("提建议"),
    Kind.PRAISE: lazy("说声谢谢"),
    Kind.REPORT: lazy("举报"),
}
_CHANNEL_LABELS = {
    Channel.WEB: lazy("网站"),
    Channel.COUNTER: lazy("窗口"),
    Channel.PHONE: lazy("电话"),
    Channel.API: lazy("接口"),
    Channel.OPEN311: lazy("Open311 接口"),
}
_STATE_LABELS = {
    CaseState.RECEIVED: lazy("待分办"),
    CaseState.ROUTED: lazy("待接手"),
    CaseState.RETURNED: lazy("退回分办"),
    CaseState.ADJUDICATED: lazy("已裁定"),
    CaseState.ACCEPTED: lazy("已接手"),
    CaseState.IN_PROGRESS: lazy("处理中"),
    CaseState.WAITING: lazy("等同学"),
    CaseState.ANSWERED: lazy("已答复"),
    CaseState.CLOSED: lazy("已办结"),
    CaseState.REOPENED: lazy("重新办理"),
    CaseState.MERGED: lazy("已并案"),
    CaseState.WITHDRAWN: lazy("已撤回"),
}
_OUTCOME_LABELS = {
    Outcome.SOLVED: lazy("已解决"),
    Outcome.ANSWERED: lazy("已说明"),
    Outcome.NOT_OURS: lazy("不归校内管"),
    Outcome.DECLINED: lazy("不予办理"),
}
_HOW_LABELS = {
    RouteHow.SAFETY: lazy("涉及安全"),
    RouteHow.RULE: lazy("按规则"),
    RouteHow.CLASSIFIER: lazy("按字词判断"),
    RouteHow.TRIAGE: lazy("人工分办"),
    RouteHow.RECIPIENTS: lazy("只给指定的人"),
    RouteHow.PERSON: lazy("登记时选定"),
}
_CLOCK_LABELS = {
    Clock.SAFETY_ACK: lazy("安全：回应"),
    Clock.SAFETY_ACT: lazy("安全：到场处置"),
    Clock.ACCEPT: lazy("接手"),
    Clock.ANSWER: lazy("答复"),
    Clock.PROGRESS: lazy("进展"),
    Clock.SENDER: lazy("同学补充"),
}

_S = CaseState
_WORK = frozenset({_S.IN_PROGRESS, _S.WAITING, _S.ANSWERED, _S.ADJUDICATED, _S.MERGED, _S.WITHDRAWN})
_AWAY = frozenset({_S.MERGED, _S.WITHDRAWN})

CASE = Lifecycle(
    {
        _S.RECEIVED: frozenset({_S.ROUTED, _S.ADJUDICATED}) | _AWAY,
        # Back to RECEIVED when nobody accepts in time; ROUTED anew when a wrong route is corrected.
        _S.ROUTED: frozenset({_S.ACCEPTED, _S.RETURNED, _S.ROUTED, _S.RECEIVED, _S.ADJUDICATED}) | _AWAY,
        _S.RETURNED: frozenset({_S.ROUTED, _S.ADJUDICATED}) | _AWAY,
        _S.ACCEPTED: _WORK,
        _S.IN_PROGRESS: _WORK,
        _S.WAITING: _WORK,
        _S.ADJUDICATED: _WORK,
        _S.ANSWERED: frozenset({_S.CLOSED, _S.REOPENED}),
        # One free reopening; the service and a unique row count it.
        _S.CLOSED: frozenset({_S.REOPENED}),
        _S.REOPENED: _WORK,
    }
)

# Nobody has accepted it yet: the coordinator's queue, and a department's "to accept".
UNROUTED = (_S.RECEIVED, _S.RETURNED)
# A department is responsible and owes an answer.
HELD = (_S.ACCEPTED, _S.IN_PROGRESS, _S.WAITING, _S.ADJUDICATED, _S.REOPENED)
# Somebody still owes something.
OPEN = (*UNROUTED, _S.ROUTED, *HELD)
ENDED = (_S.ANSWERED, _S.CLOSED, _S.MERGED, _S.WITHDRAWN)
