"""Safety words first: is somebody in danger now, or is something irreversible due today; and who goes there.

Sentence by sentence: what is denied, feared, rehearsed, taught, wished for or long past does not count. Rather one
alarm too many than one too few; what remains is in dangers.py; several signs
together (signs.py) make up for what that table does not know.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from campus_service.feedback.routing import signs, urgency
from campus_service.feedback.routing.classifier import Model
from campus_service.feedback.routing.dangers import DANGERS, Danger
from campus_service.feedback.routing.text import letters
from campus_service.feedback.states import Kind

_SENTENCE = re.compile(r"[^。！？!?\n;；]+[。！？!?\n;；]*")
# It happens now, or help is asked for now.
NOW = re.compile(
    r"刚(刚|才|发)|正在|现在|此刻|这会儿|马上|立刻|立即|赶紧|赶快|快来|快点|快派|速来|急|救|来人|派人|还在|今晚|怎么办|！！|!!|sos|help|right now|urgent"
)
# Talk about danger that is not danger.
_TALK = re.compile(
    r"演练|演习|讲座|培训|宣传|海报|知识|科普|课(上|程)?(讲|教|放)|教育|预案|灭火器|消防(栓|器材|检查|课)|(小说|电影|电视剧|剧本|话剧|比赛|游戏)(里|中|的)"
)
_FEARED = re.compile(
    r"万一|如果|假如|要是|假设|以免|免得|避免|防止|预防|以防|(容易|可能|早晚|迟早)(会|要)?(引发|导致|出|造成|着|被)?|怕(会|被|将来|以后|掉|引|出|真)?|担心(以后|会)?|不然(会|就|必)?"
)
_DENIED = re.compile(
    r"(没有?|没|不是|并非|不会|从未|无|别|不用担心|未)(发生|出现|人|被|再|真的|想|要|什么|任何|造成|有)?(过)?$"
)
_PAST = re.compile(
    r"去年|前年|(?<![晚早])上(个)?(学期|学年|月|周|星期|礼拜|次|回)|往年|以前|之前|曾(经)?|那(年|时|次|天)|当时|当年|几年前|小时候|高中|大一(时|的时候)|前(几|些)(天|周|个月)|事后|后来|已经(好了|修好|处理|解决|康复|出院)|多亏|幸亏|\d+月\d+[日号]"
)
_IDEA = re.compile(
    r"建议|希望(能|学校|以后|今后|可以)?|能不能(增|加|装|设|多|统一|办|出|改|定期)|是否可以(增|加)|最好(能|在)"
)
_GRATEFUL = re.compile(r"感谢|谢谢|表扬|点赞|夸|辛苦|给力|好评|太负责|暖心")


@dataclass(frozen=True, slots=True)
class Alarm:
    """Why a message is urgent: the danger, who goes there (None: by content), and the words that say so."""

    danger: str
    department: str | None
    words: tuple[str, ...]
    firm: bool = True


def alarm(title: str, body: str, kind: str = "") -> Alarm | None:
    """The first danger that a message speaks of as present, in the order of the table."""
    sentences = _sentences(title, body)
    whole = ["，".join(sentences)]
    thanks = _thanks(title, body, kind)
    pressing = any(NOW.search(sentence) for sentence in sentences)
    for danger in DANGERS:
        for at, sentence in enumerate(whole if danger.across else sentences):
            words = _said(danger, sentence, pressing and not _IDEA.search(sentence))
            if words and not _harmless(danger, whole if danger.across else sentences, at, words, thanks):
                return Alarm(danger.name, danger.department, (words,), danger.firm)
    return None if thanks else _by_signs(f"{letters(title)}\n{letters(body)}")


def learnt(model: Model, title: str, body: str, kind: str = "") -> Alarm | None:
    """What neither words nor signs tell, but the classifier of urgency hears."""
    chance = model.urgency.chance(title, body)
    if chance < urgency.URGENT or _thanks(title, body, kind):
        return None
    heard = urgency.hear(title, body)
    danger = heard.danger if chance >= urgency.CERTAIN and not {"today", "due"} <= heard.loud.keys() else ""
    return Alarm("learnt", urgency.DEPARTMENTS.get(danger), heard.words.get(danger, ()), firm=False)


def _thanks(title: str, body: str, kind: str) -> bool:
    """Whether the message is there to thank somebody; never by its kind alone, which may have been guessed."""
    return bool(_GRATEFUL.search(letters(f"{title}\n{body}" if kind == Kind.PRAISE else title)))


def _by_signs(text: str) -> Alarm | None:
    """What the table does not know, when enough signs come together."""
    total, department, words = signs.weigh(text)
    return Alarm("signs", department or None, words, firm=False) if total >= signs.ENOUGH else None


def _sentences(title: str, body: str) -> list[str]:
    """Title and sentences; two neighbours are also read together, as a danger may be told in two."""
    low = letters(body)
    parts = [found.group() for found in _SENTENCE.finditer(low)]
    head = letters(title)
    return [part for part in (head, *parts) if part.strip()]


@cache
def _patterns(danger: Danger) -> tuple[re.Pattern[str], re.Pattern[str] | None, re.Pattern[str] | None]:
    return (
        re.compile(danger.sure),
        re.compile(danger.likely) if danger.likely else None,
        re.compile(danger.unless) if danger.unless else None,
    )


def _said(danger: Danger, sentence: str, pressing: bool) -> str:
    """The words of ``sentence`` that speak of the danger, if any are not denied."""
    sure, likely, unless = _patterns(danger)
    if unless and unless.search(sentence):
        return ""
    for pattern in (sure, likely if pressing else None):
        for found in pattern.finditer(sentence) if pattern else ():
            if not _DENIED.search(sentence[max(0, found.start() - 6) : found.start()]):
                return found.group()
    return ""


def _harmless(danger: Danger, sentences: list[str], at: int, words: str, thanks: bool) -> bool:
    """Whether the sentence only talks of the danger."""
    sentence = sentences[at]
    if danger.name == "deadline":
        return thanks
    before = sentence[: sentence.find(words)]
    personal = danger.name in ("self_harm", "roof")
    if personal:
        return bool(_TALK.search(sentence)) or (thanks and bool(_PAST.search(" ".join(sentences))))
    if thanks:
        return True
    now = any(NOW.search(each) for each in sentences)
    if _TALK.search(sentence) or (_FEARED.search(before[-12:]) and not now):
        return True
    return not now and bool(_PAST.search(sentence) or _IDEA.search(" ".join(sentences)))
