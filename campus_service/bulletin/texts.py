"""An article's text as one value: what is reviewed, signed and published, and its hash."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_WORD = re.compile(r"[A-Za-z0-9]+(?:['’.-][A-Za-z0-9]+)*")
# What XML and HTML cannot hold (XML 1.0, 2.2): one such letter in one article would end every feed it is in.
_UNWRITABLE = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff]")
# Word's own line break, and other ways of writing one.
_LINE_END = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# 汉字 a minute that students read on a phone; an English word counts as two.
READ_PER_MINUTE = 350


def writable(text: str) -> str:
    """``text`` without letters that no channel can carry, and with one kind of line end."""
    return _UNWRITABLE.sub("", _LINE_END.sub("\n", text))


@dataclass(frozen=True, slots=True)
class EventText:
    """What an article announces: from when to when, where, and who organises it. Moments are aware."""

    starts_at: datetime
    ends_at: datetime
    place: str
    organiser: str

    def plain(self) -> dict[str, str]:
        """As JSON keeps it."""
        return {
            "starts_at": self.starts_at.astimezone(UTC).isoformat(),
            "ends_at": self.ends_at.astimezone(UTC).isoformat(),
            "place": self.place,
            "organiser": self.organiser,
        }

    @classmethod
    def of(cls, values: Mapping[str, Any] | None) -> EventText | None:
        """From JSON; None stays None."""
        if not values:
            return None
        starts, ends = (datetime.fromisoformat(values[name]) for name in ("starts_at", "ends_at"))
        return cls(starts, ends, values["place"], values["organiser"])


@dataclass(frozen=True, slots=True)
class ArticleText:
    """Everything of an article that readers see."""

    section: str
    title: str
    lede: str
    byline: str
    body: str
    event: EventText | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {
            "section": self.section,
            "title": self.title,
            "lede": self.lede,
            "byline": self.byline,
            "body": self.body,
            "event": self.event.plain() if self.event else None,
        }

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> ArticleText:
        """From JSON."""
        words = {name: values[name] for name in ("section", "title", "lede", "byline", "body")}
        return cls(**words, event=EventText.of(values.get("event")))

    @property
    def hash(self) -> str:
        """SHA-256 over all of it: what was approved is what is published."""
        text = json.dumps(self.plain(), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def letters(self) -> int:
        """How many 汉字 the body has."""
        return len(_HAN.findall(self.body))

    @property
    def minutes(self) -> int:
        """How long reading takes, at least one minute."""
        words = len(_WORD.findall(_HAN.sub(" ", self.body)))
        return max(1, round((self.letters + 2 * words) / READ_PER_MINUTE))
