"""What a query means: synonym groups (data/synonyms.txt) turned into a plan of words and their alternatives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from importlib.resources import files
from itertools import chain

from campus_service.core.places import area_of
from campus_service.search.added import NOTHING, Added
from campus_service.search.analyser import (
    CATEGORY,
    HEAD,
    MAX_QUERY,
    STOP,
    grams,
    is_han,
    is_latin,
    load_words,
    one_typo,
    parts,
    plain,
    query_tokens,
    seams,
    telling,
)

# One way to say a thing: all its tokens must be there. A group: any of its ways will do.
Choice = tuple[str, ...]
Group = tuple[Choice, ...]
MAX_GROUPS = 12
# Ways to say one thing that are looked up; the nearest come first.
MAX_CHOICES = 160
# A word that ends more kinds of names (中心) says too little to stand for all of them.
MAX_KINDS = 4


@dataclass(frozen=True, slots=True)
class Plan:
    """A query, understood: every group must be met; ``exact`` are the words as typed; ``loose`` is the second pass.

    ``prefix`` is the last word while it is still being typed; ``added`` the staff's words, for looser readings too;
    ``finished``: whether it is typed to its end, so that a word that nothing holds is a slip.
    """

    groups: tuple[Group, ...]
    exact: tuple[str, ...]
    prefix: str
    loose: tuple[str, ...]
    # How many groups must be met, and which of them in any case.
    least: int
    must: frozenset[int]
    added: Added = NOTHING
    finished: bool = True

    @property
    def empty(self) -> bool:
        """Whether nothing searchable was typed."""
        return not self.groups

    def met_by(self, words: set[str]) -> bool:
        """Whether a document with these words is among the hits (the first pass: no loose ones, no forgiven typos)."""
        return not self.empty and all(self._met(group, words) for group in self.groups)

    def _met(self, group: Group, words: set[str]) -> bool:
        single, several = _ways(group)
        if not single.isdisjoint(words) or any(words.issuperset(choice) for choice in several):
            return True
        begun = group[0] == (self.prefix,) and is_latin(self.prefix)
        return begun and any(word.startswith(self.prefix) for word in words)


@lru_cache(maxsize=20_000)
def _ways(group: Group) -> tuple[frozenset[str], tuple[Choice, ...]]:
    """The ways of a group that are one word, to be looked up at once, and the others."""
    single = frozenset(choice[0] for choice in group if len(choice) == 1)
    return single, tuple(choice for choice in group if len(choice) > 1)


@cache
def _groups() -> dict[str, tuple[str, ...]]:
    """Every phrase of the files → all phrases of its group and of those that it is the head of (耳机 → AirPods)."""
    found: dict[str, tuple[str, ...]] = {}
    wider: dict[str, list[tuple[str, ...]]] = {}
    for line in _lines("synonyms.txt"):
        group = _phrases(line)
        found.update(dict.fromkeys(group, group))
        for head in {head for phrase in group for head in _heads(phrase)}.difference(group):
            wider.setdefault(head, []).append(group)
    kinds: dict[str, tuple[str, ...]] = {}
    for head, under in _kinds():
        kinds[head] = (*kinds.get(head, ()), *under)
    english = {word: head for head in kinds for word in found.get(head, ()) if word.isascii()}
    load_words(frozenset(chain(found, kinds, *kinds.values())))
    for head, groups in wider.items():
        if len(groups) <= MAX_KINDS:
            found[head] = tuple(dict.fromkeys([*found.get(head, (head,)), *chain(*groups)]))
    wide = {head: _taken_in(head, under, found) for head, under in kinds.items()}
    return found | {word: wide[head] for word, head in english.items()} | wide


def _kinds() -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every head of the two files, with what it takes in."""
    for line in (*_lines("kinds.txt"), *_lines("categories.txt")):
        heads, _sign, under = line.partition(">")
        for head in _phrases(heads):
            yield head, _phrases(under)


