"""Reports that nobody wrote: other people's things to lose a real pair among, for evaluation and figures."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

from campus_service.lostfound.matching.features import Text
from campus_service.lostfound.states import Kind

_COLOURS = "黑色 白色 灰色 深蓝 浅蓝 红色 粉色 绿色 黄色 紫色 棕色 米白 银色 透明 橙色 墨绿 卡其色".split()
_PLACES = (
    "图书馆1楼 图书馆2楼 图书馆三楼 图书馆4楼 图书馆五楼 图书馆自习室 第一教学楼{r} 一教{r} 第二教学楼{r} 二教{r} 第三教学楼{r} 三教{r} "
    "实验楼A座 实验楼B{r} 实验楼C座 一食堂 一食堂二楼 二食堂 二食堂二楼 三食堂 东区宿舍{n}栋 西区宿舍{n}栋 西区车棚 体育馆 体育馆更衣室 体育馆羽毛球场 "
    "田径场 田径场看台 篮球场 大学生活动中心 音乐厅 湖边步道 校医院 快递驿站 校车上 校车站 南湖校区图书馆 东湖校区正门"
).split()
_EXTRAS = (
    "有点旧了|很新|边角磕掉一块|有划痕|上面贴了{c}贴纸|挂着一个小熊|挂了个{c}毛球|系着{c}绳子|有个兔子挂件|写了名字|套着{c}保护套|"
    "里面夹着一张小票|侧面有字母|有一处掉漆|缺了一个角|贴了猫咪贴纸|挂着星星挂件|上面有学院标志|有笔迹|没有任何标记|拉链头换过|印着英文"
).split("|")
_LOST = ("{thing}丢了", "寻找{thing}", "{thing}找不到了", "丢了{thing}", "求助，{thing}不见了")
_FOUND = ("捡到{thing}", "{thing}招领", "拾到{thing}", "{place}有人落下{thing}", "{thing}一件，请来认领")
_WHERE = ("在{spot}座位上", "放在{spot}旁边", "{spot}那里", "应该是{spot}附近", "在{spot}的桌上", "从{spot}出来以后")
_SPOTS = "窗边 门口 第三排 讲台 饮水机 楼梯口 储物柜 看台 洗手池 收银台 电梯口 打印机 后排 长椅 台阶".split()
# Category → what it may be, with a brand ({b}), a colour ({c}), a number ({n}).
_THINGS: dict[str, tuple[str, str]] = {
    "campus_card": ("校园卡 一卡通 饭卡 {c}卡套的校园卡", ""),
    "id_document": ("身份证 学生证 驾驶证 社保卡", ""),
    "bank_card": ("{b}银行卡 {b}储蓄卡", "工商银行 建设银行 农业银行 中国银行 招商银行"),
    "phone": ("{c}{b}手机 {b}手机 {b}{n}", "华为 小米 苹果 OPPO vivo 荣耀 三星"),
    "computer": ("{b}笔记本电脑 {c}{b}平板 {b}电脑", "联想 华为 苹果 戴尔 惠普 华硕 小米"),
    "earphones": ("{c}{b}蓝牙耳机 {b}耳机盒 {b}头戴式耳机 {c}有线耳机", "华为 小米 AirPods 索尼 漫步者 OPPO"),
    "electronics_other": (
        "{c}{b}充电宝 {b}鼠标 {c}数据线 {b}键盘 {b}U盘 计算器 {c}充电器 拓展坞 翻页笔 小风扇",
        "小米 罗技 绿联 倍思 罗马仕 联想 华为",
    ),
    "wallet_cash": ("{c}钱包 {c}长款钱包 {c}零钱包 {c}卡包 现金{n}0元", ""),
    "bag": ("{c}{b}双肩包 {c}帆布袋 {c}斜挎包 {c}行李箱 {c}书包 {c}化妆包", "耐克 阿迪达斯 小米 无印良品 迪卡侬"),
    "keys": ("一串钥匙 钥匙{n}把 宿舍钥匙 {c}扣的钥匙 车钥匙", ""),
    "clothing": ("{c}外套 {c}{b}卫衣 {c}围巾 {c}帽子 {c}手套 {c}羽绒服 {c}校服 {c}衬衫 {c}冲锋衣", "优衣库 耐克 李宁 安踏"),
    "umbrella": ("{c}雨伞 {c}折叠伞 {c}长柄伞 {c}格子伞 {c}自动伞", ""),
    "cup_bottle": ("{c}{b}保温杯 {c}水杯 {c}运动水壶 {b}随行杯 {c}玻璃杯", "膳魔师 象印 富光 星巴克 乐扣"),
    "glasses": ("{c}框眼镜 近视眼镜 {c}墨镜 {c}眼镜盒 金属框眼镜", ""),
    "books_stationery": ("高数课本 英语词典 {c}笔袋 {c}笔记本 考研真题 {b}钢笔 小说一本 单词书", "英雄 百乐 晨光"),
    "jewellery_watch": ("{b}手表 {c}手链 银项链 {c}手环 戒指 {c}耳钉 {c}发夹", "卡西欧 小米 华为 天梭"),
    "sports": ("{b}羽毛球拍 篮球 {b}足球 {c}护膝 {c}跳绳 乒乓球拍 {c}瑜伽垫 {c}泳镜", "李宁 尤尼克斯 红双喜 斯伯丁"),
    "bicycle_scooter_access": ("{c}头盔 门禁卡 {c}车锁 {b}电动车电池 {c}自行车", "雅迪 爱玛 捷安特"),
    "medicine_cosmetics": ("{c}药盒 {b}口红 防晒霜 护手霜 眼药水 感冒药 {c}气垫", "迪奥 完美日记 花西子"),
    "other": ("{c}玩偶 {c}抱枕 快递盒 {c}吉他包 魔方 {c}U型枕 {c}收纳盒", ""),
}


def texts(count: int, first: date, last: date, seed: int = 7) -> Iterator[tuple[Kind, Text]]:
    """``count`` reports of things lost and found in turn, from ``first`` to ``last``; the same seed, the same reports."""
    dice = random.Random(seed)  # noqa: S311  # chance is no secret here
    for number in range(count):
        yield _one(dice, Kind.FOUND if number % 2 else Kind.LOST, first, (last - first).days)


def everyday(count: int = 600) -> Iterator[Text]:
    """What everybody writes: a site with few reports learns from it which words are common."""
    day = date(2026, 1, 1)
    return (text for _kind, text in texts(count, day, day))


def _one(dice: random.Random, kind: Kind, first: date, days: int) -> tuple[Kind, Text]:
    category = dice.choice(list(_THINGS))
    things, brands = _THINGS[category]

    def fill(template: str) -> str:
        return template.format(
            c=dice.choice(_COLOURS),
            b=dice.choice(brands.split()) if brands else "",
            n=dice.randint(2, 9),
            r=dice.randint(101, 509),
            spot=dice.choice(_SPOTS),
            thing="{thing}",
            place="{place}",
        )

    place, thing = fill(dice.choice(_PLACES)), fill(dice.choice(things.split(" ")))
    title = dice.choice(_LOST if kind is Kind.LOST else _FOUND).format(thing=thing, place=place)
    extras = "，".join(map(fill, dice.sample(_EXTRAS, dice.randint(1, 3))))
    description = f"{fill(dice.choice(_WHERE))}，{extras}"
    return kind, Text(title, description, category, place, first + timedelta(days=dice.randint(0, days)))
