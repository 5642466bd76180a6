"""What somebody wrote in an answer, without the mail it answers, the signature, and what telephones add."""

from __future__ import annotations

import re

# Longer ones are cut before anything is looked for in them.
LINE_LETTERS = 1000
# "On …, somebody wrote:" is broken into two or three lines by many programs.
INTRODUCTION_LINES = 3

# From such a line on everything is quoted. The words are those of Outlook, Gmail, Apple Mail, QQ, 163 and Foxmail.
_BEGINS = re.compile(
    r"请在此行以上回复|reply above this line"
    r"|^[-_—=\s]{2,}(?:回复的)?(?:原始邮件|原邮件|邮件原件|转发的?邮件|原始郵件|original(?: message| appointment)?"
    r"|forwarded message|original mail)[-_—=\s]{2,}$"
    r"|^--$|^_{20,}$",
    re.IGNORECASE,
)
# A time or an address, and then: wrote.
_INTRODUCTION = re.compile(
    r"^(?=.*(?:\d{1,2}[:：]\d{2}|@)).{0,400}(?:写道|寫道)\s*[:：]$"
    r"|^(?:on|at)\b(?=.*(?:\d{1,2}:\d{2}|@)).{0,400}\bwrote:$",
    re.IGNORECASE,
)
# A sender alone may be what somebody tells us of; with a second line of a mail's head it is a quotation.
_SENDER = re.compile(r"^\**(?:发件人|寄件者|寄件人|from)\**\s*[:：]", re.IGNORECASE)
_HEAD = re.compile(
    r"^\**(?:发送时间|发送日期|日期|时间|收件人|主题|sent|date|to|subject)\**\s*[:：]", re.IGNORECASE
)
_FROM_A_PHONE = re.compile(
    r"^(?:发自我的.{0,40}|来自.{0,20}(?:手机版|客户端)|发自.{0,20}(?:手机|邮箱)|从我的.{0,30}发送"
    r"|获取 ?outlook.{0,20}|get outlook for.{0,20}|sent from my.{0,40}|sent from (?:outlook|mail|yahoo).{0,40})[。.]?$",
    re.IGNORECASE,
)


def written(text: str) -> str:
    """The words of ``text`` that its writer added."""
    lines = [line.strip("\u200b\ufeff\xa0 \t\r")[:LINE_LETTERS] for line in text.split("\n")]
    kept = [line for line in lines[: _end(lines)] if not line.startswith((">", "＞"))]
    while kept and (not kept[-1] or _FROM_A_PHONE.match(kept[-1])):
        kept.pop()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _end(lines: list[str]) -> int:
    """The first line that is not the writer's, or the number of lines."""
    return next((at for at in range(len(lines)) if _quotes(lines, at)), len(lines))


def _quotes(lines: list[str], at: int) -> bool:
    line = lines[at]
    if _BEGINS.search(line):
        return True
    if _SENDER.match(line):
        return any(_HEAD.match(near) for near in lines[at + 1 : at + 5])
    return any(_introduces(lines[at : at + count]) for count in range(1, INTRODUCTION_LINES + 1))


def _introduces(lines: list[str]) -> bool:
    """Whether ``lines`` are an introduction, all of them: the writer's own last line must not be taken with it."""
    return (
        all(lines)
        and bool(_INTRODUCTION.match(" ".join(lines)))
        and not any(_INTRODUCTION.match(" ".join(lines[later:])) for later in range(1, len(lines)))
    )
