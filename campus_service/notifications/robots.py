"""What the robots of 企业微信, 钉钉 and 飞书 want to be sent, and what their answers mean. No network here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import quote_plus

from campus_service.core.i18n import LazyString, lazy

# 企业微信 takes 4,096 bytes of markdown in all: what is longer is cut.
TITLE_LETTERS = 120
TEXT_LETTERS = 800


class Robot(StrEnum):
    """Whose group robot it is."""

    WECOM = "wecom"
    DINGTALK = "dingtalk"
    FEISHU = "feishu"

    @property
    def label(self) -> LazyString:
        """The product's name."""
        return _LABELS[self]


_LABELS = {Robot.WECOM: lazy("企业微信"), Robot.DINGTALK: lazy("钉钉"), Robot.FEISHU: lazy("飞书")}

# The hosts their addresses begin with; 飞书 is Lark abroad.
HOSTS = {
    Robot.WECOM: ("qyapi.weixin.qq.com",),
    Robot.DINGTALK: ("oapi.dingtalk.com",),
    Robot.FEISHU: ("open.feishu.cn", "open.larksuite.com"),
}


@dataclass(frozen=True, slots=True)
class Message:
    """What a robot says: one line, a paragraph, and where it goes on."""

    title: str
    text: str
    link: str
    link_words: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One request: the address with its signature, and the JSON body."""

    url: str
    body: dict[str, Any]


class Fate(StrEnum):
    """What became of a message."""

    TAKEN = "taken"
    LATER = "later"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the robot said: its own code and words, and what that means for the message."""

    fate: Fate
    code: int
    words: str

    def __str__(self) -> str:
        return f"{self.code} {self.words}".strip()


def outgoing(kind: Robot, url: str, secret: str, message: Message, moment: datetime) -> Outgoing:
    """The request that makes robot ``kind`` at ``url`` say ``message``, signed where there is a ``secret``."""
    return _WRITERS[kind](url, secret, _harmless(message), moment)


def _harmless(message: Message) -> Message:
    """Cut to size; what a student typed must neither mark up, nor link, nor mention anybody in a group of staff."""
    title, text = (words.translate(_MARKS) for words in (message.title, message.text))
    return Message(_cut(title, TITLE_LETTERS), _cut(text, TEXT_LETTERS), message.link, message.link_words)


_MARKS = str.maketrans("[]<>*`#@", "［］＜＞＊｀＃＠")


def _cut(words: str, letters: int) -> str:
    return words if len(words) <= letters else words[: letters - 1] + "…"


def _markdown(message: Message) -> str:
    return f"**{message.title}**\n\n{message.text}\n\n[{message.link_words}]({message.link})"


def _wecom(url: str, _secret: str, message: Message, _moment: datetime) -> Outgoing:
    """https://developer.work.weixin.qq.com/document/path/91770: the key in the address is all there is."""
    return Outgoing(url, {"msgtype": "markdown", "markdown": {"content": _markdown(message)}})


def _dingtalk(url: str, secret: str, message: Message, moment: datetime) -> Outgoing:
    """https://open.dingtalk.com/document/robots/customize-robot-security-settings: signed in the address, ms."""
    body = {"msgtype": "markdown", "markdown": {"title": message.title, "text": _markdown(message)}}
    if not secret:
        return Outgoing(url, body)
    at = str(round(moment.timestamp() * 1000))
    signature = quote_plus(_hmac(secret, f"{at}\n{secret}"))
    return Outgoing(f"{url}{'&' if '?' in url else '?'}timestamp={at}&sign={signature}", body)


def _feishu(url: str, secret: str, message: Message, moment: datetime) -> Outgoing:
    """https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot: signed in the body, s, an empty text."""
    words = f"{message.title}\n{message.text}\n{message.link_words} {message.link}"
    body: dict[str, Any] = {"msg_type": "text", "content": {"text": words}}
    if secret:
        at = str(int(moment.timestamp()))
        body = {"timestamp": at, "sign": _hmac(f"{at}\n{secret}", "")} | body
    return Outgoing(url, body)


