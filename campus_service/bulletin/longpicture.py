"""The issue as one tall picture for group chats: what is in it, and the QR that leads to the page."""

from __future__ import annotations

from dataclasses import dataclass

from campus_service.bulletin import posters
from campus_service.bulletin.posters import Finding, Sheet

COVER = (1080, 760)


@dataclass(frozen=True, slots=True)
class LongPicture:
    """The picture, 1080 pixels wide, and what the checks found."""

    png: bytes
    findings: tuple[Finding, ...]

    def check(self) -> None:
        """Raise Invalid with the words of the checks when it must not be passed on."""
        posters.refuse(self.findings)


def draw(wanted: Sheet) -> LongPicture:
    """Draw it and read its code back."""
    wanted = posters.with_cover(wanted, COVER)
    made = posters.press("long").picture({"sheet": posters.data(wanted, COVER), "paper": "a3"})
    return LongPicture(made.pages[0], (posters.glyphs(wanted), posters.code(wanted, made.pages[0])))
