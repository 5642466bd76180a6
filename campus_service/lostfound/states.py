"""The states of a lost report, a found item and a claim, and the moves that are allowed between them."""

from __future__ import annotations

from enum import StrEnum

from campus_service.core.i18n import LazyString, lazy
from campus_service.core.lifecycle import Lifecycle


class Kind(StrEnum):
    """Which side a report is on."""

    LOST = "lost"
    FOUND = "found"

    @property
    def label(self) -> LazyString:
        """As the badge on a card says it."""
        return {Kind.LOST: lazy("寻物"), Kind.FOUND: lazy("招领")}[self]


class LostState(StrEnum):
    """Where a lost report stands."""

    OPEN = "open"
    RECOVERED = "recovered"
    WITHDRAWN = "withdrawn"
    LAPSED = "lapsed"

    @property
    def label(self) -> LazyString:
        """For readers."""
        return _LOST_LABELS[self]


class FoundState(StrEnum):
    """Where a found item is."""

    REPORTED = "reported"
    HELD = "held"
    IN_TRANSIT = "in_transit"
    RETURNED = "returned"
    DISPOSED = "disposed"
    HANDED_OVER = "handed_over"

    @property
    def label(self) -> LazyString:
        """For readers."""
        return _FOUND_LABELS[self]


class ClaimState(StrEnum):
    """Where a claim stands. Approval is not the return."""

    SUBMITTED = "submitted"
    APPEALED = "appealed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    RETURNED = "returned"
    EXPIRED = "expired"

    @property
    def label(self) -> LazyString:
        """For readers."""
        return _CLAIM_LABELS[self]


class PairState(StrEnum):
    """What became of a likely match. Told, dismissed and confirmed are for good."""

    PROPOSED = "proposed"
    TOLD = "told"
    DISMISSED = "dismissed"
    CONFIRMED = "confirmed"


class CardState(StrEnum):
    """Where the notice about a campus card stands."""

    WAITING = "waiting"
    TOLD = "told"
    COLLECTED = "collected"
    TO_CENTRE = "to_centre"

    @property
    def label(self) -> LazyString:
        """For the desks."""
        return _CARD_LABELS[self]


_CARD_LABELS = {
    CardState.WAITING: lazy("还没有账号"),
    CardState.TOLD: lazy("已通知本人"),
    CardState.COLLECTED: lazy("已领回"),
    CardState.TO_CENTRE: lazy("已送卡中心"),
}


class AgreedVia(StrEnum):
    """Where a finder agreed to stand on the list of thanks."""

    DESK = "desk"
    RECEIPT = "receipt"
    ACCOUNT = "account"


class ImportState(StrEnum):
    """How far a file that is brought in has come."""

    MAPPING = "mapping"
    TRYING = "trying"
    TRIED = "tried"
    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    UNDONE = "undone"

    @property
    def label(self) -> LazyString:
        """For readers."""
        return _IMPORT_LABELS[self]


_LOST_LABELS = {
    LostState.OPEN: lazy("还在找"),
    LostState.RECOVERED: lazy("找到了"),
    LostState.WITHDRAWN: lazy("已撤回"),
    LostState.LAPSED: lazy("已过期"),
}
_FOUND_LABELS = {
    FoundState.REPORTED: lazy("在拾到者处"),
    FoundState.HELD: lazy("保管中"),
    FoundState.IN_TRANSIT: lazy("转运中"),
    FoundState.RETURNED: lazy("已归还"),
    FoundState.DISPOSED: lazy("已处理"),
    FoundState.HANDED_OVER: lazy("已移交"),
}
_CLAIM_LABELS = {
    ClaimState.SUBMITTED: lazy("正在核对"),
    ClaimState.APPEALED: lazy("复核中"),
    ClaimState.APPROVED: lazy("待领取"),
    ClaimState.REJECTED: lazy("未通过"),
    ClaimState.WITHDRAWN: lazy("已撤回"),
    ClaimState.RETURNED: lazy("已领回"),
    ClaimState.EXPIRED: lazy("取件码过期"),
}

_IMPORT_LABELS = {
    ImportState.MAPPING: lazy("在对列"),
    ImportState.TRYING: lazy("在试跑"),
    ImportState.TRIED: lazy("试跑过"),
    ImportState.RUNNING: lazy("在导入"),
    ImportState.DONE: lazy("导入好了"),
    ImportState.CANCELLED: lazy("中途停下"),
    ImportState.FAILED: lazy("文件读不下去"),
    ImportState.UNDONE: lazy("已撤销"),
}

