"""The campus by area: what the place list offers, and which area a free text means."""

from __future__ import annotations

from dataclasses import dataclass

from campus_service.core.i18n import LazyString, lazy


@dataclass(frozen=True, slots=True)
class Area:
    """A building or ground; ``words`` are how people write it."""

    code: str
    label: LazyString
    words: tuple[str, ...]


def _area(code: str, label: LazyString, *words: str) -> Area:
    return Area(code, label, words)


AREAS = (
    _area("library_south", lazy("南湖校区图书馆"), "南湖校区图书馆", "南湖图书馆"),
    _area("library", lazy("图书馆"), "图书馆", "图书室", "阅览室", "library"),
    _area("teach1", lazy("第一教学楼"), "第一教学楼", "一教"),
    _area("teach2", lazy("第二教学楼"), "第二教学楼", "二教"),
    _area("teach3", lazy("第三教学楼"), "第三教学楼", "三教"),
    _area("lab", lazy("实验楼"), "实验楼", "实验室"),
    _area("canteen1", lazy("一食堂"), "一食堂", "第一食堂"),
    _area("canteen2", lazy("二食堂"), "二食堂", "第二食堂"),
    _area("canteen3", lazy("三食堂"), "三食堂", "第三食堂"),
    _area("dorm_east", lazy("东区宿舍"), "东区"),
    _area("dorm_west", lazy("西区宿舍"), "西区"),
    _area("gym", lazy("体育馆"), "体育馆", "游泳馆", "羽毛球馆", "健身房"),
    _area("track", lazy("田径场"), "田径场", "操场"),
    _area("court", lazy("篮球场"), "篮球场", "球场"),
    _area("student_centre", lazy("大学生活动中心"), "大学生活动中心", "大活", "活动中心"),
    _area("concert", lazy("音乐厅"), "音乐厅"),
    _area("lake", lazy("湖边步道"), "湖边", "环湖", "步道"),
    _area("clinic", lazy("校医院"), "校医院", "医院"),
    _area("parcel", lazy("快递驿站"), "快递", "驿站"),
    _area("bus", lazy("校车与校车站"), "校车", "候车亭"),
    _area("gate", lazy("校门"), "正门", "校门", "东门", "西门", "南门", "北门"),
    _area("other", lazy("校内其他地方")),
)
BY_CODE = {area.code: area for area in AREAS}


def area_of(text: str) -> str:
    """The code of the area that ``text`` names first; "other" when none is recognised."""
    low = text.lower()
    found = [(low.find(word), -len(word), area.code) for area in AREAS for word in area.words if word in low]
    return min(found)[2] if found else "other"


def area_label(code: str) -> LazyString:
    """The area's name for readers."""
    return BY_CODE.get(code, BY_CODE["other"]).label


# What the place field offers while typing (a datalist; anything else may be typed).
SUGGESTIONS = (
    "图书馆一楼", "图书馆1楼咖啡角", "图书馆2楼", "图书馆3楼", "图书馆4楼", "图书馆5楼", "图书馆6楼", "第一教学楼", "第二教学楼",
    "第三教学楼", "实验楼A座", "实验楼B座", "实验楼C座", "一食堂", "二食堂", "三食堂", "东区宿舍", "西区宿舍", "西区车棚", "体育馆",
    "体育馆游泳池", "体育馆羽毛球场", "田径场", "篮球场", "大学生活动中心", "音乐厅", "湖边步道", "校医院", "快递驿站", "校车站", "校车上",
    "南湖校区图书馆", "东湖校区正门",
)  # fmt: skip
