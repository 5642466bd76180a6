"""Whatever can be found can be followed: its page, its notice and its mail speak of just that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from campus_service.bulletin import service as bulletin
from campus_service.bulletin.commands import Correct
from campus_service.bulletin.importing import import_file
from campus_service.core.db import db, transaction
from campus_service.core.i18n import force_locale
from campus_service.feedback import service as feedback
from campus_service.feedback.commands import PublishAnswer
from campus_service.following import service
from campus_service.notifications import kinds
from campus_service.notifications.models import DemoMail, Notification
from campus_service.search import words
from campus_service.search.commands import SaveWords
from campus_service.search.sources import sources
from tests.bulletin.stories import EVENT, online, published
from tests.bulletin.test_importing import FAIR, jsonl
from tests.conftest import Cast, Person
from tests.feedback.queue import suggestion
from tests.feedback.stories import routed, sent
from tests.following.stories import kept
from tests.following.test_matching import told
from tests.guide.stories import guide
from tests.lostfound.stories import held, lost

Work = Callable[[], int]
SignIn = Callable[[FlaskClient, Person], FlaskClient]
THINGS = ("招领", "寻物", "一件")


@pytest.fixture
def people(people: Cast) -> Cast:
    """The cast with those who make articles and answers."""
    for name in ("writer", "editor", "reviewer", "chief", "coordinator", "officer"):
        getattr(people, name)
    return people


def _article(people: Cast) -> str:
    publication = online(people, title="晨跑路线怎么选")
    return f"/compass/online/{publication.slug}"


def _event(people: Cast) -> str:
    publication = online(people, **EVENT | {"title": "晨跑打卡说明会"})
    return f"/compass/online/{publication.slug}"


def _guide(_people: Cast) -> str:
    return f"/guide/{guide(title='晨跑打卡补登')}"


def _case(people: Cast) -> str:
    return f"/feedback/{sent(people.zhou, title='晨跑打卡机坏了', consent=True)}"


def _answer(people: Cast) -> str:
    id = suggestion(people)
    with transaction():
        command = PublishAnswer(title="晨跑打卡记不上怎么办", question="记不上", answer="找体育部补登")
        feedback.publish_answer(people.coordinator.actor, id, command)
    return f"/feedback/answers/{id}"


def _found(people: Cast) -> str:
    return f"/lost-found/{held(people, title='晨跑打卡手环')}"


def _lost(people: Cast) -> str:
    return f"/lost-found/{lost(people.zhou, title='晨跑打卡手环')}"


MAKERS = {
    "article": _article,
    "event": _event,
    "guide": _guide,
    "case": _case,
    "answer": _answer,
    "found": _found,
    "lost": _lost,
}


def _mail(person: Person) -> DemoMail:
    return db.session.scalars(select(DemoMail).where(DemoMail.to == person.email)).one()


def _all_of(notices: list[Notification]) -> set[str]:
    return {notice.link for notice in notices}


@pytest.mark.parametrize("kind", MAKERS)
def test_who_follows_a_kind_is_told_of_it_with_its_own_page(people: Cast, work: Work, kind: str) -> None:
    kept(people.wu, q="晨跑", kind=kind)
    page = MAKERS[kind](people)
    work()
    assert _all_of(told(people.wu)) == {page}


@pytest.mark.parametrize("kind", [kind for kind in MAKERS if kind not in ("found", "lost")])
def test_what_is_no_thing_is_not_spoken_of_as_one(people: Cast, work: Work, kind: str) -> None:
    kept(people.wu, q="晨跑", kind=kind)
    MAKERS[kind](people)
    work()
    mail = _mail(people.wu)
    (source,) = [source for source in sources() if source.kind == kind]
    assert f"有新的{source.label}对上了你的关注：晨跑" in mail.subject
    assert "你在关注 “晨跑”" in mail.body
    assert not [word for word in THINGS if word in mail.subject + mail.body]


def test_who_follows_everything_is_told_of_each_kind(people: Cast, work: Work) -> None:
    kept(people.wu, q="晨跑", kind="")
    pages = {make(people) for make in MAKERS.values()}
    work()
    assert _all_of(told(people.wu)) == pages


def test_who_follows_one_kind_is_not_told_of_another(people: Cast, work: Work) -> None:
    kept(people.wu, q="晨跑", kind="article")
    for kind, make in MAKERS.items():
        if kind not in ("article", "event"):
            make(people)
    work()
    assert told(people.wu) == []


def test_an_event_is_told_to_who_follows_articles(people: Cast, work: Work) -> None:
    kept(people.wu, q="晨跑", kind="article")
    page = _event(people)
    work()
    assert _all_of(told(people.wu)) == {page}


def test_every_source_can_be_followed_as_it_is(
    client: FlaskClient, people: Cast, sign_in: SignIn, work: Work
) -> None:
    for source in sources():
        kept(people.wu, q="晨跑", kind=source.kind)
    kept(people.wu, q="晨跑", kind="")
    made = [make(people) for make in MAKERS.values()]
    work()
    html = sign_in(client, people.wu).get("/me/following").text
    assert "全部 · " in html
    for source in sources():
        assert f"{source.label} · " in html
    assert html.count("/search?q=%E6%99%A8%E8%B7%91") == len(sources()) - 1
    assert [page for page in made if f'href="{page}"' not in html] == []


def test_one_s_own_article_case_and_answer_are_no_news(people: Cast, work: Work) -> None:
    for person in (people.writer, people.zhou, people.lin):
        kept(person, q="晨跑", kind="")
    _article(people)
    _case(people)
    _answer(people)
    work()
    assert len(told(people.writer)) == len(told(people.zhou)) == len(told(people.lin)) == 2


# --- told once, when it is new ------------------------------------------------------------------------------------


def test_a_correction_is_no_news(people: Cast, work: Work) -> None:
    early = online(people)
    work()
    kept(people.wu, q="社团招新", kind="article")
    kept(people.wu, q="周五", kind="article")
    with transaction():
        bulletin.correct(
            people.editor.actor, early.article_id, Correct(wrong="周六、周日", right="周五、周六")
        )
    work()
    assert told(people.wu) == []


def test_an_article_that_was_online_is_no_news_when_its_issue_comes_out(people: Cast, work: Work) -> None:
    early = online(people)
    work()
    kept(people.wu, q="社团招新", kind="article")
    published(people, early.article_id)
    work()
    assert told(people.wu) == []


def test_an_archive_that_is_taken_over_is_told_to_nobody(people: Cast, work: Work, tmp_path: Path) -> None:
    kept(people.wu, q=FAIR["title"], kind="article")
    import_file(jsonl(tmp_path, FAIR))
    work()
    assert told(people.wu) == []


def test_what_is_done_about_a_case_is_no_news(people: Cast, work: Work) -> None:
    no = routed(people, consent=True)
    work()
    kept(people.wu, q="感应灯", kind="case")
    with transaction():
        feedback.accept(people.officer.actor, no)
    work()
    assert told(people.wu) == []


# --- the daily mail -----------------------------------------------------------------------------------------------


def test_the_daily_mail_says_what_each_search_is_for(people: Cast, work: Work) -> None:
    kept(people.wu, q="晨跑", kind="article", rhythm="daily")
    kept(people.wu, q="晨跑", kind="", rhythm="daily")
    _article(people)
    _guide(people)
    work()
    with transaction():
        assert service.digest() == 1
    work()
    mail = _mail(people.wu)
    assert "“晨跑”（指南针文章）：1 条" in mail.body
    assert "“晨跑”（全部）：2 条" in mail.body
    assert not [word for word in THINGS if word in mail.subject + mail.body]


# --- words of the staff -------------------------------------------------------------------------------------------


def _words(people: Cast, line: str) -> None:
    with transaction():
        words.save(people.admin.actor, SaveWords.model_validate({"line": line}))


def test_words_of_the_staff_count_as_soon_as_they_are_saved(people: Cast, work: Work) -> None:
    kept(people.wu, q="北门小超市", kind="found")
    held(people, title="教育超市的会员卡", category="other")
    work()
    assert told(people.wu) == []
    _words(people, "北门小超市,教育超市")
    held(people, title="教育超市的积分卡", category="other")
    work()
    assert [notice.params["title"] for notice in told(people.wu)] == ["教育超市的积分卡"]


def test_words_that_the_staff_switch_off_no_longer_count(people: Cast, work: Work) -> None:
    kept(people.wu, q="耳机", kind="found")
    held(people, title="AirPods 左耳一只", category="earphones")
    work()
    assert len(told(people.wu)) == 1
    _words(people, "-耳机,airpods")
    assert words.reader()("耳机") == words.plan("耳机")
    assert "airpods" not in str(words.reader()("耳机").groups)


def test_a_query_is_understood_once_while_the_words_stay(people: Cast) -> None:
    first = words.reader()("黑色雨伞")
    assert words.reader()("黑色雨伞") is first
    _words(people, "北门小超市,教育超市")
    assert words.reader()("黑色雨伞") is not first


# --- notices of before --------------------------------------------------------------------------------------------


def test_a_notice_of_before_still_reads(people: Cast) -> None:
    params = {"query": "围巾", "kind": "found", "category": "", "area": "", "title": "黑红格子围巾"}
    assert kinds.words("following.hit", params).title == "有新的招领对上了你的关注：黑红格子围巾"
    with force_locale("en"):
        assert "黑红格子围巾" in kinds.words("following.hit", params).title
