"""Signs of danger: words that are harmless one by one and an alarm together, for what the table of dangers does not know.

Each group counts once; groups that say that it happens now, or that somebody is afraid, add to it; advice,
thanks and what is long past take away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

ENOUGH = 2.0


@dataclass(frozen=True, slots=True)
class Sign:
    """A group of words, how much it weighs, and who would go there (empty: it says nothing about that)."""

    department: str
    weight: float
    pattern: re.Pattern[str]


def _sign(department: str, weight: float, pattern: str) -> Sign:
    return Sign(department, weight, re.compile(pattern))


SIGNS = (
    _sign(
        "security",
        1.5,
        r"着了(?!凉|迷|急|魔)|烧了(?!水|菜|饭)|在烧|引燃|火(很|挺|好|越来越|势)大|火星|火光|炸了|爆了(?!仓|满)|\bfire\b|\bburn",
    ),
    _sign("security", 1, r"烟味|焦味|糊味|烧塑料|塑料味|烫手|冒(白|黑|青)"),
    _sign("security", 1, r"刺鼻|怪味|异味|有毒|毒气|挥发"),
    _sign("clinic", 1, r"头晕|恶心|不舒服|发软|冒(冷)?汗|发抖|脸色|站不(稳|住|起)|走不(动|了)"),
    _sign("logistics", 1, r"进水|泡着|泡在|脚踝|膝盖深|瀑布|涌|往下(冲|淌|流|灌)|淹"),
    _sign(
        "logistics",
        1,
        r"掉(下|落)(?!.{0,3}(灰|渣|皮))|掉在|(?<!撞)倒(了|下|塌)(?!霉|胃口)|断裂|断开|塌|裂(开|了)|悬(着|在|空)|失灵|溜车|松动",
    ),
    _sign(
        "security",
        1,
        r"砸(到|中|在|伤|下)|压(到|住|伤)|(掉|摔|落|跳|坠)(下|进|到|落)(去|来|湖|水|坑|井|楼)|从.{0,3}楼.{0,4}(掉|摔|坠|落)",
    ),
    _sign(
        "clinic",
        1,
        r"受伤|(?<!忧)伤(到|了|口|势)|流血|出血|血迹|骨折|烫到|咬(了|伤|人)|昏|晕(?!车|头)|抽筋|抽动|呕吐|吐(了|血|得)|发烧|高烧|疼得|痛得|剧痛|中毒|吃了.{0,6}(很多|好多|一堆|一整?瓶)药|pills|pass(ed)? out|injur|wake up",
    ),
    _sign(
        "security",
        1,
        r"闯(进|入)|翻(东西|柜|窗|墙)|砸.{0,8}(门|窗|玻璃|车)|踹|撞门|撬|尾随|骂骂咧咧|追(着|赶|打)|堵(着|在|住)(?!了?消防|车)|拦(着|住|在)|不让(我|我们|她|他)?(走|出|离开)|围(着|住|在)",
    ),
    _sign(
        "security",
        1.5,
        r"威胁|敲诈|要挟|裸(照|聊|体)|私密(照|视频)|扒.{0,3}(衣|裤)|录(视频|像).{0,12}(发|传|不让|威胁)|(不给|不转|不打).{0,3}钱.{0,4}就|逼(我|她|他|迫)(?!签|填|办)|侵犯|凌辱|霸凌|偷窥|伸.{0,6}(手机|镜头|摄像)|往.{0,6}身上泼",
    ),
    _sign(
        "security",
        1,
        r"刀|棍|板凳|酒瓶|打(我|人|他|她|了起来)|抢(了|劫|走)|醉|发酒疯|手持|凶器|陌生(男|人)|不认识的|可疑|鬼鬼祟祟",
    ),
    _sign("logistics", 1.5, r"疯狗|恶犬|野狗.{0,6}(咬|追|扑)|狗.{0,6}(追着|扑|咬)|毒蛇|野猪"),
    _sign("security", 1, r"刹车|车祸|撞(上|到|了|倒|飞)|碾|翻车|高压|电缆|电线|触电"),
    _sign("security", 1, r"湖|河里|水里|冰面|泳池|游泳"),
    _sign("security", 1, r"上不来|沉下|扑腾|呛水|爬不(上|出)|出不(来|去)|下不(来|去)"),
    _sign(
        "counselling",
        2,
        r"做?傻事|(世界|世上|这里).{0,4}没有我|没有我.{0,6}(会|就)?(更|也许)?好|希望.{0,5}(没醒|不醒|别醒|不要醒)|永远(睡|不醒|离开)|生无可恋|一走了之|活不了|没有活|没必要活|看不到(任何)?希望|彻底绝望",
    ),
    _sign(
        "counselling",
        1,
        r"绝望|崩溃|对不起|不想(再)?(继续|活|坚持)|留(了|下).{0,4}(信|纸条|字条).{0,6}(走|消失|不见|没)|写好了|拉黑.{0,3}所有|密码.{0,4}(告诉|给了|发给)|不吃不喝|没有希望|没有意义|累赘|太累了|撑不",
    ),
    _sign("security", 0.5, r"有人|男的|男生|女生|同学|室友|somebody|someone|roommate"),
    # Electricity and water, or a fire that has been seen, need no other sign.
    _sign(
        "logistics",
        2,
        r"(插座|插排|插线板|电箱|配电|电线|电器).{0,6}(泡|淹|进水|湿)|突然.{0,6}(烧|焦|糊|煤气).{0,4}味",
    ),
    _sign(
        "security",
        2,
        r"(纸箱|垃圾|被子|窗帘|柜子|床|房间|厨房|楼|车|草|树|电池|充电).{0,4}(着|烧)(了|起来|着)(?!水|菜|饭|急|迷)|敲诈|要挟|(不给|不转|不打)钱.{0,6}(就|发|曝|传)|(拉黑|删除?)了?(所有|全部).{0,10}(走|信|消失)|took.{0,20}pills|won'?t wake",
    ),
    _sign("", 0.75, r"害怕|好怕|很怕|不敢|吓(坏|死|得|哭)|危险|救|报警|110|120|119|保安|派人|来人|help|send"),
    _sign("", 0.5, r"刚(才|刚)|正在|现在|马上|赶紧|快来|急(?!诊|救)|！|!!|还在|正(往|在)|一直|突然|今晚|now"),
)
DAMPING = (
    (
        1.5,
        re.compile(
            r"建议|希望(?!.{0,5}(没醒|不醒|别醒))|请问|想问|咨询|能否|可否|为什么|多少钱|什么时候|有没有.{0,12}(吗|呢|课)"
        ),
    ),
    (
        1.0,
        re.compile(
            r"去年|上(个)?(学期|学年|月|周|星期|次)|以前|之前|曾经|经常|总是|每(次|天|晚|周)|老是|好几次|第[二三四五六]次|昨天|前(天|几天)|\d+月\d+"
        ),
    ),
    (2.0, re.compile(r"感谢|谢谢(?!.{0,6}照顾)|表扬|点赞|演练|演习|讲座|培训|宣传|比赛|电影|小说|游戏|好评")),
)


def weigh(text: str) -> tuple[float, str, tuple[str, ...]]:
    """How much sounds like danger, who would go there, and the words that sound so; ``text`` is normalised."""
    total, heaviest, department = 0.0, 0.0, ""
    words: list[str] = []
    for sign in SIGNS:
        found = sign.pattern.search(text)
        if not found:
            continue
        total += sign.weight
        if sign.department and sign.weight >= 1:
            words.append(found.group())
            if sign.weight > heaviest:
                heaviest, department = sign.weight, sign.department
    total -= sum(weight for weight, pattern in DAMPING if pattern.search(text))
    return total, department, tuple(words)