_L, _F, _C, _I = LostState, FoundState, ClaimState, ImportState


class Arrival(StrEnum):
    """How a thing arrived at the desk it was sent to."""

    INTACT = "intact"
    DIFFERS = "differs"

    @property
    def label(self) -> LazyString:
        """For staff."""
        return {Arrival.INTACT: lazy("完好"), Arrival.DIFFERS: lazy("有出入")}[self]


class DifferenceKind(StrEnum):
    """In which way ledger and hands do not agree."""

    NOT_ARRIVED = "not_arrived"
    MISMATCH = "mismatch"
    MISSING = "missing"
    EXTRA = "extra"
    WRONG_SHELF = "wrong_shelf"

    @property
    def label(self) -> LazyString:
        """For staff."""
        return _DIFFERENCE_LABELS[self]


class Explanation(StrEnum):
    """Why a count did not agree with the ledger."""

    SEARCHING = "searching"
    MISPLACED = "misplaced"
    NOT_LOGGED = "not_logged"
    WRONG_LABEL = "wrong_label"
    OTHER = "other"

    @property
    def label(self) -> LazyString:
        """For staff."""
        return _EXPLANATION_LABELS[self]


_DIFFERENCE_LABELS = {
    DifferenceKind.NOT_ARRIVED: lazy("没收到"),
    DifferenceKind.MISMATCH: lazy("对不上"),
    DifferenceKind.MISSING: lazy("账上有，没点到"),
    DifferenceKind.EXTRA: lazy("点到了，账上不在这里"),
    DifferenceKind.WRONG_SHELF: lazy("架位不对"),
}
_EXPLANATION_LABELS = {
    Explanation.SEARCHING: lazy("原因不明，继续找"),
    Explanation.MISPLACED: lazy("放错了地方"),
    Explanation.NOT_LOGGED: lazy("有一步没有登记"),
    Explanation.WRONG_LABEL: lazy("标签掉了或贴错"),
    Explanation.OTHER: lazy("其他"),
}

LOST_REPORT = Lifecycle(
    {
        _L.OPEN: frozenset({_L.RECOVERED, _L.WITHDRAWN, _L.LAPSED}),
        # The reminder's "still missing" brings a lapsed report back.
        _L.LAPSED: frozenset({_L.OPEN, _L.RECOVERED, _L.WITHDRAWN}),
    }
)

FOUND_ITEM = Lifecycle(
    {
        _F.REPORTED: frozenset({_F.HELD, _F.HANDED_OVER}),
        _F.HELD: frozenset({_F.IN_TRANSIT, _F.RETURNED, _F.DISPOSED, _F.HANDED_OVER}),
        _F.IN_TRANSIT: frozenset({_F.HELD}),
    }
)

CLAIM = Lifecycle(
    {
        _C.SUBMITTED: frozenset({_C.APPROVED, _C.REJECTED, _C.WITHDRAWN}),
        # One appeal; the service counts it.
        _C.REJECTED: frozenset({_C.APPEALED}),
        _C.APPEALED: frozenset({_C.APPROVED, _C.REJECTED, _C.WITHDRAWN}),
        _C.APPROVED: frozenset({_C.RETURNED, _C.EXPIRED, _C.WITHDRAWN}),
    }
)

PAIR = Lifecycle(
    {
        PairState.PROPOSED: frozenset({PairState.TOLD, PairState.DISMISSED, PairState.CONFIRMED}),
        PairState.TOLD: frozenset({PairState.DISMISSED, PairState.CONFIRMED}),
    }
)

IMPORT = Lifecycle(
    {
        _I.MAPPING: frozenset({_I.TRYING}),
        _I.TRYING: frozenset({_I.TRIED, _I.MAPPING, _I.FAILED}),
        _I.TRIED: frozenset({_I.MAPPING, _I.TRYING, _I.RUNNING}),
        _I.RUNNING: frozenset({_I.DONE, _I.CANCELLED, _I.FAILED}),
        _I.FAILED: frozenset({_I.MAPPING, _I.UNDONE}),
        # What was stopped can be gone on with: the lines that are in stay in.
        _I.CANCELLED: frozenset({_I.RUNNING, _I.UNDONE}),
        _I.DONE: frozenset({_I.UNDONE}),
    }
)

# A claim that still asks for a decision or a pick-up.
UNDECIDED = (_C.SUBMITTED, _C.APPEALED)
ALIVE = (*UNDECIDED, _C.APPROVED)
# Found items that the public list may show.
PRESENT = (_F.REPORTED, _F.HELD, _F.IN_TRANSIT)
