"""Tables of the registry, with the constraints behind every "at most once"."""

from campus_service.lostfound.models.claims import Claim, Pickup, Return
from campus_service.lostfound.models.contacts import ContactMessage, ContactThread
from campus_service.lostfound.models.desks import DESKS, CustodyEvent, Desk
from campus_service.lostfound.models.reports import FoundItem, LostReport

__all__ = [
    "DESKS",
    "Claim",
    "ContactMessage",
    "ContactThread",
    "CustodyEvent",
    "Desk",
    "FoundItem",
    "LostReport",
    "Pickup",
    "Return",
]
