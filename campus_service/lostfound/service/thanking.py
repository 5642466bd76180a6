"""The list of thanks (拾金不昧): only who agreed, as he wants to be read, until he says no (PIPL 13, 15)."""

from __future__ import annotations

import re

from campus_service.core.actor import Actor
from campus_service.core.clock import now
from campus_service.core.db import db, on_violation
from campus_service.core.errors import Conflict, Forbidden, Invalid
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.lostfound import policy, queries, thanks_queries
from campus_service.lostfound.commands import Agree, ThanksName
from campus_service.lostfound.models import Commendation, FoundItem
from campus_service.lostfound.service import record
from campus_service.lostfound.service.receipts import receipt_item
from campus_service.lostfound.states import AgreedVia

# Letters, and what stands between the parts of a name: no numbers, no addresses.
_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|[ ·.'’-]){0,19}")

on_violation(
    "uq_commendations_item_id",
    "commendations.item_id",
    error=lambda: Conflict(lazy("感谢名单上已经有这件东西了，刷新看看。")),
)


def shown_name(name: str, how: ThanksName) -> str:
    """``name`` as the list shows it: whole, or the surname and a star. Raises Invalid for what is no name."""
    name = " ".join(name.split())
    if not _NAME.fullmatch(name):
        wrong = (
            lazy("上感谢名单要有姓名：20 个字以内，不写号码。") if name else lazy("上感谢名单要先填姓名。")
        )
        raise Invalid({"finder_name": wrong})
    return name if how is ThanksName.FULL else f"{name[0]}*"


def agree_at_desk(actor: Actor, item: FoundItem, how: ThanksName) -> None:
    """The finder said yes while the desk took ``item`` in. Raises Invalid when he left no name."""
    _agree(actor, item, item.finder_name, how, AgreedVia.DESK)


def agree_by_receipt(actor: Actor, token: str, command: Agree) -> FoundItem:
    """Who holds the finder's receipt says yes; raises NotFound for a receipt that is not ours."""
    item = receipt_item(token)
    _agree(actor, item, command.finder_name, command.how, AgreedVia.RECEIPT)
    return item


def agree_by_account(actor: Actor, no: str, command: Agree) -> FoundItem:
    """The person who posted ``no`` says yes, with his account's name. Raises Forbidden for anybody else."""
    item = _own(actor, no)
    _agree(actor, item, actor.name, command.how, AgreedVia.ACCOUNT, actor.person_id())
    return item


def withdraw_by_receipt(actor: Actor, token: str) -> FoundItem:
    """Who holds the receipt says no."""
    item = receipt_item(token)
    _withdraw(actor, item)
    return item


def withdraw_by_account(actor: Actor, no: str) -> FoundItem:
    """The person who posted ``no`` says no, wherever he had said yes."""
    item = _own(actor, no)
    _withdraw(actor, item)
    return item


def take_off(actor: Actor, no: str) -> FoundItem:
    """A desk takes an entry off the list: a name that is none. Needs lostfound:item:intake."""
    actor.require(P.LOSTFOUND_ITEM_INTAKE)
    item = queries.found_item(actor, no)
    _withdraw(actor, item)
    return item


def _own(actor: Actor, no: str) -> FoundItem:
    item = queries.found_item(actor, no)
    actor.person_id()
    if not policy.owns(actor, item):
        raise Forbidden()
    return item


def _agree(
    actor: Actor, item: FoundItem, name: str, how: ThanksName, via: AgreedVia, person_id: int | None = None
) -> None:
    row = thanks_queries.commendation(item.id) or Commendation(item_id=item.id)
    row.shown_as, row.person_id = shown_name(name, how), person_id
    row.agreed_at, row.agreed_via, row.withdrawn_at = now(), via, None
    db.session.add(row)
    db.session.flush()
    # The name itself stays out of the log, which nobody can erase.
    record.note(actor, "commendation.agreed", row, {}, {"item": item.no, "via": via, "how": how})


def _withdraw(actor: Actor, item: FoundItem) -> None:
    row = thanks_queries.commendation(item.id)
    if row is None or row.withdrawn_at is not None:
        return  # twice is the same as once
    # PIPL 47: what was agreed to is over, so the name goes.
    row.withdrawn_at, row.shown_as, row.person_id = now(), "", None
    record.note(actor, "commendation.withdrawn", row, {}, {"item": item.no})
