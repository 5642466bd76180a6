"""The API of campus cards and of what falls due."""

from __future__ import annotations

from datetime import date, datetime

from flask import Blueprint
from pydantic import BaseModel

from campus_service.core.actor import Actor
from campus_service.core.api import PREFIX, operation
from campus_service.core.clock import today
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.core.settings import settings
from campus_service.lostfound import due_list, keeping_queries, service
from campus_service.lostfound.custody import RULES, CustodyClass, Destination
from campus_service.lostfound.keeping_commands import CardIn, HandOverMany, Propose, Sign
from campus_service.lostfound.models import Protocol
from campus_service.lostfound.states import CardState

bp = Blueprint("api_keeping", __name__, url_prefix=PREFIX)


class CardTaken(BaseModel):
    """A registered card; ``told``: its owner has an account and was told."""

    no: str
    told: bool
    due_on: date | None


class DueOut(BaseModel):
    """A thing whose day is near, by which rule, and the open proposal for it."""

    no: str
    title: str
    custody: CustodyClass
    desk: str | None
    shelf: str
    due_on: date | None
    notice_on: date | None
    rule: str
    basis: str
    destinations: list[Destination]
    disposal_id: int | None
    disposal_to: Destination | None


class DueListOut(BaseModel):
    """The weekly list, the most urgent first."""

    items: list[DueOut]


class ProposedOut(BaseModel):
    """The proposals that were made; another person signs them."""

    disposals: list[int]


class ProtocolOut(BaseModel):
    """What left together; ``pdf`` is the sheet to be signed on paper."""

    id: int
    no: str
    destination: Destination
    receiver: str
    receipt: str
    made_at: datetime
    pdf: str

    @classmethod
    def of(cls, row: Protocol) -> ProtocolOut:
        """From its row."""
        pdf = f"{settings().base_url}/desk/protocols/{row.id}.pdf"
        columns = ("id", "no", "destination", "receiver", "receipt", "made_at")
        return cls(pdf=pdf, **{name: getattr(row, name) for name in columns})


@operation(
    bp,
    "POST",
    "/desk/cards",
    summary=lazy("按学工号登记校园卡，通知失主"),
    body=CardIn,
    returns=CardTaken,
    status=201,
    needs=P.LOSTFOUND_ITEM_INTAKE,
)
def take_in_card(actor: Actor, command: CardIn) -> CardTaken:
    """A card was handed in."""
    notice = keeping_queries.card_of(actor, service.take_in_card(actor, command))
    return CardTaken(no=notice.item.no, told=notice.state is not CardState.WAITING, due_on=notice.item.due_on)


@operation(
    bp,
    "GET",
    "/desk/due",
    summary=lazy("一周内到期的东西"),
    returns=DueListOut,
    needs=P.LOSTFOUND_ITEM_INTAKE,
)
def list_due(actor: Actor) -> DueListOut:
    """What falls due."""
    proposed = {row.item_id: row for row in keeping_queries.open_disposals(actor)}
    items = keeping_queries.due(actor, today() + due_list.AHEAD)
    return DueListOut(
        items=[
            DueOut(
                no=item.no,
                title=item.title,
                custody=item.custody,
                desk=item.desk_code,
                shelf=item.shelf,
                due_on=item.due_on,
                notice_on=item.notice_on,
                rule=str(RULES[item.custody].then),
                basis=str(RULES[item.custody].basis),
                destinations=list(service.choices(item)),
                disposal_id=proposed[item.id].id if item.id in proposed else None,
                disposal_to=proposed[item.id].destination if item.id in proposed else None,
            )
            for item in items
        ]
    )


@operation(
    bp,
    "POST",
    "/desk/due/propose",
    summary=lazy("提出到期处理，等第二个人签字"),
    body=Propose,
    returns=ProposedOut,
    status=201,
    needs=P.LOSTFOUND_ITEM_INTAKE,
)
def propose(actor: Actor, command: Propose) -> ProposedOut:
    """The first signature."""
    return ProposedOut(disposals=service.propose(actor, command))


@operation(
    bp,
    "POST",
    "/desk/due/sign",
    summary=lazy("第二个人签字，东西离开招领点"),
    body=Sign,
    returns=ProtocolOut,
    needs=P.LOSTFOUND_ITEM_DISPOSE,
)
def sign(actor: Actor, command: Sign) -> ProtocolOut:
    """The second signature, by another person."""
    return ProtocolOut.of(service.sign(actor, command))


@operation(
    bp,
    "POST",
    "/desk/due/hand-over",
    summary=lazy("几件一起移交公安、卡中心、发卡行或校医院"),
    body=HandOverMany,
    returns=ProtocolOut,
    needs=P.LOSTFOUND_ITEM_HANDOVER,
)
def hand_over_many(actor: Actor, command: HandOverMany) -> ProtocolOut:
    """To somebody who receives them."""
    return ProtocolOut.of(service.hand_over_many(actor, command))