def _taken_in(head: str, under: tuple[str, ...], known: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The head, what else it is called, what it takes in, and what that is called."""
    return tuple(
        dict.fromkeys(chain(known.get(head, (head,)), *(known.get(kind, (kind,)) for kind in under)))
    )


def _lines(name: str) -> Iterator[str]:
    text = files("campus_service.search").joinpath(f"data/{name}").read_text(encoding="utf-8")
    return (line for line in text.splitlines() if line.strip() and not line.startswith("#"))


def _phrases(line: str) -> tuple[str, ...]:
    return tuple(plain(phrase.strip()) for phrase in line.split(",") if phrase.strip())


def canonical(word: str) -> str:
    """The first word of the group that ``word`` (normalised) belongs to, so that synonyms can be compared."""
    ways = _groups().get(word)
    return ways[0] if ways else word


def _heads(phrase: str) -> Iterator[str]:
    """What a Chinese thing is a kind of: the end of its name, two characters at least."""
    return (phrase[at:] for at in range(1, len(phrase) - 1)) if is_han(phrase) else iter(())


def shown() -> list[str]:
    """All phrases as a reader may be offered them: of the groups, and the heads of kinds."""
    lines = [line.partition(">")[0] for name in ("synonyms.txt", "kinds.txt") for line in _lines(name)]
    return [phrase.strip() for line in lines for phrase in line.split(",") if phrase.strip()]


@cache
def _longest() -> int:
    return max(map(len, _groups()), default=0)


@cache
def warm() -> None:
    """Load dictionary and synonyms: before a server forks its workers, and before a document is cut into words."""
    plan("耳机")


def plan(text: str, added: Added = NOTHING) -> Plan:
    """Understand ``text``: synonym phrases first, the longest wins, then single tokens; ``added`` are the staff's words."""
    _groups()
    low = plain(text[:MAX_QUERY]).strip()
    groups: list[Group] = []
    rest = ""
    at = 0
    breaks = seams(low)
    while at < len(low):
        shipped = _phrase_at(low, at, breaks) if at in breaks else ""
        phrase = max(added.at(low, at, breaks), shipped, key=len)
        if phrase:
            groups += [_single(token) for token in telling(rest)]
            if not STOP.intersection(_groups().get(phrase, ())) or phrase == low:
                groups.append(_alternatives(phrase, added))
            rest = ""
            at += len(phrase)
        else:
            rest += low[at]
            at += 1
    last = telling(rest)
    groups += [_single(token) for token in last]
    groups = groups or [_single(token) for token in query_tokens(text)]
    groups = list(dict.fromkeys(group for group in groups if group))[:MAX_GROUPS]
    exact = tuple(query_tokens(text))[:MAX_GROUPS]
    return Plan(
        tuple(groups),
        exact,
        last[-1] if last else "",
        tuple(grams(low)[:MAX_GROUPS]),
        len(groups),
        frozenset(),
        added,
    )


def begun(wanted: Plan, held: Callable[[Group, str], bool]) -> str:
    """The word still being typed; a Chinese one that documents hold (``held``) is not the beginning of another one."""
    whole = wanted.prefix and not is_latin(wanted.prefix) and held(_single(wanted.prefix), "")
    return "" if whole else wanted.prefix


def forgiving(wanted: Plan, held: Callable[[Group, str], bool], near: Callable[[str], Iterable[str]]) -> Plan:
    """The plan as this index can answer it, decided for the whole index: segments come and go with every commit.

    A Latin word that no document holds, not even as a beginning, stands for those at one typo's distance (``near``).
    """
    if not wanted.finished:
        return wanted
    prefix = begun(wanted, held)
    groups: list[Group] = []
    for group in wanted.groups:
        if held(group, prefix):
            groups.append(group)
        elif _may_be_a_typo(group):
            alike = sorted({*near(group[0][0]), *_misspelt(group[0][0], wanted.added)})
            groups.append(tuple(chain(*(_meaning(word, wanted.added) for word in alike))) or group)
        else:
            groups += _apart(group, wanted.added)
    return replace(
        wanted, groups=tuple(groups), prefix=prefix, least=wanted.least + len(groups) - len(wanted.groups)
    )


@cache
def _wider() -> dict[str, tuple[str, ...]]:
    """What a word is a kind of, and nothing wider."""
    found: dict[str, tuple[str, ...]] = {}
    for head, under in _kinds():
        for kind in under:
            found[kind] = (*found.get(kind, ()), head)
    return found


@cache
def _latin() -> frozenset[str]:
    return frozenset(filter(_may_be_meant, _groups()))


def _misspelt(word: str, added: Added) -> Iterator[str]:
    """Latin words of the campus at one typo's distance that share the first letter."""
    known = chain(_latin(), filter(_may_be_meant, added.phrases))
    return (other for other in known if other[0] == word[0] and one_typo(word, other))


def _may_be_meant(word: str) -> bool:
    """Whether a typo may have made something else of ``word``: a short one is too near to too many."""
    return is_latin(word) and len(word) > 3


def _meaning(word: str, added: Added) -> Group:
    return _alternatives(word, added) if word in _groups() or word in added.more else _single(word)


def _may_be_a_typo(group: Group) -> bool:
    return len(group) == 1 and len(group[0]) == 1 and len(group[0][0]) >= 4 and is_latin(group[0][0])


def relaxed(wanted: Plan) -> Iterator[Plan]:
    """Looser readings of a plan, the strictest first: compounds in their parts, some words missing.

    What says where or which colour may be missing; where one word alone names the thing, it must be there.
    """
    groups = tuple(chain(*(_apart(group, wanted.added) for group in wanted.groups)))
    parted = replace(wanted, groups=groups, least=len(groups))
    if groups != wanted.groups:
        yield parted
    yield from _with_fewer(wanted)
    if groups != wanted.groups:
        yield from _with_fewer(parted)
    wider = tuple(_widened(group) for group in wanted.groups)
    if wider != wanted.groups:
        yield replace(wanted, groups=wider)


def _widened(group: Group) -> Group:
    """With what the word is a kind of: who asks for a 半身裙 may be glad of a 裙子."""
    return (*group, *(_whole_word(head) for head in _wider().get(group[0][0], ())))


def _with_fewer(wanted: Plan) -> Iterator[Plan]:
    count = len(wanted.groups)
    things = frozenset(at for at, group in enumerate(wanted.groups) if not _describes(group))
    # Each reading is a search of its own: of a long query several words are let go at a time.
    for least in reversed(range(max(1, count // 2), count, max(1, count // 4))):
        yield replace(wanted, least=least, must=things if len(things) == 1 else frozenset())


def _apart(group: Group, added: Added) -> Sequence[Group]:
    """A compound word in its parts: 帆布包 is made of 帆布 and is a 包."""
    found = parts(group[0][0]) if len(group[0]) == 1 and not _describes(group) else []
    return [_meaning(part, added) for part in found] or [group]


def _describes(group: Group) -> bool:
    """Whether a group says where, how many or which colour, and not what."""
    return (
        group[0][0] in _shades()
        or any(char.isdigit() for char in group[0][0])
        or area_of(" ".join(group[0])) != "other"
    )


@cache
def _shades() -> frozenset[str]:
    return frozenset(word for head, under in _kinds() if head.endswith("色") for word in (head, *under))


def _phrase_at(text: str, at: int, breaks: set[int]) -> str:
    """The longest synonym phrase at this place; only whole words: 书 is not in 书架, nor mi in mini."""
    for length in range(min(_longest(), len(text) - at), 0, -1):
        phrase = text[at : at + length]
        if phrase in _groups() and at + length in breaks:
            return phrase
    return ""


def stands_for(phrase: str, added: Added) -> list[str]:
    """What a phrase stands for beside itself: what staff added, then what the files say, without what staff switched off."""
    shipped = _groups().get(phrase, ())
    reached = list(added.reached([phrase, *shipped]))
    ways = [*reached, *shipped, *chain(*(_groups().get(other, ()) for other in reached))]
    no = {phrase, *added.less.get(phrase, ())}
    return [way for way in dict.fromkeys(ways) if way not in no]


def _alternatives(phrase: str, added: Added = NOTHING) -> Group:
    others = map(_whole_word, stands_for(phrase, added))
    return tuple(dict.fromkeys([_whole_word(phrase), *_ending_in(phrase), *others]))[:MAX_CHOICES]


def _whole_word(phrase: str) -> Choice:
    """The tokens of a phrase; where the tokeniser keeps it whole, that one token says it all."""
    found = query_tokens(phrase)
    return (phrase,) if phrase in found or phrase.startswith(CATEGORY) else tuple(found)


def _single(token: str) -> Group:
    return ((token,), *_ending_in(token))


def _ending_in(word: str) -> tuple[Choice, ...]:
    """A single character asks for the things whose names end in it: 杯 for 玻璃杯."""
    return ((f"{HEAD}{word}",),) if len(word) == 1 and is_han(word) else ()
