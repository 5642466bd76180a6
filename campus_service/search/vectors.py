"""The table's engine on PostgreSQL: words are lexemes of tsvector columns with GIN indexes, which commit with the row.

No dictionary touches the words (see the columns in models.py). The statements are written out: putting them together from objects
took longer than PostgreSQL takes to answer them. Every value is bound.
"""

# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from string import ascii_lowercase
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from campus_service.core.db import db
from campus_service.search.engine import EngineUnavailable, Filters, Hits, IndexDoc, Sort
from campus_service.search.models import SearchDocument
from campus_service.search.synonyms import Group, Plan, begun, forgiving
from campus_service.search.table_engine import LOOKED_AT, RANKED, TableEngine

# So many ways of a group are one look-up: GIN compares a document it finds with every way of a look-up, and each is planned.
TOGETHER = 4
NEWEST = "ORDER BY sort DESC, id DESC"
TOTAL = "(SELECT count(*) FROM hits)"


class VectorEngine(TableEngine):
    """See TableEngine."""

    def rebuild(self, docs: Iterable[IndexDoc], progress: Callable[[int], None] = lambda _done: None) -> int:
        """Build the indexes of the words anew over the rows there are, while the old ones answer."""
        # Else it waits for the end of the transaction in which we read.
        db.session.rollback()
        _reindex()
        return super().rebuild(docs, progress)

    def search(
        self, plan: Plan, filters: Filters, *, sort: Sort, offset: int, limit: int, loose: bool = False
    ) -> Hits:
        """One page, ranked as the index ranks; of very many hits the newest are ranked."""
        found = Hits()
        with _by_index():
            if loose:
                return _loose_page(plan, filters, offset, limit)
            for meant in _meant(plan):
                found = _page(meant, filters, sort, offset, limit)
                if found.total:
                    break
        return found

    def facets(self, plan: Plan, filters: Filters, fields: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """Counts per value of each field, under the other filters."""
        found: dict[str, dict[str, int]] = {}
        with _by_index():
            for meant in _meant(plan):
                found = {field: _counts(meant, filters, field) for field in fields}
                if any(found.values()):
                    break
        return found

    def _beginning(self, prefix: str) -> Sequence[str]:
        write = Statement()
        starting = write.group("text_words", ((prefix,),), prefix)
        with _by_index():
            rows = write.rows(
                f"SELECT text FROM search_documents WHERE {starting} {NEWEST} LIMIT {LOOKED_AT}"
            )
        return [text for (text,) in rows]


def _reindex() -> None:
    gin = "SELECT indexname FROM pg_indexes WHERE tablename = :table AND indexdef LIKE '% USING gin %'"
    try:
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            for name in connection.scalars(text(gin), {"table": SearchDocument.__tablename__}).all():
                # A copy that an interrupted run left behind is kept up to date for nothing.
                left = "_ccnew" in name or "_ccold" in name
                what = "DROP INDEX CONCURRENTLY IF EXISTS" if left else "REINDEX INDEX CONCURRENTLY"
                connection.execute(text(f'{what} "{name}"'))
    except SQLAlchemyError as error:
        raise EngineUnavailable(str(error)) from error


@contextmanager
def _by_index() -> Iterator[None]:
    """Look words up in their index: the planner takes comparing a row's words for cheap and would read the whole table.

    It holds for this transaction at the most.
    """
    set_to = "SELECT set_config('enable_seqscan', %(used)s, true)"
    db.session.connection().exec_driver_sql(set_to, {"used": "off"})
    yield
    db.session.connection().exec_driver_sql(set_to, {"used": "on"})


# --- what is meant ----------------------------------------------------------------------------------------------


def _meant(plan: Plan) -> Iterator[Plan]:
    """The plan as it was typed, since documents hold the words of whatever it finds; then as it may have been meant."""
    if not plan.finished:
        yield plan
        return
    held = _Held(plan)
    typed = replace(plan, prefix=begun(plan, held))
    if plan.least >= len(plan.groups):
        yield typed
    forgiven = forgiving(plan, held, _near)
    if forgiven != typed or plan.least < len(plan.groups):
        yield forgiven


class _Held:
    """Whether documents hold a group of a plan: all its groups are asked about at once, when the first answer is wanted."""

    def __init__(self, plan: Plan) -> None:
        self.groups = plan.groups
        self.known: dict[tuple[Group, str], bool] = {}

    def __call__(self, group: Group, prefix: str) -> bool:
        wanted = _begun(group, prefix)
        if wanted not in self.known:
            others = self.groups if group in self.groups else ()
            asked = dict.fromkeys([wanted, *(_begun(other, prefix) for other in others)])
            self.known |= _which_are_held([*asked])
        return self.known[wanted]


def _begun(group: Group, prefix: str) -> tuple[Group, str]:
    return group, prefix if group[0] == (prefix,) else ""


def _which_are_held(groups: Sequence[tuple[Group, str]]) -> dict[tuple[Group, str], bool]:
    write = Statement()
    exist = (
        f"EXISTS (SELECT FROM search_documents WHERE {write.group('text_words', *each)})" for each in groups
    )
    return dict(zip(groups, write.rows(f"SELECT {', '.join(exist)}")[0], strict=True))


def _near(word: str) -> set[str]:
    """The Latin words at one typo's distance that share the first letter: every one that could be is looked up."""
    write = Statement()
    typos = write.value([*dict.fromkeys(_typos(word))], "text[]")
    rows = write.rows(
        f"SELECT typo FROM unnest({typos}) AS typo WHERE EXISTS "
        "(SELECT FROM search_documents WHERE text_words @@ quote_literal(typo)::tsquery)"
    )
    return {typo for (typo,) in rows}


def _typos(word: str) -> Iterator[str]:
    """What one letter more, other or less makes of ``word`` after its first letter."""
    for at in range(1, len(word) + 1):
        before, letter, after = word[:at], word[at : at + 1], word[at + 1 :]
        yield from (f"{before}{more}{letter}{after}" for more in ascii_lowercase)
        if letter:
            yield from (f"{before}{other}{after}" for other in ascii_lowercase if other != letter)
            yield before + after


# --- pages and counts -------------------------------------------------------------------------------------------


def _page(plan: Plan, filters: Filters, sort: Sort, offset: int, limit: int) -> Hits:
    write = Statement()
    if sort == "newest":
        hits = _hits(write, plan, filters, "id, sort")
        return _answer(write, f"{hits} SELECT id, {TOTAL} FROM hits {NEWEST}", offset, limit)
    strict = plan.least >= len(plan.groups)
    typed = f"{write.every('text_words', plan.exact)} AS typed"
    hits = _hits(write, plan, filters, f"id, sort, title_words, {typed}{'' if strict else ', met'}")
    # Of very many not all are compared.
    most = RANKED if offset + limit <= RANKED else "ALL"
    hits += f", newest AS MATERIALIZED (SELECT * FROM hits {NEWEST} LIMIT {most})"
    titles = " + ".join(f"({met})::integer" for met in write.groups("title_words", plan)) or "0"
    if strict:
        return _answer(write, f"{hits}{_best_first(titles, len(plan.groups))}", offset, limit)
    best = f"ORDER BY met DESC, {titles} DESC, typed DESC, sort DESC, id DESC"
    return _answer(write, f"{hits} SELECT id, {TOTAL} FROM newest {best}", offset, limit)


def _best_first(titles: str, count: int) -> str:
    """Most groups in the title, then the words as typed, then the newest; titles are compared only until the page is full.

    PostgreSQL reads a materialised part in the order in which it was made, and the parts of a UNION ALL one after the other.
    """
    parts = (
        f"SELECT id FROM {part} WHERE titles = {number}"
        for number in range(count, -1, -1)
        for part in ("typed", "other")
    )
    return f""",
        typed AS MATERIALIZED (SELECT id, {titles} AS titles FROM newest WHERE typed),
        other AS MATERIALIZED (SELECT id, {titles} AS titles FROM newest WHERE NOT typed)
        SELECT id, {TOTAL} FROM ({" UNION ALL ".join(parts)}) AS best"""


def _hits(write: Statement, plan: Plan, filters: Filters, columns: str) -> str:
    """The documents that a plan finds, once, to be counted and ordered."""
    found = _all_met if plan.least >= len(plan.groups) else _some_met
    return (
        f"WITH hits AS MATERIALIZED (SELECT {columns} FROM {found(write, plan, _filtered(write, filters))})"
    )


def _all_met(write: Statement, plan: Plan, where: str) -> str:
    return f"search_documents WHERE {' AND '.join([where, *write.groups('text_words', plan)])}"


def _some_met(write: Statement, plan: Plan, where: str) -> str:
    """Each group is looked up, and it is counted how often a document is found; what must be met is among it."""
    found = (
        f"SELECT ctid AS lies, {at} AS met FROM search_documents WHERE {where} AND {group}"
        for at, group in enumerate(write.groups("text_words", plan))
    )
    must = "".join(f" AND bool_or(met = {at})" for at in sorted(plan.must))
    return f"""search_documents AS document JOIN (
        SELECT lies, count(*) AS met FROM ({" UNION ALL ".join(found)}) AS one
        GROUP BY lies HAVING count(*) >= {plan.least}{must}) AS many ON document.ctid = lies"""


def _loose_page(plan: Plan, filters: Filters, offset: int, limit: int) -> Hits:
    if not plan.loose:
        return Hits()
    write = Statement()
    where = f"{_filtered(write, filters)} AND {write.every('grams_words', plan.loose)}"
    hits = f"WITH hits AS MATERIALIZED (SELECT id, sort FROM search_documents WHERE {where})"
    return _answer(write, f"{hits} SELECT id, {TOTAL} FROM hits {NEWEST}", offset, limit)


def _answer(write: Statement, text: str, offset: int, limit: int) -> Hits:
    rows = write.rows(f"{text} OFFSET {int(offset)} LIMIT {int(limit)}")
    if rows or not offset:
        return Hits([id for id, _total in rows], rows[0][1] if rows else 0)
    # Behind the last page.
    return replace(_answer(write, text, 0, 1), ids=[])


def _counts(plan: Plan, filters: Filters, field: str) -> dict[str, int]:
    write = Statement()
    hits = _hits(write, plan, replace(filters, **{field: None}), field)
    rows = write.rows(f"{hits} SELECT {field}, count(*) FROM hits GROUP BY {field}")
    return {value: count for value, count in rows}  # noqa: C416


def _filtered(write: Statement, filters: Filters) -> str:
    where = [
        f"{name} = ANY({write.value(list(values), 'text[]')})" for name, values in filters.choices().items()
    ]
    for sign, day in ((">=", filters.day_from), ("<=", filters.day_to)):
        if day is not None:
            where.append(f"day {sign} {write.value(day, 'integer')}")
    return " AND ".join(where) or "true"


# --- writing statements -----------------------------------------------------------------------------------------


@dataclass(slots=True)
class Statement:
    """The values of a statement while it is written."""

    values: dict[str, object] = field(default_factory=dict)

    def value(self, value: object, type: str) -> str:
        """``value`` as it stands in the text."""
        name = f"v{len(self.values)}"
        self.values[name] = value
        return f"%({name})s::{type}"

    def groups(self, column: str, plan: Plan) -> list[str]:
        """Whether ``column`` meets each group of a plan."""
        return [self.group(column, group, plan.prefix) for group in plan.groups]

    def group(self, column: str, group: Group, prefix: str) -> str:
        """Whether ``column`` meets a group; its first way also as the beginning of a word if it is ``prefix``."""
        ways = [" & ".join(map(_lexeme, choice)) for choice in group]
        if group[0] == (prefix,):
            ways.append(f"{_lexeme(prefix)}:*")
        together = (
            " | ".join(f"({way})" for way in ways[at : at + TOGETHER]) for at in range(0, len(ways), TOGETHER)
        )
        return f"({' OR '.join(self._holds(column, some) for some in together)})"

    def every(self, column: str, words: Sequence[str]) -> str:
        """Whether ``column`` holds all of ``words``."""
        return self._holds(column, " & ".join(map(_lexeme, words))) if words else "true"

    def _holds(self, column: str, query: str) -> str:
        return f"{column} @@ {self.value(query, 'tsquery')}"

    def rows(self, text: str) -> Sequence[Any]:
        """What the database answers."""
        return db.session.connection().exec_driver_sql(text, self.values).all()


def _lexeme(word: str) -> str:
    """``word`` as to_tsquery's grammar writes it; whatever was typed, it is one word."""
    return "'" + word.replace("\\", "\\\\").replace("'", "''") + "'"
