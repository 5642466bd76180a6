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
    ACCOUNTS_USER_MANAGE = "accounts:user:manage"
    JOBS_DEAD_MANAGE = "jobs:dead:manage"
    AUDIT_LOG_READ = "audit:log:read"


class Role(StrEnum):
    """The roles of design.md; an officer's role belongs to one department."""

    STUDENT = "student"
    DESK = "desk"
    SECURITY = "security"
    EDITOR = "editor"
    CHIEF_EDITOR = "chief_editor"
    OFFICER = "officer"
    DEPARTMENT_HEAD = "department_head"
    COORDINATOR = "coordinator"
    ADMIN = "admin"


DEPARTMENT_ROLES = frozenset({Role.OFFICER, Role.DEPARTMENT_HEAD})

_P = Permission
_EVERYBODY = frozenset({_P.LOSTFOUND_REPORT_POST, _P.LOSTFOUND_CLAIM_MAKE})
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
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.STUDENT: _EVERYBODY,
    Role.DESK: _DESK,
    Role.SECURITY: _SECURITY,
    Role.EDITOR: _EVERYBODY,
    Role.CHIEF_EDITOR: _EVERYBODY,
    Role.OFFICER: _EVERYBODY,
    Role.DEPARTMENT_HEAD: _EVERYBODY,
    Role.COORDINATOR: _EVERYBODY,
    Role.ADMIN: _EVERYBODY | {_P.ACCOUNTS_USER_MANAGE, _P.JOBS_DEAD_MANAGE, _P.AUDIT_LOG_READ},
}


def permissions_of(roles: frozenset[Role]) -> frozenset[Permission]:
    """All permissions that any of ``roles`` carries."""
    return frozenset().union(*(ROLE_PERMISSIONS[role] for role in roles))
