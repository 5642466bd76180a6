"""Reading what posters, the long picture and WeChat show, and what the boards have brought."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sqlalchemy import exists, func, select

from campus_service.bulletin.models import Board, BoardScan, Event, Issue, Publication
from campus_service.bulletin.states import IssueState
from campus_service.core.db import db
from campus_service.core.errors import NotFound
from campus_service.core.i18n import lazy


def issue_out(number: int) -> Issue:
    """A published issue; raises NotFound for any other."""
    found = db.session.scalar(
        select(Issue).where(Issue.number == number, Issue.state == IssueState.PUBLISHED)
    )
    if found is None:
        raise NotFound(lazy("没有第 %(n)s 期，或者它还没有出刊。", n=number))
    return found


def publications(issue_id: int) -> Sequence[Publication]:
    """What readers have of an issue, in its order."""
    return db.session.scalars(
        select(Publication).where(Publication.issue_id == issue_id).order_by(Publication.position)
    ).all()


def events(issue_id: int) -> Sequence[Event]:
    """The events that an issue announces and that were not cancelled, by their time."""
    return db.session.scalars(
        select(Event)
        .join(Publication, Publication.id == Event.publication_id)
        .where(Publication.issue_id == issue_id, Event.cancelled_at.is_(None))
        .order_by(Event.starts_at, Event.id)
    ).all()


def boards(active: bool = False) -> Sequence[Board]:
    """The boards by name, those in use first; ``active``: those in use only."""
    rows = select(Board).order_by(Board.active.desc(), Board.name, Board.code)
    return db.session.scalars(rows.where(Board.active) if active else rows).all()


def board(code: str) -> Board:
    """One board; raises NotFound."""
    found = db.session.get(Board, code)
    if found is None:
        raise NotFound(lazy("没有这块公告栏。"))
    return found


def scanned(code: str) -> bool:
    """Whether anybody ever came from this board."""
    return bool(db.session.scalar(select(exists().where(BoardScan.board_code == code))))


def scans_of_issue(issue_id: int) -> list[tuple[Board, int]]:
    """How many came to an issue from each board, the most first; boards that brought nobody and hang no more are left out."""
    total = func.coalesce(func.sum(BoardScan.count), 0)
    rows = (
        select(Board, total)
        .outerjoin(BoardScan, (BoardScan.board_code == Board.code) & (BoardScan.issue_id == issue_id))
        .group_by(Board.code)
        .having((total > 0) | Board.active)
        .order_by(total.desc(), Board.name)
    )
    return [(row[0], row[1]) for row in db.session.execute(rows)]


def scans_of_boards(since: date) -> dict[str, tuple[int, int]]:
    """Of each board: how many came from it altogether, and since a day."""
    rows = select(
        BoardScan.board_code,
        func.sum(BoardScan.count),
        func.coalesce(func.sum(BoardScan.count).filter(BoardScan.day >= since), 0),
    ).group_by(BoardScan.board_code)
    return {row[0]: (row[1], row[2]) for row in db.session.execute(rows)}


def scans_by_issue(limit: int = 8) -> list[tuple[Issue, dict[str, int]]]:
    """The newest issues that are out, each with how many came from which board."""
    issues = db.session.scalars(
        select(Issue).where(Issue.number.is_not(None)).order_by(Issue.number.desc()).limit(limit)
    ).all()
    rows = (
        select(BoardScan.issue_id, BoardScan.board_code, func.sum(BoardScan.count))
        .where(BoardScan.issue_id.in_([issue.id for issue in issues]))
        .group_by(BoardScan.issue_id, BoardScan.board_code)
    )
    found: dict[int, dict[str, int]] = {}
    for issue_id, code, count in db.session.execute(rows):
        found.setdefault(issue_id, {})[code] = count
    return [(issue, found.get(issue.id, {})) for issue in issues]
