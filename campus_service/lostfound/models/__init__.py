"""Tables of the registry, with the constraints behind every "at most once"."""

from campus_service.lostfound.models.claims import Claim, Pickup, Return
from campus_service.lostfound.models.contacts import ContactMessage, ContactThread
from campus_service.lostfound.models.desks import DESKS, CustodyEvent, Desk
from campus_service.lostfound.models.imports import Import, ImportedLine, ImportMapping, ImportRefusal
from campus_service.lostfound.models.keeping import (
    CardNotice,
    Disposal,
    Protocol,
    PublicNotice,
    RetentionRule,
)
from campus_service.lostfound.models.labelling import PrintedLabel
from campus_service.lostfound.models.legs import CustodyLeg, Difference, ItemContent, StockCount, StockTake
from campus_service.lostfound.models.matching import MatchCount, MatchPair, MatchTerm, PhotoPrint
from campus_service.lostfound.models.reports import FoundItem, LostReport
from campus_service.lostfound.models.thanks import Commendation

__all__ = [
    "DESKS",
    "CardNotice",
    "Claim",
    "Commendation",
    "ContactMessage",
    "ContactThread",
    "CustodyEvent",
    "CustodyLeg",
    "Desk",
    "Difference",
    "Disposal",
    "FoundItem",
    "Import",
    "ImportMapping",
    "ImportRefusal",
    "ImportedLine",
    "ItemContent",
    "LostReport",
    "MatchCount",
    "MatchPair",
    "MatchTerm",
    "PhotoPrint",
    "Pickup",
    "PrintedLabel",
    "Protocol",
    "PublicNotice",
    "RetentionRule",
    "Return",
    "StockCount",
    "StockTake",
]
