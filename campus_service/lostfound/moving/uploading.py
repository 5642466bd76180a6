"""From an upload to an import that can be mapped; reading the file is not done while the database is held."""

from __future__ import annotations

from typing import IO

from campus_service.core.actor import Actor
from campus_service.core.db import transaction
from campus_service.core.errors import Conflict
from campus_service.core.permissions import Permission as P
from campus_service.lostfound.moving import files, queries, reading, service
from campus_service.lostfound.moving.looking import look
from campus_service.lostfound.states import IMPORT, ImportState


def receive(actor: Actor, stream: IO[bytes], name: str) -> int:
    """Keep an upload and look into it; returns the import's id.

    Raises SignInNeeded, Forbidden, Invalid (too large, no table): then nothing of it is left.
    """
    actor.require(P.LOSTFOUND_IMPORT_RUN)
    file, size = files.keep(stream)
    try:
        looked = look(files.path(file))
        with transaction():
            return service.create(actor, name, file, size, looked)
    except BaseException:
        files.remove(file)
        raise


def read_as(actor: Actor, import_id: int, encoding: str, delimiter: str, sheet: str) -> None:
    """Read the file with another encoding, delimiter or sheet. Raises Invalid naming what does not fit, Conflict."""
    row = queries.get(actor, import_id)
    if row.state is not ImportState.MAPPING and not IMPORT.allows(row.state, ImportState.MAPPING):
        raise Conflict()
    old = reading.Format(**row.how)
    how = reading.Format(
        old.kind, encoding or old.encoding, delimiter or old.delimiter, sheet or old.sheet, old.sheets
    )
    looked = look(files.path(row.file), how)
    with transaction():
        service.read_anew(actor, import_id, looked)
