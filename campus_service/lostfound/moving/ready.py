"""Mappings that come with the site, which of them fits a file, and a guess for files that none fits."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources

from campus_service.core.errors import Invalid
from campus_service.core.i18n import force_locale, lazy
from campus_service.lostfound.categories import Category
from campus_service.lostfound.moving import days
from campus_service.lostfound.moving.mapping import NEEDED, Mapping, Source, as_text, folded, lookup

#: The shipped mappings, files of the folder mappings, with their names for readers.
NAMES = {"ours": lazy("本站的列名"), "lost112": lazy("韩国 Lost112"), "sncf": lazy("法国国铁 SNCF")}

KINDS = {
    "lost": "寻物 失物 丢失 遗失 挂失 丢 lost missing 분실 분실물 perdu",
    "found": "招领 拾物 拾到 捡到 捡 found 습득 습득물 trouvé",
}
# What people call the columns, the surest first; compared whole, then as a part of a longer heading.
HEADINGS = {
    "id": "编号 序号 流水号 单号 登记号 no id number ref 관리번호",
    "kind": "类型 登记类型 寻物/招领 寻物或招领 kind lost/found 구분",
    "title": "标题 物品名称 物品 名称 东西 失物名称 拾物名称 品名 title item name what 물품명",
    "category": "类别 分类 种类 物品类别 物品分类 category class type 분류",
    "place": "地点 拾到地点 丢失地点 拾取地点 捡到地点 遗失地点 位置 place location where 장소",
    "occurred_on": "日期 拾到日期 丢失日期 拾到时间 丢失时间 时间 登记时间 date when day 일자",
    "description": "描述 特征 物品特征 详情 说明 备注 description details notes 특징",
    "private_marks": "核对特征 内部备注 保密特征 核实信息 private marks internal",
    "contact": "联系方式 联系电话 电话 手机号 邮箱 contact phone email",
    "desk": "招领点 存放地点 保管地点 领取地点 保管处 desk kept at storage",
    "shelf": "架位 柜号 货架 位置编号 shelf locker bin",
    "finder_name": "拾到者 拾到人 拾物人 捡到人 拾得人 上交人 finder found by",
    "returned_on": "归还日期 领取日期 领取时间 归还时间 认领时间 returned on collected on",
}
_MANY_WORDS = {"found by", "kept at", "private marks", "returned on", "collected on"}


@cache
def ready(name: str) -> Mapping:
    """The mapping that comes under ``name``; raises Invalid for another one."""
    if name not in NAMES:
        raise Invalid({"mapping": lazy("没有这种对应关系，请从列表里选。")})
    text = resources.files(__package__).joinpath("mappings", f"{name}.toml").read_text("utf-8")
    return Mapping.model_validate(tomllib.loads(text))


@cache
def our_words() -> dict[str, dict[str, str]]:
    """The words for kinds and categories that every mapping knows: Chinese ones and the codes."""
    kinds = {folded(word): kind for kind, words in KINDS.items() for word in words.split()}
    with force_locale("zh_CN"):
        categories = {folded(str(category.label)): category.value for category in Category}
    return {"kind": kinds, "category": categories | {category.value: category.value for category in Category}}


def fitting(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> Mapping:
    """The shipped mapping whose headings are all there, else a guess by headings and by what stands in ``rows``."""
    there = set(map(folded, headings))
    if there.issuperset(NEEDED):
        return ready("ours")
    for name in NAMES:
        if all(folded(heading) in there for heading in ready(name).signature):
            return ready(name)
    return _guess(headings, rows)


def _guess(headings: Sequence[str], rows: Sequence[Sequence[object]]) -> Mapping:
    found: dict[str, Source] = {}
    free = [heading for heading in headings if heading]
    for whole in (True, False):
        for name, words in HEADINGS.items():
            column = next((heading for heading in free if _called(heading, words, whole)), "")
            if column and name not in found:
                found[name] = Source(columns=[column])
                free.remove(column)
    samples = {
        heading: [text for row in rows if at < len(row) and (text := as_text(row[at]))]
        for at, heading in enumerate(headings)
    }
    for name, fits in (("occurred_on", _is_day), ("kind", _is("kind")), ("category", _is("category"))):
        column = next((heading for heading in free if _mostly(fits, samples[heading])), "")
        if column and name not in found:
            found[name] = Source(columns=[column])
            free.remove(column)
    category = found.get("category") or Source()
    found["category"] = category.model_copy(update={"otherwise": "auto"})
    return Mapping(fields=found)


def _called(heading: str, words: str, whole: bool) -> bool:
    said = folded(heading)
    names = [name for name in _MANY_WORDS if name in words] + words.split()
    return (
        said in names
        if whole
        else any(len(name) > 1 and not name.isascii() and name in said for name in names)
    )


def _is(choice: str):  # type: ignore[no-untyped-def]
    return lambda text: bool(lookup(our_words()[choice], text))


def _is_day(text: str) -> bool:
    try:
        days.day("occurred_on", text)
    except Invalid:
        return False
    return True


def _mostly(fits, texts: Sequence[str]) -> bool:  # type: ignore[no-untyped-def]
    return len(texts) > 0 and sum(map(fits, texts)) * 5 >= len(texts) * 4
