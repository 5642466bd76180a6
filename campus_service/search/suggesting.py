"""What somebody may be typing: campus words, places and titles by their beginning or by pinyin, and what a slip meant."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pypinyin import Style, lazy_pinyin

from campus_service.core.i18n import lazy
from campus_service.core.places import AREAS
from campus_service.search import service, synonyms
from campus_service.search.analyser import is_han, normalise, query_tokens
from campus_service.search.engine import EngineUnavailable, Filters
from campus_service.search.sources import sources

ALL = lazy("全部")
WORDS = 6
TITLES = 4
# Of so many words it is counted what they would find: each is a question to the engine.
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


@cache
def _phrases() -> _Phrases:
    places = [str(word) for area in AREAS for word in area.words]
    known = dict.fromkeys([*synonyms.shown(), *places])
    entries: set[tuple[str, str]] = set()
    sounds: dict[str, list[str]] = {}
    for phrase in known:
        entries.add((normalise(phrase), phrase))
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


def _sound(phrase: str) -> str:
    return " ".join(lazy_pinyin(phrase, style=Style.NORMAL))


def words(typed: str, limit: int = WORDS) -> list[str]:
    """Campus words and places that begin like ``typed``: 校园, xiaoyuan and xyk all lead to 校园卡.

    Those that find most of what is public now come first; then what was typed to its end; then the words' own order.
    """
    low = normalise(typed).replace(" ", "").replace("'", "")
    if not low:
        return []
    known = _phrases()
    whole: dict[str, bool] = {}
    for phrase, complete in known.beginning(low):
        whole[phrase] = complete or whole.get(phrase, False)
    likely = sorted(whole, key=lambda phrase: (not whole[phrase], known.position[phrase]))[:COUNTED]
    kinds = [source.kind for source in sources()]
    return sorted(likely, key=lambda phrase: -sum(service.counts(phrase, kinds).values()))[:limit]


def titles(typed: str, limit: int = TITLES) -> list[str]:
    """Ids of the documents that fit best so far."""
    if len(typed) < 2:
        return []
    try:
        return service.find(typed, Filters(), limit=limit).ids
    except EngineUnavailable:
        return []


def meant(typed: str) -> list[str]:
    """What a query without hits may have meant: words that sound alike (校圆卡), pinyin (xiaoyuanka)."""
    low = normalise(typed).replace(" ", "")
    if low.isascii():
        return [phrase for phrase in words(low) if is_han(phrase)][:3]
    found = list(_phrases().by_sound.get(_sound(low), ()))
    for token in query_tokens(typed):
        if is_han(token) and len(token) > 1:
            found += [
                typed.replace(token, other)
                for other in _phrases().by_sound.get(_sound(token), ())
                if other != token
            ]
    return list(dict.fromkeys(other for other in found if other != typed))[:3]
