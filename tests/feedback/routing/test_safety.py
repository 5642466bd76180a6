"""Safety words: danger now is urgent and goes to those who can help; talk about danger is not."""

from __future__ import annotations

import pytest

from campus_service.feedback.routing import examples, training
from campus_service.feedback.routing.evaluation import Asked
from campus_service.feedback.routing.examples import Example
from campus_service.feedback.routing.safety import alarm
from campus_service.feedback.routing.urgency import URGENT

DANGERS = {
    "security": (
        "宿舍楼道里全是烟，有人喊着火了，我们在五楼下不去",
        "食堂后厨一股煤气味，管子好像漏了",
        "有人在教学楼里挥着一把水果刀",
        "从操场出来有个男的一路跟着我，我不敢回宿舍",
        "电梯停在七楼和八楼之间，里面三个人出不来",
        "小偷还在楼里，刚撬了我们寝室的锁",
        "there is a man with a knife in dorm 5",
        "實驗樓著火了，濃煙很大",
    ),
    "counselling": (
        "我真的不想活了",
        "室友吞了半瓶安眠药，叫不太醒",
        "觉得活着没什么意思，遗书已经写好了",
        "她手腕上有新的伤口，还在流血，说疼了才舒服",
        "i want to die, nobody would notice",
    ),
    "clinic": (
        "同学跑完步突然晕倒，叫不醒",
        "吃了花生喉咙肿了，呼吸困难",
        "鼻血流了半小时止不住",
    ),
    "logistics": (
        "插座冒火花，有焦糊味",
        "五楼水管爆了，水已经流到走廊",
        "吊顶塌了一块，另外一块随时会掉下来",
    ),
    "student_affairs": ("室友昨晚出去到现在没回来，电话关机，家里也联系不上",),
}
HARMLESS = (
    "建议给每层楼配灭火器，万一着火来不及",
    "去年实验楼冒烟大家都不知道往哪跑，希望多组织消防演练",
    "想参加心肺复苏急救培训，怎么报名",
    "早八困得想死，能不能晚点上课",
    "作业多到想跳楼，能不能少布置点",
    "上次晕倒的时候校医很负责，谢谢医生",
    "打印店的机器没反应",
    "反诈讲座讲得真好，我差点被骗",
    "想问今天图书馆几点关门",
    "学生会纳新什么时候截止",
    "电动车乱停堵住了消防通道",
    "燃气公司什么时候来校招",
    "账号被锁定，提示密码错误多次",
    "水龙头漏水，麻烦来修",
)
DUE = (
    "退费通道今晚十二点关闭，我的页面一直打不开",
    "考研报名确认今天最后一天，我的照片一直审核不过",
    "明天早上八点就考试了，准考证打印不出来",
    "奖学金异议今天下午5点截止，系统里提交不了",
)


@pytest.mark.parametrize(
    ("department", "text"), [(code, text) for code, texts in DANGERS.items() for text in texts]
)
def test_danger_is_urgent_and_goes_to_those_who_can_help(department: str, text: str) -> None:
    found = alarm("", text)
    assert found is not None
    assert found.department == department
    assert found.words


@pytest.mark.parametrize("text", HARMLESS)
def test_talk_about_danger_is_not_danger(text: str) -> None:
    assert alarm("", text) is None


@pytest.mark.parametrize("text", DUE)
def test_what_cannot_be_made_good_tomorrow_is_urgent_and_goes_by_its_content(text: str) -> None:
    found = alarm("", text)
    assert found is not None
    assert found.danger == "deadline"
    assert found.department is None


def test_thanks_for_a_rescue_are_no_alarm_but_a_farewell_with_thanks_is() -> None:
    assert alarm("感谢维修师傅", "周日晚上水管爆了，师傅二十分钟就到", "praise") is None
    assert alarm("谢谢大家", "遗书写好了，谢谢你们照顾，再见", "praise") is not None


def test_none_of_the_known_urgent_messages_is_missed(shipped_examples: list[Example]) -> None:
    missed = [
        one.id for one in shipped_examples if one.urgent and alarm(one.title, one.body, one.kind) is None
    ]
    assert missed == []


def test_none_of_the_unseen_urgent_messages_is_missed_and_most_alarms_are_true(unseen: list[Asked]) -> None:
    alarms = [one for one in unseen if one.routing.urgent]
    assert [one.example.id for one in unseen if one.example.urgent and not one.routing.urgent] == []
    assert sum(one.example.urgent for one in alarms) >= 0.55 * len(alarms)


def test_at_most_one_calm_message_in_twenty_is_called_urgent(cross_validated: list[Asked]) -> None:
    calm = [one for one in cross_validated if not one.example.urgent]
    assert sum(one.routing.urgent for one in calm) <= 0.05 * len(calm)


def test_alarms_in_words_it_never_heard_are_heard(shipped_examples: list[Example]) -> None:
    """Every fourth of the shipped alarms is kept from training, and found all the same."""
    told = examples.alarms()
    kept, learnt = told[::4], [one for at, one in enumerate(told) if at % 4]
    trained = training.urgency_of(shipped_examples, learnt)
    urgent = [text for text, is_urgent in kept if is_urgent]
    heard = [text for text in urgent if alarm("", text) or trained.chance("", text) >= URGENT]
    assert len(heard) >= 0.95 * len(urgent), set(urgent) - set(heard)
    calm = [text for text, is_urgent in kept if not is_urgent]
    rung = [text for text in calm if alarm("", text) or trained.chance("", text) >= URGENT]
    assert len(rung) <= 0.25 * len(calm), rung
