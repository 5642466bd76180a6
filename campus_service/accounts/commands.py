"""What forms, the API and the command line may ask of accounts, with the rules for each field."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
)

from campus_service.accounts.password_rules import why_refused
from campus_service.core.i18n import lazy
from campus_service.core.permissions import DEPARTMENT_ROLES, Role

_NUMBER = re.compile(r"[A-Z0-9]{6,20}")
_STAFF_NUMBER = re.compile(r"[A-Z0-9]{3,20}")
# The address is proved by the mail we send to it; this only catches slips of the finger.
_EMAIL = re.compile(r"[^\s@<>\"',;:\\()\[\]]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}")


def _student_no(value: str) -> str:
    value = value.strip().upper()
    if not _NUMBER.fullmatch(value):
        raise ValueError(lazy("学号是 6 到 20 位的数字或字母，不带空格。"))
    return value


def _staff_no(value: str) -> str:
    value = value.strip().upper()
    if not _STAFF_NUMBER.fullmatch(value):
        raise ValueError(lazy("学工号是 3 到 20 位的数字或字母，不带空格。"))
    return value


def _email(value: str) -> str:
    value = value.strip().lower()
    if len(value) > 254 or not _EMAIL.fullmatch(value):
        raise ValueError(lazy("这个邮箱地址不完整，应当像 name@example.edu.cn。"))
    return value


def _printable(value: str) -> str:
    if not value.isprintable():
        raise ValueError(lazy("这里面有看不见的字符，请重新输入。"))
    return value


def _blank(value: object) -> object:
    """A field of a form left empty is not given."""
    return value or None


def _new_password(value: SecretStr) -> SecretStr:
    reason = why_refused(value.get_secret_value())
    if reason is not None:
        raise ValueError(reason)
    return value


StudentNo = Annotated[str, AfterValidator(_student_no)]
StaffNo = Annotated[str, AfterValidator(_staff_no)]
Email = Annotated[str, AfterValidator(_email)]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40), AfterValidator(_printable)
]
NewPassword = Annotated[SecretStr, AfterValidator(_new_password)]
GivenPassword = Annotated[SecretStr, Field(min_length=1, max_length=1000)]
Locale = Literal["zh_CN", "en"]


class Command(BaseModel):
    """A request to accounts; nothing but the named fields gets in."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SignUp(Command):
    """A student asks for an account; roles cannot be asked for."""

    student_no: StudentNo
    name: Name
    email: Email
    password: NewPassword


class SignIn(Command):
    """Somebody says who he is: ``account`` is a mail address or a student or staff number."""

    account: Annotated[
        str,
        StringConstraints(strip_whitespace=True, min_length=1, max_length=254),
        AfterValidator(_printable),
    ]
    password: GivenPassword


class ForgotPassword(Command):
    """Somebody wants a link to set a new password."""

    email: Email


class ResetPassword(Command):
    """A new password, after a link in a mail."""

    password: NewPassword


class ChangePassword(Command):
    """A new password, by somebody who is signed in and knows the old one."""

    current: GivenPassword
    password: NewPassword


class Profile(Command):
    """What a person sets for himself."""

    locale: Locale


def _whole(value: object) -> object:
    return int(value) if isinstance(value, str) and value.isdecimal() else value


class NewToken(Command):
    """A personal API token: what it is for and how long it works, in days."""

    name: Name
    days: Annotated[Literal[30, 90, 365], BeforeValidator(_whole)] = 90


class CreateUser(Command):
    """An administrator adds a person; without a password a link to set one is mailed."""

    student_no: Annotated[StaffNo | None, BeforeValidator(_blank)] = None
    name: Name
    email: Email
    password: Annotated[NewPassword | None, BeforeValidator(_blank)] = None
    locale: Locale = "zh_CN"


class GrantRole(Command):
    """A role for a person; an officer's or a head's belongs to one department."""

    role: Role
    department: Annotated[str | None, BeforeValidator(_blank), Field(validate_default=True)] = None

    @field_validator("department")
    @classmethod
    def _fits(cls, department: str | None, info: ValidationInfo) -> str | None:
        belongs = info.data.get("role") in DEPARTMENT_ROLES
        if belongs and department is None:
            raise ValueError(lazy("这个角色属于一个部门，请选择部门。"))
        if not belongs and department is not None:
            raise ValueError(lazy("这个角色不分部门，请把部门留空。"))
        return department
