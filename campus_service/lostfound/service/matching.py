"""Finding likely pairs when a report is posted or changed and once a day; telling the loser once; learning from answers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from itertools import chain, zip_longest
from typing import Any

from sqlalchemy import delete, insert, update

from campus_service.core.actor import Actor
from campus_service.core.cache import remembered
from campus_service.core.clock import now
from campus_service.core.db import db, insert_or
from campus_service.core.errors import Conflict
from campus_service.core.i18n import lazy
from campus_service.core.permissions import Permission as P
from campus_service.core.settings import settings
from campus_service.jobs import enqueue
from campus_service.lostfound import matching_queries as stored
from campus_service.lostfound import notices, policy
from campus_service.lostfound.matching import (
    candidates,
    explaining,
    features,
    generated,
    learning,
    prints,
    scoring,
)
from campus_service.lostfound.matching.features import Features
from campus_service.lostfound.matching.scoring import Corpus, Evidence
from campus_service.lostfound.models import FoundItem, MatchCount, MatchPair, MatchTerm, PhotoPrint
from campus_service.lostfound.service import record
from campus_service.lostfound.service.reporting import change_state
from campus_service.lostfound.states import PAIR, Kind, LostState, PairState
from campus_service.media import service as media
from campus_service.media.storage import MissingFile

# Pairs less likely than this (log odds) are not kept.
FLOOR = -3.0
# So many pairs are kept of each search; photos are compared among as many again.
KEPT = stored.SHOWN
LOOKED_AT = 2 * KEPT
# Reports that one run of the daily job goes through, in well under a second: SQLite has one writer.
BATCH = 20
# What is common changes slowly; seconds.
CORPUS_AGE = 3600.0
_OTHER = {Kind.LOST: Kind.FOUND, Kind.FOUND: Kind.LOST}


# --- searching --------------------------------------------------------------------------------------------------


def match(kind: Kind, report_id: int) -> int:
    """Search the other side for counterparts of one report, keep the likely pairs, tell losers; returns how many pairs.

    A report that is over only leaves the table of words. Doing it again changes nothing more.
    """
    rows = stored.open_rows(kind, [report_id])
    _forget_terms(kind, [report_id])
    if not rows:
        return 0
    mine = features.read(rows[0].text)
    _keep_terms(kind, {report_id: mine})
    pairs = _judge(kind, rows[0], mine)
    _keep_pairs(kind, report_id, pairs)
    _tell(kind, report_id)
    return len(pairs)


def match_again(side: Kind, after: int) -> tuple[Kind, int] | None:
    """Go through a batch behind id ``after``: found items become findable, lost reports are matched anew.

    Returns where to go on, None at the end.
    """
    ids = stored.open_ids(side, after, BATCH)
    if side is Kind.FOUND:
        missing = set(ids) - stored.known(side, ids)
        _keep_terms(side, {row.id: features.read(row.text) for row in stored.open_rows(side, missing)})
    else:
        for report_id in ids:
            match(side, report_id)
    if len(ids) == BATCH:
        return side, ids[-1]
    return (Kind.LOST, 0) if side is Kind.FOUND else None


def again_later(side: Kind = Kind.FOUND, after: int = 0) -> None:
    """Promise to go through everything, from the beginning or from where a batch ended."""
    enqueue("lostfound.match_again", {"side": side, "after": after}, key=f"match:again:{side}:{after}")


def corpus() -> Corpus:
    """Which words are common here: read from the newest reports; a site with few borrows everyday ones."""
    return remembered("lostfound.matching.corpus", CORPUS_AGE, _corpus)


def _corpus() -> Corpus:
    half = scoring.SAMPLE // 2
    both = zip_longest(stored.newest(Kind.LOST, half), stored.newest(Kind.FOUND, half))
    real = (text for pair in both for text in pair if text is not None)
    return scoring.corpus_of(map(features.read, chain(real, generated.everyday())))


Judged = tuple[int, float, list[Evidence]]


def _judge(kind: Kind, row: stored.Row, mine: Features) -> list[Judged]:
    """The counterparts worth keeping, the likeliest first: by their words, then the first of them by photo too."""
    common, weights = corpus(), learning.weights(stored.counts())
    found = candidates.shortlist(candidates.question(kind, mine, common), common, stored.hits)
    before = {_other_id(kind, pair) for pair in stored.pairs_of(kind, row.id)}
    judged = []
    for other in stored.open_rows(_OTHER[kind], {*found, *before}):
        theirs = features.read(other.text)
        lost, item = (mine, theirs) if kind is Kind.LOST else (theirs, mine)
        evidence = scoring.compare(lost, item, common)
        judged.append((scoring.score(evidence, weights), evidence, other))
    judged.sort(key=lambda one: (-one[0], one[2].id))
    seen = _prints([row.cover, *(other.cover for _, _, other in judged[:LOOKED_AT])])
    result: list[Judged] = []
    for _score, evidence, other in judged:
        both = row.cover in seen and other.cover in seen
        whole = [*evidence, *(prints.compare(seen[row.cover], seen[other.cover]) if both else ())]
        result.append((other.id, scoring.score(whole, weights), whole))
    result.sort(key=lambda one: (-one[1], one[0]))
    return [one for place, one in enumerate(result) if one[0] in before or (place < KEPT and one[1] >= FLOOR)]


def _other_id(kind: Kind, pair: MatchPair) -> int:
    return pair.found_id if kind is Kind.LOST else pair.lost_id


def _forget_terms(kind: Kind, ids: Iterable[int]) -> None:
    numbers = [stored.number(kind, one) for one in ids]
    db.session.execute(delete(MatchTerm).where(MatchTerm.report.in_(numbers)))


def _keep_terms(kind: Kind, reports: dict[int, Features]) -> None:
    rows = [
        {
            "term": stored.hashed(kind, one.category, term),
            "day": one.day,
            "report": stored.number(kind, report_id),
        }
        for report_id, one in reports.items()
        for term in sorted(one.terms)
    ]
    if rows:
        db.session.execute(insert(MatchTerm), rows)


def _keep_pairs(kind: Kind, report_id: int, judged: Iterable[Judged]) -> None:
    """Write scores and reasons; what was decided stays decided, what became unlikely and nobody saw goes."""
    moment = now()
    rows = [
        {
            "lost_id": report_id if kind is Kind.LOST else other,
            "found_id": other if kind is Kind.LOST else report_id,
            "state": PairState.PROPOSED,
            "score": round(score, 4),
            "reasons": explaining.kept(evidence),
            "created_at": moment,
        }
        for other, score, evidence in judged
    ]
    if rows:
        statement = insert_or(MatchPair)
        new = statement.excluded
        statement = statement.on_conflict_do_update(
            index_elements=["lost_id", "found_id"],
            set_={"score": new.score, "reasons": new.reasons},
            # What somebody answered is what he read then.
            where=MatchPair.decided_at.is_(None),
        )
        db.session.execute(statement, rows)
    db.session.execute(
        delete(MatchPair)
        .where(
            stored.column(kind) == report_id, MatchPair.state == PairState.PROPOSED, MatchPair.score < FLOOR
        )
        .execution_options(synchronize_session=False)
    )


# --- photos -----------------------------------------------------------------------------------------------------


def _prints(keys: Collection[str]) -> dict[str, prints.Print]:
    """The prints of public first photos, made now where none was made yet."""
    wanted = {key for key in keys if key}
    found = {key: prints.Print(*values) for key, values in stored.prints(wanted).items()}
    for key in sorted(wanted - found.keys()):
        try:
            found[key] = prints.read(media.read(media.find(key), 320))
        except MissingFile:
            continue
        values = {"key": key, "shape": f"{found[key].shape:016x}", "colours": list(found[key].colours)}
        db.session.execute(insert_or(PhotoPrint).values(**values).on_conflict_do_nothing())
    return found


# --- telling ----------------------------------------------------------------------------------------------------


def _tell(kind: Kind, report_id: int) -> None:
    """Tell losers of the pairs of this report that are likely enough and the likeliest for both sides."""
    least = settings().match_alert
    hopeful = [
        pair
        for pair in stored.pairs_of(kind, report_id)
        if pair.state is PairState.PROPOSED and pair.score >= least
    ]
    if not hopeful:
        return
    lost = stored.best_scores(Kind.LOST, [pair.lost_id for pair in hopeful])
    found = stored.best_scores(Kind.FOUND, [pair.found_id for pair in hopeful])
    best = [
        pair.id
        for pair in hopeful
        if pair.score >= max(lost[pair.lost_id], found[pair.found_id]) - scoring.TIE
    ]
    for pair in stored.whole_pairs(best):
        if policy.may_be_told(pair) and pair.lost.state is LostState.OPEN:
            _tell_once(pair)


def _tell_once(pair: MatchPair) -> None:
    """Mark the pair as told by a guarded UPDATE, and only then tell: whoever else finds the pair tells nobody."""
    if _move(pair, PairState.TOLD, told_at=now()):
        notices.tell_loser_of_match(pair)


def _move(pair: MatchPair, state: PairState, **values: Any) -> bool:
    before = [old for old in PairState if PAIR.allows(old, state)]
    moved = db.session.execute(
        update(MatchPair)
        .where(MatchPair.id == pair.id, MatchPair.state.in_(before))
        .values(state=state, **values)
        .returning(MatchPair.id)
        .execution_options(synchronize_session=False)
    ).first()
    db.session.expire(pair, ["state", *values])
    return moved is not None


# --- answers ----------------------------------------------------------------------------------------------------

_OVER = lazy("这一对已经有答复了。")


def dismiss(actor: Actor, pair_id: int) -> MatchPair:
    """The loser ("not mine") or a desk says that the two are not one thing: for good.

    Raises NotFound for somebody who was not told of the pair, Conflict when it was answered before.
    """
    return _answer(actor, pair_id, PairState.DISMISSED)


def confirm(actor: Actor, pair_id: int) -> MatchPair:
    """A desk sees that the two are one thing; the loser hears of it where he may. Needs lostfound:private:read.

    Raises Conflict when the pair was answered before.
    """
    actor.require(P.LOSTFOUND_PRIVATE_READ)
    pair = stored.pair(actor, pair_id)
    if pair.told_at is None and policy.may_be_told(pair):
        _tell_once(pair)
    return _answer(actor, pair_id, PairState.CONFIRMED)


def _answer(actor: Actor, pair_id: int, state: PairState) -> MatchPair:
    pair = stored.pair(actor, pair_id)
    before = pair.state
    if not _move(pair, state, decided_at=now(), decided_by=actor.id):
        raise Conflict(_OVER)
    _learn(pair, state)
    record.note(
        actor,
        f"match_pair.{state}",
        pair,
        {"state": before},
        {"state": state, "lost": pair.lost.no, "found": pair.found.no},
    )
    return pair


def _learn(pair: MatchPair, state: PairState) -> None:
    """Count the evidence that stood beside the pair, once each."""
    name = "confirmed" if state is PairState.CONFIRMED else "dismissed"
    for key in sorted({learning.ALL, *(str(reason[0]) for reason in pair.reasons)}):
        values = {"evidence": key, "confirmed": 0, "dismissed": 0} | {name: 1}
        statement = insert_or(MatchCount).values(**values)
        more = {name: getattr(MatchCount, name) + 1}
        db.session.execute(statement.on_conflict_do_update(index_elements=["evidence"], set_=more))


def confirm_returned(person_id: int, item: FoundItem) -> None:
    """The thing went back to this person: the pair with his own report was right, and he misses it no longer."""
    for pair in stored.pairs_of_claimant(person_id, item.id)[:1]:
        if _move(pair, PairState.CONFIRMED, decided_at=now()):
            _learn(pair, PairState.CONFIRMED)
        change_state(Actor.system(), pair.lost, LostState.RECOVERED)


def forget(kind: Kind, report_ids: Collection[int]) -> None:
    """Remove all that matching keeps of these reports, for an account that is erased (PIPL 47)."""
    numbers = [stored.number(kind, one) for one in report_ids]
    column = MatchPair.lost_id if kind is Kind.LOST else MatchPair.found_id
    db.session.execute(delete(MatchTerm).where(MatchTerm.report.in_(numbers)))
    db.session.execute(delete(MatchPair).where(column.in_(report_ids)))
