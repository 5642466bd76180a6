"""What of a case others may see: names and numbers stripped, what is doubtful flagged; its search document."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from campus_service.core.clock import to_local
from campus_service.feedback.models import Case, PublicAnswer
from campus_service.search.engine import SearchDoc

# Ten digits and more, however grouped: student, phone, card and document numbers (PIPL 28).
_PATTERNS = {
    "mail": re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"),
    "id": re.compile(r"(?<!\d)\d{17}[\dXx](?!\w)"),
    "phone": re.compile(r"(?<!\d)(?:1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}|0\d{3}-\d{4})(?!\d)"),
    "number": re.compile(r"(?<!\d)\d(?:[ \-]?\d){7,}(?!\d)"),
    "account": re.compile(r"(?:微信|QQ|qq|vx|VX|wx)(?:号|群)?\s*[:：是]?\s*[A-Za-z0-9_-]{5,}"),
    "room": re.compile(r"\d{1,2}\s*[栋号舍楼]\s*\d{3}\s*(?:室|房|宿舍|寝室)?"),
    "name": re.compile(r"(?:我叫|我是|名叫|本人)\s*[\u4e00-\u9fff]{2,3}(?=[，,。；;、\s]|$)"),
    "person": re.compile(
        r"(?<![\u4e00-\u9fff])?[赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦许何吕张孔曹严华金魏陶姜谢邹苏潘葛范彭鲁马苗方俞任袁柳鲍史唐费薛雷贺倪汤罗毕郝安常于傅齐康伍余顾孟黄萧尹姚邵汪毛]"
        r"[\u4e00-\u9fff]{0,2}(?:老师|主任|阿姨|师傅|辅导员|教授|医生|同学)"
    ),
}
_BLANK = {
    "mail": "〔邮箱〕", "id": "〔证件号〕", "phone": "〔电话〕", "number": "〔号码〕", "account": "〔账号〕",
    "room": "〔房间〕", "name": "〔姓名〕", "person": "〔某位工作人员〕",
}  # fmt: skip


@cache
def _swear_words() -> tuple[str, ...]:
    text = files("campus_service.feedback").joinpath("data/swear_words.txt").read_text(encoding="utf-8")
    return tuple(line for line in map(str.strip, text.splitlines()) if line and not line.startswith("#"))


def flags_of(text: str) -> list[dict[str, str]]:
    """What somebody should look at before ``text`` is public: personal data and swear words, with the place."""
    found = [
        {"what": what, "text": match.group()}
        for what, pattern in _PATTERNS.items()
        for match in pattern.finditer(text)
    ]
    low = text.lower()
    return found + [{"what": "swear", "text": word} for word in _swear_words() if word in low]


def stripped(text: str) -> str:
    """``text`` with names and numbers replaced by what they are: a suggestion, an editor confirms it."""
    for what, pattern in _PATTERNS.items():
        text = pattern.sub(_BLANK[what], text)
    return text


def search_id(case: Case) -> str:
    """The case's id in the search index."""
    return f"case:{case.id}"


def search_doc(case: Case) -> SearchDoc:
    """What may be searched of a public case."""
    return SearchDoc(
        id=search_id(case),
        kind="case",
        category=case.kind.value,
        status=case.state.value,
        place=case.area,
        day=int(to_local(case.created_at).strftime("%Y%m%d")),
        sort=case.created_at.timestamp(),
        title=stripped(case.title),
        body=stripped(f"{case.body} {case.place}"),
    )


def answer_search_id(answer: PublicAnswer) -> str:
    """A public answer's id in the search index."""
    return f"answer:{answer.id}"


def answer_search_doc(answer: PublicAnswer) -> SearchDoc:
    """What may be searched of a public answer."""
    moment = answer.published_at or answer.suggested_at
    return SearchDoc(
        id=answer_search_id(answer),
        kind="answer",
        category=answer.department_code,
        status="faq" if answer.faq else "answer",
        place="",
        day=int(to_local(moment).strftime("%Y%m%d")),
        sort=moment.timestamp(),
        title=answer.title,
        body=f"{answer.question} {answer.answer}",
    )
