"""The notice boards where posters hang: put up, described anew, taken down."""

from __future__ import annotations

from campus_service.bulletin import poster_queries
from campus_service.bulletin.commands import DescribeBoard, PutUpBoard
from campus_service.bulletin.models import Board
from campus_service.core import audit
from campus_service.core.actor import Actor
from campus_service.core.db import db
from campus_service.core.errors import Conflict, Invalid
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P


def put_up(actor: Actor, command: PutUpBoard) -> Board:
    """A new board. Needs bulletin:board:manage; raises Invalid for a code that is taken."""
    actor.require(P.BULLETIN_BOARD_MANAGE)
    if db.session.get(Board, command.code) is not None:
        raise Invalid({"code": lazy("这个代码已经有公告栏用了，换一个。")})
    board = Board(code=command.code, name=command.name, place=command.place, active=True)
    db.session.add(board)
    db.session.flush()
    _note(actor, board, "put_up")
    return board


def describe(actor: Actor, code: str, command: DescribeBoard) -> Board:
    """Another name or place; its code stands in printed posters and stays. Raises NotFound."""
    actor.require(P.BULLETIN_BOARD_MANAGE)
    board = poster_queries.board(code)
    board.name, board.place = command.name, command.place
    _note(actor, board, "changed")
    return board


def use(actor: Actor, code: str, active: bool) -> Board:
    """Take it out of use, or back into it; what it has brought stays counted. Raises NotFound."""
    actor.require(P.BULLETIN_BOARD_MANAGE)
    board = poster_queries.board(code)
    board.active = active
    _note(actor, board, "used" if active else "retired")
    return board


def remove(actor: Actor, code: str) -> None:
    """Remove a board from which nobody ever came, one that was put up by mistake. Raises NotFound, Conflict."""
    actor.require(P.BULLETIN_BOARD_MANAGE)
    board = poster_queries.board(code)
    if poster_queries.scanned(code):
        raise Conflict(lazy("已经有人从这块公告栏扫码来过，不能删，可以停用。"))
    _note(actor, board, "removed")
    db.session.delete(board)
    db.session.flush()


def _note(actor: Actor, board: Board, action: str) -> None:
    after = {"code": board.code, "name": board.name, "place": board.place}
    audit.record(actor, f"board.{action}", obj_type="boards", obj_id=None, after=after)
