"""Honest read counts: told by the page itself, once a day for each reader, and nothing kept of who read.

No picture is fetched and no cookie is needed. What tells two readers of one day apart is a hash of address and browser
under a key that is made from the day; the hashes of a day are forgotten on the next.
"""

from __future__ import annotations

import hmac
import re
from datetime import date

from sqlalchemy import delete, select

from campus_service.bulletin.commands import ReadTold, ScanTold
from campus_service.bulletin.models import Board, BoardScan, Issue, Publication, ReadCount, ReadMark
from campus_service.bulletin.states import IssueState
from campus_service.core.actor import Actor
from campus_service.core.clock import today
from campus_service.core.db import db, insert_or
from campus_service.core.permissions import Permission as P
from campus_service.core.settings import settings

# What programs that fetch pages call themselves; those that hide run no scripts and send nothing either.
_ROBOT = re.compile(
    r"bot|crawl|spider|slurp|headless|preview|monitor|python|curl|wget|http[-_ ]?client|lighthouse",
    re.IGNORECASE,
)


def is_robot(browser: str) -> bool:
    """Whether a User-Agent is a program's; one that says nothing is taken for one."""
    return not browser or _ROBOT.search(browser) is not None


def read(actor: Actor, told: ReadTold, who: str, browser: str) -> bool:
    """Count that an article was read; returns whether it counted.

    ``who``: the reader's network address; ``browser``: the User-Agent. Robots do not count, nor do those who make the
    bulletin, nor a second time on the same day.
    """
    if is_robot(browser) or actor.can(P.BULLETIN_ARTICLE_WRITE):
        return False
    if db.session.scalar(select(Publication.id).where(Publication.id == told.publication)) is None:
        return False
    day = today()
    if not _first_time(f"read:{told.publication}", who, browser, day):
        return False
    _one_more(ReadCount, {"publication_id": told.publication, "day": day})
    return True


def scanned(told: ScanTold, who: str, browser: str) -> bool:
    """Count that somebody came to an issue from a board's poster; returns whether it counted.

    A board that hangs no more still counts: its posters may hang on.
    """
    issue = select(Issue.id).where(Issue.number == told.issue, Issue.state == IssueState.PUBLISHED)
    issue_id = db.session.scalar(issue)
    board = db.session.get(Board, told.board)
    if issue_id is None or board is None or is_robot(browser):
        return False
    day = today()
    if not _first_time(f"scan:{issue_id}:{board.code}", who, browser, day):
        return False
    _one_more(BoardScan, {"board_code": board.code, "issue_id": issue_id, "day": day})
    return True


def forget() -> None:
    """Throw away the marks of the days before."""
    db.session.execute(delete(ReadMark).where(ReadMark.day < today()))


def _first_time(what: str, who: str, browser: str, day: date) -> bool:
    """Note the mark; False when it was there. Two at the same moment wait for one another at the primary key."""
    secret = settings().secret_key.get_secret_value().encode()
    key = hmac.digest(secret, f"reads:{day}".encode(), "sha256")
    mark = hmac.digest(key, f"{what}\0{who}\0{browser}".encode(), "sha256").hex()[:32]
    noted = insert_or(ReadMark).values(mark=mark, day=day).on_conflict_do_nothing().returning(ReadMark.mark)
    return db.session.scalar(noted) is not None


def _one_more(table: type[ReadCount | BoardScan], key: dict[str, object]) -> None:
    put = insert_or(table).values(**key, count=1)
    db.session.execute(put.on_conflict_do_update(index_elements=list(key), set_={"count": table.count + 1}))
