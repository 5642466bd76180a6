"""What roles are called on pages."""

from __future__ import annotations

from campus_service.core.i18n import LazyString, lazy
from campus_service.core.permissions import Role

ROLE_NAMES: dict[Role, LazyString] = {
    Role.STUDENT: lazy("学生"),
    Role.DESK: lazy("招领点值班员"),
    Role.SECURITY: lazy("保卫处"),
    Role.WRITER: lazy("撰稿人"),
    Role.EDITOR: lazy("编辑"),
    Role.CHIEF_EDITOR: lazy("主编"),
    Role.OFFICER: lazy("部门经办人"),
    Role.DEPARTMENT_HEAD: lazy("部门负责人"),
    Role.COORDINATOR: lazy("事务中心协调员"),
    Role.ADMIN: lazy("管理员"),
}
