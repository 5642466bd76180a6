"""What somebody may be typing: campus words, places and titles by their beginning or by pinyin, and what a slip meant."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache

from pypinyin import Style, lazy_pinyin

from campus_service.core.i18n import lazy
from campus_service.core.places import AREAS
from campus_service.search import service, synonyms
from campus_service.search import words as campus
from campus_service.search.added import Added
from campus_service.search.analyser import is_han, normalise, query_tokens
from campus_service.search.engine import Filters
from campus_service.search.newest import newest
from campus_service.search.sources import kinds_of

ALL = lazy("全部")
WORDS = 6
TITLES = 4
# Of so many words it is counted what they would find.
COUNTED = 2 * WORDS


@dataclass(frozen=True, slots=True)
class _Phrases:
    """Phrases under every way to type them, sorted: as they are, in pinyin, by its initials."""

    keys: list[str]
    phrases: list[str]
    by_sound: dict[str, tuple[str, ...]]
    # Where each stands in the campus's words: what people ask for most stands first there.
    position: dict[str, int]

    def beginning(self, typed: str) -> Iterator[tuple[str, bool]]:
        """Phrases that begin like ``typed``, each with whether that was all of it."""
        at = bisect_left(self.keys, typed)
        while at < len(self.keys) and self.keys[at].startswith(typed):
            yield self.phrases[at], self.keys[at] == typed
            at += 1


def _known() -> tuple[_Phrases, ...]:
    """What the staff added, then what the files say."""
    return _ours(campus.added()), _shipped()


@cache
def _shipped() -> _Phrases:
    places = [str(word) for area in AREAS for word in area.words]
    return _typed([*synonyms.shown(), *places])


@lru_cache(maxsize=2)
def _ours(added: Added) -> _Phrases:
    shipped = {_letters(phrase) for phrase in _shipped().position}
    return _typed([phrase for phrase in added.shown if _letters(phrase) not in shipped])


def _typed(phrases: Sequence[str]) -> _Phrases:
    known = dict.fromkeys(phrases)
    entries: set[tuple[str, str]] = set()
    sounds: dict[str, list[str]] = {}
    for phrase in known:
        entries.add((_letters(phrase), phrase))
        if is_han(phrase) and len(phrase) > 1:
            syllables = lazy_pinyin(phrase)
            entries.add(("".join(syllables), phrase))
            entries.add(("".join(syllable[:1] for syllable in syllables), phrase))
            sounds.setdefault(_sound(phrase), []).append(phrase)
    ordered = sorted(entries, key=lambda entry: (entry[0], len(entry[1]), entry[1]))
    return _Phrases(
        [key for key, _phrase in ordered],
        [phrase for _key, phrase in ordered],
        {sound: tuple(found) for sound, found in sounds.items()},
        {phrase: at for at, phrase in enumerate(known)},
    )


def _letters(text: str) -> str:
    """``text`` as it is compared with what is typed, where nobody minds the blanks."""
    return normalise(text).replace(" ", "").replace("'", "")


def _sound(phrase: str) -> str:
    return " ".join(lazy_pinyin(phrase, style=Style.NORMAL))


def words(typed: str, kind: str = "", limit: int = WORDS) -> list[str]:
    """Campus words and places that begin like ``typed``: 校园, xiaoyuan and xyk all lead to 校园卡.

    Those that most of the newest documents (of one ``kind``) have come first; then what was typed to its end; then the staff's
    words and those of the files in their order.
    """
    low = _letters(typed)
    if not low:
        return []
    order: dict[str, tuple[bool, int, int]] = {}
    for at, known in enumerate(_known()):
        for phrase, complete in known.beginning(low):
            place = (not complete, at, known.position[phrase])
            order[phrase] = min(place, order.get(phrase, place))
    likely = sorted(order, key=lambda phrase: order[phrase])[:COUNTED]
    there = newest()
    return sorted(likely, key=lambda phrase: -there.count(campus.plan(phrase), kind))[:limit]


def titles(typed: str, kind: str = "", limit: int = TITLES) -> list[str]:
    """Ids of the documents (of one ``kind``) that fit best so far: of the newest, of all where these have too few."""
    if len(typed) < 2:
        return []
    wanted = replace(campus.plan(typed), finished=False)
    found = newest().first(wanted, kind, limit)
    return (
        found if len(found) == limit else service.first(wanted, Filters(kind=kinds_of(kind) or None), limit)
    )


def meant(typed: str) -> list[str]:
    """What a query without hits may have meant: words that sound alike (校圆卡), pinyin (xiaoyuanka)."""
    low = _letters(typed)
    if low.isascii():
        return [phrase for phrase in words(low) if is_han(phrase)][:3]
    found = _sounding_like(low)
    for token in query_tokens(typed):
        if is_han(token) and len(token) > 1:
            found += [typed.replace(token, other) for other in _sounding_like(token) if other != token]
    return list(dict.fromkeys(other for other in found if other != typed))[:3]


def _sounding_like(word: str) -> list[str]:
    sound = _sound(word)
    return [phrase for known in _known() for phrase in known.by_sound.get(sound, ())]
