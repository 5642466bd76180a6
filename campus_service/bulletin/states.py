"""What the bulletin is made of, where an article and an issue can stand, and the moves that are allowed."""

from __future__ import annotations

from enum import StrEnum

from campus_service.core.i18n import LazyString, lazy
from campus_service.core.lifecycle import Lifecycle


class Section(StrEnum):
    """The sections, in the order of an issue (domain.md §3)."""

    EVENTS = "events"
    TIPS = "tips"
    STUDY = "study"
    CAREERS = "careers"
    SURVEY_REPORTS = "survey_reports"

    @property
    def label(self) -> LazyString:
        """For readers."""
        return _SECTIONS[self]


_SECTIONS = {
    Section.EVENTS: lazy("校内外活动"),
    Section.TIPS: lazy("生活小贴士"),
    Section.STUDY: lazy("学习考试"),
    Section.CAREERS: lazy("就业"),
    Section.SURVEY_REPORTS: lazy("调研报告"),
}


class ArticleState(StrEnum):
    """Where an article stands (design.md)."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    CHANGES_REQUESTED = "changes_requested"
    APPROVED = "approved"
    ONLINE = "online"
    BOUND = "bound"
    DROPPED = "dropped"

    @property
    def label(self) -> LazyString:
        """For the newsroom."""
        return _ARTICLE_LABELS[self]


_ARTICLE_LABELS = {
    ArticleState.DRAFT: lazy("草稿"),
    ArticleState.SUBMITTED: lazy("待审"),
    ArticleState.CHANGES_REQUESTED: lazy("退改"),
    ArticleState.APPROVED: lazy("通过"),
    ArticleState.ONLINE: lazy("已上线"),
    ArticleState.BOUND: lazy("已成刊"),
    ArticleState.DROPPED: lazy("不用了"),
}

_A = ArticleState
ARTICLE: Lifecycle[ArticleState] = Lifecycle(
    {
        _A.DRAFT: {_A.SUBMITTED, _A.DROPPED},
        _A.SUBMITTED: {_A.CHANGES_REQUESTED, _A.APPROVED, _A.DRAFT},
        _A.CHANGES_REQUESTED: {_A.SUBMITTED, _A.DROPPED},
        # Whoever wants to change an approved text takes the approval away with it.
        _A.APPROVED: {_A.DRAFT, _A.ONLINE, _A.BOUND},
        _A.ONLINE: {_A.BOUND},
        _A.DROPPED: {_A.DRAFT},
    }
)
# The text may be changed in these only.
EDITABLE = frozenset({_A.DRAFT, _A.CHANGES_REQUESTED})
# Readers have it; what is wrong is corrected in the open.
PUBLISHED = frozenset({_A.ONLINE, _A.BOUND})


class IssueState(StrEnum):
    """Where an issue (期) stands (design.md)."""

    PLANNING = "planning"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"

    @property
    def label(self) -> LazyString:
        """For the newsroom."""
        return _ISSUE_LABELS[self]


_ISSUE_LABELS = {
    IssueState.PLANNING: lazy("策划中"),
    IssueState.IN_REVIEW: lazy("待主编签发"),
    IssueState.APPROVED: lazy("已签发"),
    IssueState.SCHEDULED: lazy("定时发布"),
    IssueState.PUBLISHED: lazy("已出刊"),
}

_I = IssueState
ISSUE: Lifecycle[IssueState] = Lifecycle(
    {
        _I.PLANNING: {_I.IN_REVIEW},
        _I.IN_REVIEW: {_I.APPROVED, _I.PLANNING},
        _I.APPROVED: {_I.SCHEDULED, _I.PUBLISHED, _I.PLANNING},
        _I.SCHEDULED: {_I.PUBLISHED, _I.APPROVED},
    }
)


class Origin(StrEnum):
    """How a revision came to be."""

    AUTOSAVE = "autosave"
    SAVED = "saved"
    MERGED = "merged"
    # Somebody else had changed the same lines: kept beside the newest text, nothing is lost.
    ASIDE = "aside"
    RESTORED = "restored"
    IMPORTED = "imported"

    @property
    def label(self) -> LazyString:
        """For the list of revisions."""
        return _ORIGINS[self]


_ORIGINS = {
    Origin.AUTOSAVE: lazy("自动保存"),
    Origin.SAVED: lazy("保存"),
    Origin.MERGED: lazy("合并"),
    Origin.ASIDE: lazy("另存一旁"),
    Origin.RESTORED: lazy("恢复旧稿"),
    Origin.IMPORTED: lazy("导入"),
}


class MailingKind(StrEnum):
    """What a mailing brings to its readers."""

    ISSUE = "issue"
    ARTICLE = "article"
    CORRECTION = "correction"


class DeliveryState(StrEnum):
    """How far one reader's copy has come.

    ``HANDED`` is committed after the whole mail has been given to the server but for its last dot. Where a crash left
    such a copy, nobody can know whether the server took it (SMTP has no way to ask): it is ``DOUBTFUL``, is not sent
    again by itself, so that nobody gets anything twice, and waits for the chief editor's word.
    """

    QUEUED = "queued"
    SENDING = "sending"
    HANDED = "handed"
    SENT = "sent"
    DOUBTFUL = "doubtful"
    SKIPPED = "skipped"
    FAILED = "failed"
    BOUNCED = "bounced"

    @property
    def label(self) -> LazyString:
        """For the newsroom's progress page."""
        return _DELIVERIES[self]


_DELIVERIES = {
    DeliveryState.QUEUED: lazy("排队"),
    DeliveryState.SENDING: lazy("正在发"),
    DeliveryState.HANDED: lazy("已交出"),
    DeliveryState.SENT: lazy("已发出"),
    DeliveryState.DOUBTFUL: lazy("说不准"),
    DeliveryState.SKIPPED: lazy("不用再寄"),
    DeliveryState.FAILED: lazy("没有发成"),
    DeliveryState.BOUNCED: lazy("退信"),
}
