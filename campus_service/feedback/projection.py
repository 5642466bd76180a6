"""What of a case others may see: names and numbers stripped, what is doubtful flagged; its search document."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from campus_service.core.clock import to_local
from campus_service.feedback.models import Case, PublicAnswer
from campus_service.search.engine import SearchDoc

# The hundred commonest surnames; one that mostly ends another word counts only where it does not (关于同学, 感谢老师).
_SURNAME = (
    "(?:[王刘陈杨黄赵吴徐孙马朱胡郭罗郑梁唐冯董萧曹袁邓傅沈曾彭吕苏卢蒋蔡魏薛阎潘杜戴夏钟汪姜范姚谭廖邹熊陆郝孔崔邱秦顾侯"
    "邵孟龙雷贺倪汤毛俞葛尹易乔赖龚庞樊殷翟涂欧柳鲍费岑]|(?<!行)李|(?<![斯树园森山竹])林|(?<![紧夸一两几])张|(?<![一两每上下本双单几这整隔前后])周"
    "|(?<![对关由属至位处限等大小])于|(?<![任如为])何|(?<![提])高|(?<![感谢多致答])谢|(?<![也允或])许|(?<![历])史|(?<![健])康"
    "|(?<![保治公])安|(?<![课工教流编日过进])程|(?<![其业多])余|(?<![校对地官双各厂一])方|(?<![主责])任(?![何课务])|(?<![经平日非通])常"
    "|(?<![学基资现])金|(?<![设实措])施|(?<![交花收退省多付])钱|(?<![阶手时片])段|欧阳|司马|诸葛|上官)"
)
_GIVEN = "[^\\W\\da-zA-Z_的谢数原工设科课管修语体学院系楼室班级组务业习是在有和与了每派处老师同主]"
_TITLE = "(?:老师|主任|阿姨|师傅|辅导员|教授|医生|同学|处长|科长|院长|书记|班长|学[姐长弟妹]|大爷|叔叔)"
_NO_NAME = "(?!毕业|安徽|安全|金融|常[州年客]|马上|方便|高[三中年职]|黄冈|江苏|程序|于是|许多|何时|任课|史学)"
# Whatever can be followed home: PIPL 28. Each only where an ordinary text does not have it; first found counts.
_PATTERNS = {
    "mail": re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
    "account": re.compile(
        r"(?:微信|薇信|v信|(?<![a-z])(?:QQ|vx|wx|wechat))(?:号|群)?\s*[:：是]?\s*[A-Za-z0-9][A-Za-z0-9_-]{4,}",
        re.IGNORECASE,
    ),
    "id": re.compile(r"(?<!\d)\d{17}[\dXx](?![\dA-Za-z])"),
    "phone": re.compile(
        r"(?<!\d)(?:(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}|0\d{2,3}-\d{4}(?:\d{3,4})?)(?!\d)"
    ),
    # Eight digits and more, however grouped, but no day (2026-11-26, 20261126) and no school year (2026-2027-1).
    "number": re.compile(
        r"(?<!\d)(?!20\d\d-(?:\d{1,2}-\d{1,2}|20\d\d)|20\d\d(?:0[1-9]|1[0-2])[0-3]\d(?!\d))\d(?:[ -]?\d){7,}(?!\d)"
        r"|[〇零一二三四五六七八九]{8,}"
    ),
    "room": re.compile(
        r"[\d一二三四五六七八九十]{1,3}\s*(?:栋|号楼|号宿舍|舍|号|楼)\s*\d{3,4}(?!\d|[教会办]|实验|机房|窗口)(?:室|房|宿舍|寝室)?"
    ),
    "name": re.compile(
        rf"(?:我叫|名叫|姓名[:：是]?)\s*{_NO_NAME}{_SURNAME}[\u4e00-\u9fff]{{1,2}}(?=[^\w]|$)"
        rf"|(?:我是|本人)\s*{_NO_NAME}{_SURNAME}[\u4e00-\u9fff]{{1,2}}(?=[，,。；;、\s]|$)"
        r"|[\u4e00-\u9fff]{2,6}·[\u4e00-\u9fff]{2,6}"
    ),
    "person": re.compile(rf"{_SURNAME}{_GIVEN}{{0,2}}{_TITLE}"),
}
_BLANK = {
    "mail": "〔邮箱〕", "id": "〔证件号〕", "phone": "〔电话〕", "number": "〔号码〕", "account": "〔账号〕",
    "room": "〔房间〕", "name": "〔姓名〕", "person": "〔某位工作人员〕",
}  # fmt: skip
# Full-width digits, letters and @ as half-width ones, character by character.
_HALF = {code: code - 0xFEE0 for code in (*range(0xFF10, 0xFF5B), 0xFF0B)}


@cache
def _swear_words() -> re.Pattern[str]:
    text = files("campus_service.feedback").joinpath("data/swear_words.txt").read_text(encoding="utf-8")
    return re.compile("|".join(line for line in text.splitlines() if line and not line.startswith("#")))


def _personal(text: str) -> list[tuple[int, int, str]]:
    """Where something personal begins and ends, and what it is; in order, none within another."""
    found: list[tuple[int, int, str]] = []
    rest = text.translate(_HALF)
    for what, pattern in _PATTERNS.items():
        found += [(*match.span(), what) for match in pattern.finditer(rest)]
        rest = pattern.sub(lambda match: "\n" * len(match.group()), rest)
    return sorted(found)


def flags_of(text: str) -> list[dict[str, str]]:
    """What somebody should look at before ``text`` is public: personal data and swear words, with the place."""
    found = [{"what": what, "text": text[start:end]} for start, end, what in _personal(text)]
    swearing = dict.fromkeys(match.group() for match in _swear_words().finditer(text.lower()))
    return found + [{"what": "swear", "text": word} for word in swearing]


def stripped(text: str) -> str:
    """``text`` with names and numbers replaced by what they are: a suggestion, an editor confirms it."""
    for start, end, what in reversed(_personal(text)):
        text = text[:start] + _BLANK[what] + text[end:]
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
