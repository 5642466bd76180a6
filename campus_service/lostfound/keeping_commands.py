"""What the desks and administrators may ask about campus cards, things that fall due, and how long things are kept."""

from __future__ import annotations

import re
from typing import Annotated, Any, Self

from pydantic import BeforeValidator, Field, StringConstraints, field_validator, model_validator

from campus_service.core.i18n import lazy
from campus_service.lostfound.commands import Command, Key, Line
from campus_service.lostfound.custody import ADJUSTABLE, CustodyClass, Destination

# A page of the due list; more is proposed in a second step.
MOST = 200
_NUMBER = re.compile(r"[A-Z0-9]{3,20}")
Numbers = Annotated[list[str], Field(min_length=1, max_length=MOST)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]
Receiver = Annotated[str, StringConstraints(strip_whitespace=True, max_length=60)]


def _no_blanks(value: Any) -> Any:
    return "".join(value.split()).upper() if isinstance(value, str) else value


class CardIn(Command):
    """A campus card was handed in; its number was typed or scanned.

    ``item``: the number of a thing that lies at a desk already and holds the card; else the card is a new thing.
    """

    number: Annotated[str, BeforeValidator(_no_blanks)] = Field(repr=False)
    desk: Annotated[str, StringConstraints(min_length=1, max_length=20)]
    shelf: Annotated[str, StringConstraints(strip_whitespace=True, max_length=20)] = ""
    item: Annotated[str, StringConstraints(strip_whitespace=True, max_length=16)] = ""
    request_key: Key = ""

    @field_validator("number")
    @classmethod
    def _looks_like_one(cls, value: str) -> str:
        # The number itself is not repeated: it is shown nowhere, not even to whom mistyped it.
        if not _NUMBER.fullmatch(value):
            raise ValueError(
                lazy(
                    "学工号是 3 到 20 位的数字或字母，刚才读到 %(n)s 位，不像学工号。请再扫一次，或照卡面输入。",
                    n=len(value),
                )
            )
        return value


class Propose(Command):
    """These things are to leave for one destination, and why."""

    items: Numbers
    destination: Destination
    reason: Reason


class Sign(Command):
    """A second person agrees: these leave now."""

    disposals: Annotated[list[int], Field(min_length=1, max_length=MOST)]
    receiver: Receiver = ""
    receipt: Line = ""


class HandOver(Command):
    """A thing leaves to police, card centre, issuer or clinic; ``to`` names who receives it there."""

    destination: Destination
    to: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=60)]
    receipt: Line = ""

    @field_validator("destination")
    @classmethod
    def _somebody_receives_it(cls, value: Destination) -> Destination:
        if not value.takes_over:
            raise ValueError(lazy("“%(where)s”要两个人签字：先提出，再由另一位老师签字。", where=value.label))
        return value


class HandOverMany(HandOver):
    """The same for several things at once: one protocol."""

    items: Numbers


class SetRetention(Command):
    """How many days things of a class are kept from their notice on, and why it is not the usual period."""

    custody: CustodyClass
    days: int
    reason: Reason

    @model_validator(mode="after")
    def _within_the_law(self) -> Self:
        if self.custody not in ADJUSTABLE:
            raise ValueError(lazy("“%(kind)s”的期限由法律或承诺定下，不能改。", kind=self.custody.label))
        fewest, most = ADJUSTABLE[self.custody]
        if not fewest <= self.days <= most:
            raise ValueError(
                lazy(
                    "“%(kind)s”可以定 %(fewest)s 到 %(most)s 天，%(days)s 天不行。",
                    kind=self.custody.label,
                    fewest=fewest,
                    most=most,
                    days=self.days,
                )
            )
        return self
