"""The services that programs may ask for: what they are called, whose they are, what is asked besides the text.

Names are the ones a student would use; descriptions are in Chinese and English, for programs do not say who reads.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from campus_service.core.places import AREAS
from campus_service.feedback.states import Kind


class Datatype(StrEnum):
    """What an attribute's value is (GeoReport v2)."""

    STRING = "string"
    NUMBER = "number"
    DATETIME = "datetime"
    TEXT = "text"
    SINGLE = "singlevaluelist"
    MULTI = "multivaluelist"


@dataclass(frozen=True, slots=True)
class Attribute:
    """One more thing that is asked. ``private``: only the staff see it. Not ``variable``: a word to the caller."""

    code: str
    name: str
    datatype: Datatype = Datatype.STRING
    required: bool = False
    hint: str = ""
    values: tuple[tuple[str, str], ...] = ()
    private: bool = False
    variable: bool = True

    @property
    def label(self) -> str:
        """As a line of the message names it: the Chinese part."""
        return self.name.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Service:
    """Something a student may ask for; without a department a coordinator or the words decide."""

    code: str
    name: str
    description: str
    group: str
    department: str | None
    keywords: tuple[str, ...] = ()
    kind: Kind | None = None
    attributes: tuple[Attribute, ...] = ()

    @property
    def public(self) -> bool:
        """Whether its requests may be read by everybody: not what is between a person and the doctor."""
        return self.department not in ("counselling", "clinic")


_BUILDINGS = tuple(
    (area.code, area.words[0])
    for area in AREAS
    if area.code.startswith(("library", "teach", "lab", "dorm", "canteen", "gym", "student_centre"))
)
_BUILDING = Attribute(
    "building",
    "哪一栋楼 Building",
    Datatype.SINGLE,
    required=True,
    values=(*_BUILDINGS, ("other", "其他地方 Elsewhere")),
)
_FLOOR = Attribute("floor", "几楼 Floor", Datatype.NUMBER, hint="数字，例如 3 · a number")
_ROOM = Attribute("room", "房间号 Room", hint="只有维修的人看得到 · seen by staff only", private=True)
_SINCE = Attribute("since", "从什么时候开始 Since", Datatype.DATETIME, hint="2026-11-01T20:00:00+08:00")
_NUMBER = Attribute(
    "student_no", "学号 Student number", hint="只有经办人看得到 · seen by staff only", private=True
)
_DANGER = Attribute(
    "danger",
    "漏电、冒烟、爆管请立刻打保卫处 24 小时电话 0000-1110 · Sparks, smoke or a burst pipe: call 0000-1110",
    variable=False,
)
_WHAT_IS_BROKEN = Attribute(
    "what",
    "坏了什么 What is broken",
    Datatype.MULTI,
    required=True,
    values=(
        ("light", "灯 Light"),
        ("tap", "水龙头、漏水 Tap, leak"),
        ("power", "没有电 No power"),
        ("hot_water", "没有热水 No hot water"),
        ("door", "门窗、锁 Door, window, lock"),
        ("furniture", "床、桌椅 Furniture"),
        ("other", "别的 Something else"),
    ),
)
_DEVICE = Attribute(
    "device",
    "用什么上网 Device",
    Datatype.SINGLE,
    values=(("phone", "手机 Phone"), ("computer", "电脑 Computer"), ("both", "都不行 Both")),
)
_CONNECTION = Attribute(
    "connection",
    "哪一种 Connection",
    Datatype.SINGLE,
    required=True,
    values=(("wifi", "无线 Wi-Fi"), ("cable", "网口 Cable"), ("vpn", "VPN")),
)
_LESSON = Attribute("course", "课程名或课号 Course")
_CLASSROOM = Attribute("classroom", "教室 Classroom", required=True)
_CARE = Attribute(
    "care",
    "想不开、有危险时请马上打 24 小时电话 0000-1110 · In danger now: call 0000-1110",
    variable=False,
)
_TOPICS = Attribute("details", "还想说的 Anything else", Datatype.TEXT)
_Q, _R, _C, _S = Kind.CONSULTATION, Kind.REQUEST, Kind.COMPLAINT, Kind.SUGGESTION


def _of(
    department: str,
    group: str,
    name_en: str,
    *services: tuple[str, str, str, tuple[str, ...], Kind | None, tuple[Attribute, ...]],
) -> tuple[Service, ...]:
    """A department's services, and one under the department's own code for everything else."""
    named = tuple(
        Service(code, name, description, group, department, keywords, kind, attributes)
        for code, name, description, keywords, kind, attributes in services
    )
    rest = f"{group}的其他事情 · Anything else for {name_en}"
    return (*named, Service(department, f"{group}其他事项", rest, group, department, (group,)))


