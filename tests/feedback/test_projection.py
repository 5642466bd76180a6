"""What is personal in a text is found and taken out; what is ordinary is left alone."""

from __future__ import annotations

import json
import time
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campus_service.feedback.projection import flags_of, stripped

PERSONAL = [
    ("我叫王小明，三教的灯不亮", "name", "我叫王小明"),
    ("我是欧阳娜娜，想问补考", "name", "我是欧阳娜娜"),
    ("姓名：阿依古丽·买买提，学号在后面", "name", "阿依古丽·买买提"),
    ("请刘老师来看看", "person", "刘老师"),
    ("谢谢王老师", "person", "王老师"),
    ("问过张阿姨也没人来修", "person", "张阿姨"),
    ("李小明同学打我", "person", "李小明同学"),
    ("电话13800001234，白天都在", "phone", "13800001234"),
    ("电话 138 0000-1234", "phone", "138 0000-1234"),
    ("联系+8613800001234", "phone", "+8613800001234"),
    ("打１３８００００１２３４找我", "phone", "１３８００００１２３４"),
    ("值班室027-87654321", "phone", "027-87654321"),
    ("身份证42010119990101001X的", "id", "42010119990101001X"),
    ("学号2026110001没有课", "number", "2026110001"),
    ("卡号 6222 0000 1111 2222", "number", "6222 0000 1111 2222"),
    ("一三八零零零零一二三四", "number", "一三八零零零零一二三四"),
    ("邮箱是lin_xm@campus.example.cn，回这里", "mail", "lin_xm@campus.example.cn"),
    ("加微信：lin_xiaoman99", "account", "微信：lin_xiaoman99"),
    ("QQ群 12345678", "account", "QQ群 12345678"),
    ("西区3栋505热水器不热", "room", "3栋505"),
    ("七号楼302室友吵", "room", "七号楼302"),
]
ORDINARY = [
    "感谢老师，谢谢辅导员的帮助", "任何同学都可以去", "关于同学们提的意见", "课程老师不在，上周老师也不在", "班主任老师说奖学金老师知道",
    "由于老师请假，语文老师代课", "我是毕业生，想问档案", "我是安徽人，坐高铁", "我是工科的，名叫双语的那门课", "高数老师讲得快",
    "2026-11-26 到 2026-12-01 放假", "2026-2027-1 学期的课表，20261126 更新", "08:00-12:00，14:00-17:30", "三教201的投影坏了",
    "3号楼301教室没有暖气", "穆斯林同学的节日", "妈妈的生日，我妈的手机", "废物利用比赛在哪报名", "智障人士通道被堵", "过去死板的规定",
    "usb接口坏了", "微信支付不能用，QQ登录也不行", "第12周第3节的实验", "一共花了123456元",
]  # fmt: skip


@pytest.mark.parametrize(("text", "what", "part"), PERSONAL)
def test_personal_data_is_found_and_taken_out(text: str, what: str, part: str) -> None:
    found = {(flag["what"], flag["text"]) for flag in flags_of(text)}
    assert [kind for kind, _text in found] == [what], found
    assert part in next(iter(found))[1]
    assert part not in stripped(text)


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_texts_are_left_alone(text: str) -> None:
    assert flags_of(text) == []
    assert stripped(text) == text


@pytest.mark.parametrize(
    "text", ["这什么傻逼规定", "真他妈的烦", "SB食堂", "What the Fuck", "妈的，又没热水"]
)
def test_swear_words_are_flagged_and_stay(text: str) -> None:
    assert [flag["what"] for flag in flags_of(text)] == ["swear"]
    assert stripped(text) == text


def test_few_of_the_labelled_messages_wait_for_a_look() -> None:
    lines = files("campus_service.feedback").joinpath("data/feedback.jsonl").read_text("utf-8").splitlines()
    texts = [f"{row['title']}\n{row['body']}" for row in map(json.loads, lines)]
    flagged = [flag for text in texts for flag in flags_of(text)]
    assert len(flagged) <= len(texts) // 25, flagged
    # All of them are a room, a number to ring, or somebody with his surname.
    assert {flag["what"] for flag in flagged} <= {"room", "phone", "person"}


around = st.text("的灯不亮在哪里，。！ \nabc", max_size=12)
digits = st.integers(0, 10**8 - 1).map(lambda n: f"{n:08d}")
secrets = st.one_of(
    st.builds("1{}{}".format, st.integers(30, 99), digits),
    st.builds("2026{}".format, st.integers(10**5, 10**6 - 1)),
    st.builds(
        "{}@{}.example".format,
        st.from_regex(r"[a-z][a-z0-9_.]{2,9}", fullmatch=True),
        st.sampled_from(["a", "bc-d"]),
    ),
)


@given(around.filter(lambda text: not text[-1:].isalnum()), secrets, around)
def test_numbers_and_addresses_are_taken_out_wherever_they_stand(
    before: str, secret: str, behind: str
) -> None:
    behind = f" {behind}"
    assert secret not in stripped(before + secret + behind)


@given(st.text(max_size=80))
def test_what_is_not_flagged_is_not_changed(text: str) -> None:
    personal = [flag for flag in flags_of(text) if flag["what"] != "swear"]
    assert (stripped(text) == text) == (not personal)
    assert all(flag["text"] in text for flag in personal)


@pytest.mark.parametrize("piece", ["1 ", "1-", "a.", "a@", "王", "我叫", "3栋", "·", "微信", "谢"])
def test_no_text_takes_long(piece: str) -> None:
    begin = time.perf_counter()
    stripped(piece * (4000 // len(piece)))
    assert time.perf_counter() - begin < 0.5