def _hmac(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


_WRITERS: dict[Robot, Callable[[str, str, Message, datetime], Outgoing]] = {
    Robot.WECOM: _wecom,
    Robot.DINGTALK: _dingtalk,
    Robot.FEISHU: _feishu,
}

# Too many messages at once, or a robot out of breath: the same message may go through later.
_LATER = {
    Robot.WECOM: frozenset({-1, 45009, 45033}),
    Robot.DINGTALK: frozenset({-1, 130101, 130103, 410100, 660026}),
    Robot.FEISHU: frozenset({11232, 11233, 11247, 18123, 99991400}),
}


def answer(kind: Robot, status: int, content: bytes) -> Answer:
    """What HTTP ``status`` and ``content`` of robot ``kind`` mean.

    All three answer 200 to most things and say in the body how it went: errcode, or code (飞书), 0 for taken.
    """
    code, words = _said(content)
    if code is None:
        later = status == 429 or status >= 500
        return Answer(Fate.LATER if later else Fate.NEVER, status, f"HTTP {status}")
    if code == 0:
        return Answer(Fate.TAKEN, 0, words)
    later = code in _LATER[kind] or status == 429 or status >= 500
    return Answer(Fate.LATER if later else Fate.NEVER, code, words)


def _said(content: bytes) -> tuple[int | None, str]:
    try:
        said = json.loads(content)
    except ValueError:
        return None, ""
    if not isinstance(said, dict):
        return None, ""
    code = next((said[name] for name in ("errcode", "code", "StatusCode") if name in said), None)
    if isinstance(code, bool) or not isinstance(code, int):
        return None, ""
    return code, str(said.get("errmsg") or said.get("msg") or said.get("StatusMessage") or "")


# What to do about the commonest codes; all others are shown with the robot's own words.
_ADVICE = {
    (Robot.WECOM, 93000): lazy("这个地址不对，或者机器人已经被移出群聊：请在群里重新复制 Webhook 地址。"),
    (Robot.WECOM, 45009): lazy("机器人一分钟最多说 20 句，稍后会再发。"),
    (Robot.WECOM, 40058): lazy("企业微信没有看懂这条消息：请把这一条告诉技术人员。"),
    (Robot.DINGTALK, 310000): lazy(
        "钉钉的安全设置没有通过：请核对加签密钥、服务器时间、关键词和 IP 段，关键词可以用网站名。"
    ),
    (Robot.DINGTALK, 300001): lazy("这个地址里的 access_token 不对：请在群里重新复制 Webhook 地址。"),
    (Robot.DINGTALK, 300005): lazy("这个地址里的 access_token 不对：请在群里重新复制 Webhook 地址。"),
    (Robot.DINGTALK, 400101): lazy("这个地址里的 access_token 不对：请在群里重新复制 Webhook 地址。"),
    (Robot.DINGTALK, 400102): lazy("机器人已经停用：请在钉钉群里启用它。"),
    (Robot.DINGTALK, 400013): lazy("这个群已经解散。"),
    (Robot.DINGTALK, 130101): lazy("机器人一分钟最多说 20 句，稍后会再发。"),
    (Robot.DINGTALK, 410100): lazy("机器人一分钟最多说 20 句，稍后会再发。"),
    (Robot.FEISHU, 19001): lazy("这个地址不对，或者机器人已经被移出群聊：请在群里重新复制 Webhook 地址。"),
    (Robot.FEISHU, 19021): lazy("签名校验没有通过：请核对密钥，再看看服务器时间准不准。"),
    (Robot.FEISHU, 19022): lazy("本站服务器的 IP 不在机器人的白名单里。"),
    (Robot.FEISHU, 19024): lazy("消息里没有机器人要求的关键词：可以把网站名设为关键词。"),
    (Robot.FEISHU, 11232): lazy("机器人说得太快了，稍后会再发。"),
}


def advice(kind: Robot, code: int) -> LazyString | None:
    """What an administrator can do about ``code``, or None when we know no better than the robot's words."""
    return _ADVICE.get((kind, code))