SERVICES: tuple[Service, ...] = (
    *_of(
        "logistics", "后勤处", "Logistics",
        ("repair", "水电维修", "灯、水、电、门窗、床桌坏了 · Lights, water, power, doors and furniture to be repaired",
         ("灯", "水龙头", "停电", "漏水", "热水", "repair"), _R, (_BUILDING, _FLOOR, _ROOM, _WHAT_IS_BROKEN, _SINCE, _DANGER)),
        ("canteen", "食堂", "饭菜、价格、卫生、窗口 · Food, prices, hygiene and service in the canteens",
         ("饭菜", "价格", "卫生", "canteen"), None, ()),
        ("shuttle", "校车", "班次、站点、司机 · Shuttle timetable, stops and drivers", ("班车", "时刻", "shuttle"), None, ()),
    ),
    *_of(
        "it_services", "信息化办公室", "IT Services",
        ("dorm_network", "宿舍网络与无线网", "断网、网速慢、连不上 · No network, slow or unreachable Wi-Fi",
         ("断网", "网速", "wifi", "校园网", "network"), _R, (_BUILDING, _ROOM, _CONNECTION, _DEVICE, _SINCE)),
        ("accounts", "统一认证与校园邮箱", "登录、密码、邮箱 · Sign-in, password, campus mail",
         ("密码", "登录", "邮箱", "account"), _R, (_NUMBER,)),
        ("campus_card", "校园卡", "补卡、圈存、余额 · Campus card: replacement, top-up, balance", ("一卡通", "补卡", "card"), _R, ()),
    ),
    *_of(
        "academic_affairs", "教务处", "Academic Affairs",
        ("courses", "选课与成绩", "选课、考试、成绩、学分 · Course choice, exams, grades, credits",
         ("选课", "考试", "成绩", "学分", "courses"), _Q, (_LESSON, _NUMBER, _TOPICS)),
        ("classroom", "教室设备", "投影、话筒、电脑、课桌 · Projector, microphone and computers of classrooms",
         ("投影", "麦克风", "多媒体", "classroom"), _R, (_CLASSROOM, _SINCE)),
        ("status", "学籍与转专业", "休学、复学、转专业、证明 · Enrolment, change of major, certificates", ("学籍", "转专业", "证明"), _Q, ()),
    ),
    *_of(
        "dormitory", "宿舍管理中心", "Dormitory Centre",
        ("room_change", "换寝与室友", "换宿舍、室友之间的事 · Change of room, matters among room-mates",
         ("换寝", "室友", "roommate"), _R, ()),
        ("dorm_rules", "门禁与宿舍管理", "门禁时间、查寝、宿管 · Closing time, inspections, dormitory staff",
         ("门禁", "宿管", "查寝", "dormitory"), _C, ()),
    ),
    *_of(
        "library", "图书馆", "the Library",
        ("loans", "借书与馆藏", "借还、预约、荐购、数据库 · Loans, reservations, purchases, databases", ("借书", "荐购", "books"), _Q, ()),
        ("seats", "座位与环境", "占座、空位、噪声、卫生 · Seats, noise and tidiness", ("占座", "座位", "吵", "seats"), _C, ()),
    ),
    *_of(
        "security", "保卫处", "Security",
        ("theft", "失窃与安全", "被偷、可疑的人、监控 · Theft, suspicious persons, cameras", ("被偷", "小偷", "监控", "theft"), _R, ()),
        ("parking", "车辆与停放", "电动车、停车、校门 · Bicycles, parking, gates", ("电动车", "停车", "校门", "parking"), None, ()),
    ),
    *_of(
        "student_affairs", "学生工作处", "Student Affairs",
        ("grants", "奖助学金评定", "评定、公示、困难认定 · Scholarships and grants: who gets them", ("奖学金", "助学金", "grant"), _Q, ()),
        ("leave", "请假与学生证", "请假、销假、学生证 · Leave and student cards", ("请假", "学生证", "leave"), _Q, ()),
    ),
    *_of(
        "finance", "财务处", "Finance",
        ("tuition", "缴费与退费", "学费、住宿费、退费 · Tuition, rent, refunds", ("学费", "退费", "缴费", "tuition"), _Q, (_NUMBER,)),
        ("payments", "到账与报销", "奖助没到账、报销、票据 · Payments not received, expenses, invoices", ("到账", "报销", "invoice"), _Q, ()),
    ),
    *_of(
        "clinic", "校医院", "the Clinic",
        ("treatment", "看病与取药", "挂号、看诊、药房、转诊 · Appointments, treatment, pharmacy", ("挂号", "药", "转诊", "clinic"), _Q, ()),
        ("insurance", "医保与疫苗", "医保报销、疫苗、体检 · Health insurance, vaccination, check-ups", ("医保", "疫苗", "insurance"), _Q, ()),
    ),
    *_of(
        "counselling", "心理健康教育中心", "the Counselling Centre",
        ("appointment", "心理咨询预约", "怎么预约、改期；私事请在网站上匿名说 · Appointments; say private things anonymously on the site",
         ("咨询", "预约", "counselling"), _Q, (_CARE,)),
        ("groups", "心理活动与讲座", "团体活动、讲座、普测 · Groups, talks, surveys", ("讲座", "团体", "groups"), _Q, ()),
    ),
    *_of(
        "career", "就业指导中心", "the Career Centre",
        ("contracts", "三方协议与派遣", "三方、档案、报到 · Contracts, files, registration", ("三方", "档案", "contract"), _Q, ()),
        ("fairs", "招聘会与指导", "双选会、宣讲会、面试 · Job fairs, talks, interviews", ("招聘会", "面试", "jobs"), _Q, ()),
    ),
    *_of(
        "youth_league", "校团委", "the Youth League",
        ("clubs", "社团与活动", "社团、场地、晚会 · Clubs, venues, events", ("社团", "场地", "clubs"), None, ()),
        ("volunteering", "志愿时长与第二课堂", "志愿时长、学分、证明 · Volunteer hours and credits", ("志愿", "第二课堂", "volunteer"), _Q, ()),
    ),
    Service(
        "other", "不知道归谁管", "说清楚就行，由事务中心分办 · Not sure whose it is: the student affairs centre passes it on",
        "学生事务服务中心", None, ("其他", "other"),
    ),
)  # fmt: skip
BY_CODE = {service.code: service for service in SERVICES}
OTHER = BY_CODE["other"]


def service_of(code: str | None, department: str | None) -> Service:
    """The service of a case: the one that was chosen, else everything else of the department that holds it."""
    return BY_CODE.get(code or "") or BY_CODE.get(department or "") or OTHER
