"""Signs in claims, in words for those who decide them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from campus_service.accounts import queries as accounts
from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.i18n import _
from campus_service.lostfound import desk_queries
from campus_service.lostfound.signals import Signal, What, signals


@dataclass(frozen=True, slots=True)
class Sign:
    """One sign: what was seen, and the things whose claims to look at."""

    what: What
    title: str
    text: str
    items: Sequence[str]


def recent(actor: Actor) -> list[Sign]:
    """The signs in the claims of the last 30 days. Needs lostfound:claim:decide."""
    found = signals(desk_queries.told_lately(actor), now())
    names = accounts.names_of(person for signal in found for person in signal.people)
    numbers = desk_queries.numbers_of({item for signal in found for item in signal.items})
    return [_sign(signal, names, numbers) for signal in found]


def of_item(actor: Actor, item_id: int, names: Mapping[int, str]) -> list[Sign]:
    """The signs that concern the claims on one item; ``names``: its claimants'. Needs lostfound:claim:decide."""
    told = desk_queries.told_around(actor, item_id)
    here = {claim.claim_id for claim in told if claim.item_id == item_id}
    people = {claim.person_id for claim in told if claim.item_id == item_id}
    found = signals(told, now())
    return [_sign(signal, names, {}) for signal in found if _concerns(signal, here, people)]


def _concerns(signal: Signal, claims: Collection[int], people: Collection[int]) -> bool:
    return not signal.claims.isdisjoint(claims) or (
        signal.what is What.MANY and not set(signal.people).isdisjoint(people)
    )


def _sign(signal: Signal, names: Mapping[int, str], numbers: Mapping[int, str]) -> Sign:
    items = [numbers[item] for item in signal.items if item in numbers]
    who = _("、").join(names.get(person, "") for person in signal.people)
    values = {"who": who, "n": signal.count}
    match signal.what:
        case What.MANY:
            title, text = _("认领得多"), _("%(who)s 30 天里提交了 %(n)s 份认领。", **values)
        case What.ALIKE_THINGS:
            title, text = _("回答雷同"), _("%(who)s 对不同的东西写了几乎一样的回答。", **values)
        case What.ALIKE_PEOPLE:
            title, text = _("回答雷同"), _("%(who)s 对同一件东西的回答几乎一样。", **values)
        case What.GUESSING:
            title, text = _("像在猜"), _("%(who)s 对同一件东西认领了 %(n)s 次，每次说得都不一样。", **values)
        case What.NEW_ACCOUNT:
            days = _("%(who)s 的账号注册 %(n)s 天就来认领。", **values)
            title, text = _("新账号"), days if signal.count else _("%(who)s 注册当天就来认领。", who=who)
    return Sign(signal.what, title, text, items)
