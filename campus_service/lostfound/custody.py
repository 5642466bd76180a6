"""Custody classes: what may be published of a found item, how long it is kept, and by which rule.

Sources: 民法典 (Civil Code) 312, 314-318; 个人信息保护法 (PIPL) 6, 28; domain.md §1 for the project's own figures.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from campus_service.core.i18n import LazyString, lazy
from campus_service.core.workdays import add_working_days
from campus_service.lostfound.categories import Category


class CustodyClass(StrEnum):
    """How strictly a thing is treated; the order of definition is the order of strictness."""

    BANK = "bank"
    IDENTITY = "identity"
    CARD_FAST = "card_fast"
    VALUABLE = "valuable"
    MEDICINE = "medicine"
    PERISHABLE = "perishable"
    ORDINARY = "ordinary"

    @property
    def label(self) -> LazyString:
        """For readers."""
        return RULES[self].label


class Content(StrEnum):
    """What a bag or a wallet holds that changes its rule."""

    BANK_CARD = "bank_card"
    ID_DOCUMENT = "id_document"
    CAMPUS_CARD = "campus_card"
    CASH = "cash"
    ELECTRONICS = "electronics"
    MEDICINE = "medicine"
    FOOD = "food"
    OTHER = "other"

    @property
    def label(self) -> LazyString:
        """For readers."""
        return _CONTENT_LABELS[self]


class Destination(StrEnum):
    """Where a thing goes whose owner did not come."""

    STATE = "state"
    DONATION = "donation"
    DESTROYED = "destroyed"
    ISSUER = "issuer"
    POLICE = "police"
    CARD_CENTRE = "card_centre"
    CLINIC = "clinic"

    @property
    def label(self) -> LazyString:
        """For readers."""
        return _DESTINATION_LABELS[self]

    @property
    def takes_over(self) -> bool:
        """Whether somebody there receives the thing and signs for it; else it is disposed of, by two persons."""
        return self in _TAKERS


class Disclosure(StrEnum):
    """How much of a report the public sees."""

    FULL = "full"  # title, description, photo, place, day
    TEASER = "teaser"  # category, area, day
    NOTHING = "nothing"  # not listed at all


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule of one class; exactly one of ``calendar_days`` and ``working_days`` is set."""

    label: LazyString
    disclosure: Disclosure
    photo: bool
    calendar_days: int | None
    working_days: int | None
    then: LazyString
    basis: LazyString
    notice: LazyString


# 民法典 318: unclaimed one year from the notice → the State.
KEEP_DAYS = 365

_C = CustodyClass
RULES: dict[CustodyClass, Rule] = {
    _C.BANK: Rule(
        lazy("银行卡"),
        Disclosure.NOTHING,
        False,
        None,
        2,
        lazy("通知发卡行，或两人一起销毁"),
        lazy("《民法典》第三百一十六条"),
        lazy("不公布，不留照片。两个工作日内通知发卡行，或两人一起销毁。"),
    ),
    _C.IDENTITY: Rule(
        lazy("身份证件"),
        Disclosure.TEASER,
        False,
        None,
        3,
        lazy("移交公安机关，取回执"),
        lazy("《个人信息保护法》第二十八条"),
        lazy("只公布类别、区域和日期，不留照片。三个工作日内移交公安机关。"),
    ),
    _C.CARD_FAST: Rule(
        lazy("校园卡"),
        Disclosure.NOTHING,
        False,
        None,
        1,
        lazy("送校园卡中心"),
        lazy("《个人信息保护法》第六条"),
        lazy("不公布，不留照片，直接通知本人；没人来取，下一个工作日送校园卡中心。"),
    ),
    _C.VALUABLE: Rule(
        lazy("贵重物品"),
        Disclosure.TEASER,
        True,
        KEEP_DAYS,
        None,
        lazy("一年内无人认领，按规定处理"),
        lazy("《民法典》第三百一十八条"),
        lazy("只公布类别、区域和日期，封存保管；现金由两人清点。"),
    ),
    _C.MEDICINE: Rule(
        lazy("药品护肤"),
        Disclosure.NOTHING,
        False,
        None,
        1,
        lazy("送校医院"),
        lazy("《民法典》第三百一十六条"),
        lazy("不公布；没人来取，下一个工作日送校医院。"),
    ),
    _C.PERISHABLE: Rule(
        lazy("食物"),
        Disclosure.FULL,
        True,
        0,
        None,
        lazy("当天处理"),
        lazy("《民法典》第三百一十六条"),
        lazy("公布到当天，之后处理。"),
    ),
    _C.ORDINARY: Rule(
        lazy("普通物品"),
        Disclosure.FULL,
        True,
        KEEP_DAYS,
        None,
        lazy("一年内无人认领，按规定处理"),
        lazy("《民法典》第三百一十五、三百一十八条"),
        lazy("带照片公布，自公布起保管一年。"),
    ),
}

