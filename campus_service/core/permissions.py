"""Who may do what: permissions named scope:resource:action, and the roles that carry them (design.md)."""

from __future__ import annotations

from enum import StrEnum


class Permission(StrEnum):
    """One thing a person may do; docs/permissions.md explains each to administrators."""

    LOSTFOUND_REPORT_POST = "lostfound:report:post"
    LOSTFOUND_CLAIM_MAKE = "lostfound:claim:make"
    LOSTFOUND_ITEM_INTAKE = "lostfound:item:intake"
    LOSTFOUND_ITEM_MOVE = "lostfound:item:move"
    LOSTFOUND_PRIVATE_READ = "lostfound:private:read"
    LOSTFOUND_RETURN_PREPARE = "lostfound:return:prepare"
    LOSTFOUND_CLAIM_DECIDE = "lostfound:claim:decide"
    LOSTFOUND_RETURN_CONFIRM = "lostfound:return:confirm"
    LOSTFOUND_ITEM_HANDOVER = "lostfound:item:hand_over"
    LOSTFOUND_ITEM_DISPOSE = "lostfound:item:dispose"
    LOSTFOUND_RETENTION_SET = "lostfound:retention:set"
    LOSTFOUND_IMPORT_RUN = "lostfound:import:run"
    FEEDBACK_CASE_SEND = "feedback:case:send"
    FEEDBACK_CASE_RECORD = "feedback:case:record"
    FEEDBACK_CASE_HANDLE = "feedback:case:handle"
    FEEDBACK_ANSWER_APPROVE = "feedback:answer:approve"
    FEEDBACK_CASE_TRIAGE = "feedback:case:triage"
    FEEDBACK_RULE_EDIT = "feedback:rule:edit"
    FEEDBACK_PUBLIC_EDIT = "feedback:public:edit"
    FEEDBACK_RECIPIENT_NAME = "feedback:recipient:name"
    FEEDBACK_SCORE_READ = "feedback:score:read"
    FEEDBACK_SCORE_APPEAL = "feedback:score:appeal"
    FEEDBACK_SCORE_DECIDE = "feedback:score:decide"
    BULLETIN_ARTICLE_WRITE = "bulletin:article:write"
    BULLETIN_ARTICLE_EDIT = "bulletin:article:edit"
    BULLETIN_ARTICLE_REVIEW = "bulletin:article:review"
    BULLETIN_ARTICLE_CORRECT = "bulletin:article:correct"
    BULLETIN_ISSUE_PLAN = "bulletin:issue:plan"
    BULLETIN_ISSUE_SIGN = "bulletin:issue:sign"
    BULLETIN_ISSUE_PUBLISH = "bulletin:issue:publish"
    BULLETIN_MAILING_MANAGE = "bulletin:mailing:manage"
    BULLETIN_BOARD_MANAGE = "bulletin:board:manage"
    ACCOUNTS_USER_MANAGE = "accounts:user:manage"
    NOTIFICATIONS_WEBHOOK_MANAGE = "notifications:webhook:manage"
    JOBS_DEAD_MANAGE = "jobs:dead:manage"
    AUDIT_LOG_READ = "audit:log:read"
    CALENDAR_DAYS_EDIT = "core:calendar:edit"
    SEARCH_WORDS_EDIT = "search:words:edit"


class Role(StrEnum):
    """The roles of design.md; an officer's role belongs to one department."""

    STUDENT = "student"
    DESK = "desk"
    SECURITY = "security"
    WRITER = "writer"
    EDITOR = "editor"
    CHIEF_EDITOR = "chief_editor"
    OFFICER = "officer"
    DEPARTMENT_HEAD = "department_head"
    COORDINATOR = "coordinator"
    ADMIN = "admin"


DEPARTMENT_ROLES = frozenset({Role.OFFICER, Role.DEPARTMENT_HEAD})

_P = Permission
_EVERYBODY = frozenset({_P.LOSTFOUND_REPORT_POST, _P.LOSTFOUND_CLAIM_MAKE, _P.FEEDBACK_CASE_SEND})
_DESK = _EVERYBODY | {
    _P.LOSTFOUND_ITEM_INTAKE,
    _P.LOSTFOUND_ITEM_MOVE,
    _P.LOSTFOUND_PRIVATE_READ,
    _P.LOSTFOUND_RETURN_PREPARE,
}
_SECURITY = _DESK | {
    _P.LOSTFOUND_CLAIM_DECIDE,
    _P.LOSTFOUND_RETURN_CONFIRM,
    _P.LOSTFOUND_ITEM_HANDOVER,
    _P.LOSTFOUND_ITEM_DISPOSE,
    _P.LOSTFOUND_IMPORT_RUN,
}
_WRITER = _EVERYBODY | {_P.BULLETIN_ARTICLE_WRITE}
_EDITOR = _WRITER | {
    _P.BULLETIN_ARTICLE_EDIT,
    _P.BULLETIN_ARTICLE_REVIEW,
    _P.BULLETIN_ARTICLE_CORRECT,
    _P.BULLETIN_ISSUE_PLAN,
    _P.BULLETIN_BOARD_MANAGE,
}
_CHIEF_EDITOR = _EDITOR | {
    _P.BULLETIN_ISSUE_SIGN,
    _P.BULLETIN_ISSUE_PUBLISH,
    _P.BULLETIN_MAILING_MANAGE,
}
_OFFICER = _EVERYBODY | {_P.FEEDBACK_CASE_RECORD, _P.FEEDBACK_CASE_HANDLE, _P.FEEDBACK_SCORE_READ}
_HEAD = _OFFICER | {_P.FEEDBACK_ANSWER_APPROVE, _P.FEEDBACK_SCORE_APPEAL}
_COORDINATOR = _EVERYBODY | {
    _P.FEEDBACK_CASE_RECORD,
    _P.FEEDBACK_CASE_TRIAGE,
    _P.FEEDBACK_RULE_EDIT,
    _P.FEEDBACK_PUBLIC_EDIT,
    _P.FEEDBACK_SCORE_READ,
    _P.FEEDBACK_SCORE_DECIDE,
    _P.SEARCH_WORDS_EDIT,
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.STUDENT: _EVERYBODY,
    Role.DESK: _DESK,
    Role.SECURITY: _SECURITY,
    Role.WRITER: _WRITER,
    Role.EDITOR: _EDITOR,
    Role.CHIEF_EDITOR: _CHIEF_EDITOR,
    Role.OFFICER: _OFFICER,
    Role.DEPARTMENT_HEAD: _HEAD,
    Role.COORDINATOR: _COORDINATOR,
    Role.ADMIN: _EVERYBODY
    | {
        _P.LOSTFOUND_RETENTION_SET,
        _P.LOSTFOUND_IMPORT_RUN,
        _P.FEEDBACK_RECIPIENT_NAME,
        _P.ACCOUNTS_USER_MANAGE,
        _P.NOTIFICATIONS_WEBHOOK_MANAGE,
        _P.JOBS_DEAD_MANAGE,
        _P.AUDIT_LOG_READ,
        _P.CALENDAR_DAYS_EDIT,
        _P.SEARCH_WORDS_EDIT,
    },
}


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """All permissions that any of ``roles`` carries."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))