_BY_CATEGORY = {
    Category.CAMPUS_CARD: _C.CARD_FAST,
    Category.ID_DOCUMENT: _C.IDENTITY,
    Category.BANK_CARD: _C.BANK,
    Category.PHONE: _C.VALUABLE,
    Category.COMPUTER: _C.VALUABLE,
    Category.JEWELLERY_WATCH: _C.VALUABLE,
    Category.WALLET_CASH: _C.VALUABLE,
    Category.MEDICINE_COSMETICS: _C.MEDICINE,
}
_BY_CONTENT = {
    Content.BANK_CARD: _C.BANK,
    Content.ID_DOCUMENT: _C.IDENTITY,
    Content.CAMPUS_CARD: _C.CARD_FAST,
    Content.CASH: _C.VALUABLE,
    Content.ELECTRONICS: _C.VALUABLE,
    Content.MEDICINE: _C.MEDICINE,
    Content.FOOD: _C.PERISHABLE,
}
_CONTENT_LABELS = {
    Content.BANK_CARD: lazy("银行卡"),
    Content.ID_DOCUMENT: lazy("证件"),
    Content.CAMPUS_CARD: lazy("校园卡"),
    Content.CASH: lazy("现金"),
    Content.ELECTRONICS: lazy("手机、电脑等"),
    Content.MEDICINE: lazy("药品"),
    Content.FOOD: lazy("食物"),
    Content.OTHER: lazy("其他"),
}
_STRICTNESS = list(CustodyClass)
_D = Destination
_DESTINATION_LABELS = {
    _D.STATE: lazy("收归国家"),
    _D.DONATION: lazy("捐赠"),
    _D.DESTROYED: lazy("销毁"),
    _D.ISSUER: lazy("发卡银行"),
    _D.POLICE: lazy("公安机关"),
    _D.CARD_CENTRE: lazy("校园卡中心"),
    _D.CLINIC: lazy("校医院"),
}
_TAKERS = (_D.ISSUER, _D.POLICE, _D.CARD_CENTRE, _D.CLINIC)
_DESTINATIONS = {
    _C.BANK: (_D.ISSUER, _D.DESTROYED, _D.POLICE),
    _C.IDENTITY: (_D.POLICE,),
    _C.CARD_FAST: (_D.CARD_CENTRE, _D.POLICE),
    _C.VALUABLE: (_D.STATE, _D.POLICE),
    _C.MEDICINE: (_D.CLINIC,),
    _C.PERISHABLE: (_D.DESTROYED, _D.DONATION),
    _C.ORDINARY: (_D.STATE, _D.DONATION, _D.DESTROYED, _D.POLICE),
}
# Periods that an administrator may set, with a written reason: fewest and most days. 民法典 318 leaves a valuable thing
# its year; all other classes have their day by law or promise.
ADJUSTABLE = {_C.ORDINARY: (30, 730), _C.VALUABLE: (KEEP_DAYS, 730)}


def class_of(category: Category, over_500: bool = False, contents: Iterable[Content] = ()) -> CustodyClass:
    """The strictest class among the thing itself, its value and what it holds (domain.md §1)."""
    classes = [_BY_CATEGORY.get(category, _C.ORDINARY)]
    classes += [_BY_CONTENT.get(content, _C.ORDINARY) for content in contents]
    if over_500:
        classes.append(_C.VALUABLE)
    return min(classes, key=_STRICTNESS.index)


def disclosure_of_lost(category: Category) -> Disclosure:
    """What is shown of a lost report: the owner's own words, but never a card, and nothing of a document.

    A document's or a card's owner is found privately (PIPL 6: no more is published than is needed).
    """
    match _BY_CATEGORY.get(category):
        case _C.BANK | _C.CARD_FAST:
            return Disclosure.NOTHING
        case _C.IDENTITY:
            return Disclosure.TEASER
        case _:
            return Disclosure.FULL


def destinations(custody: CustodyClass, mixed: bool = False) -> tuple[Destination, ...]:
    """Where things of the class may go; ``mixed``: it holds other things, so it is not destroyed for one of them."""
    return tuple(each for each in _DESTINATIONS[custody] if not (mixed and each is _D.DESTROYED))


def waits_until_due(custody: CustodyClass, to: Destination) -> bool:
    """Whether a thing may leave ``to`` there only from its day on: the owner was promised the time until then.

    Banks, clinic and police are to be reached within a time, not after it.
    """
    if to is _D.POLICE:
        return False
    return RULES[custody].calendar_days is not None or custody is _C.CARD_FAST


def due_on(custody: CustodyClass, since: date, days: int | None = None) -> date:
    """The day by which the class's rule must be carried out, counted from the notice on ``since``.

    ``days``: the calendar days that an administrator set instead of the rule's.
    """
    if days is not None:
        return since + timedelta(days=days)
    rule = RULES[custody]
    if rule.working_days is not None:
        return add_working_days(since, rule.working_days)
    return since + timedelta(days=rule.calendar_days or 0)
