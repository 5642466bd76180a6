"""Every page that can be opened, in its states, at 390 px light and 1280 px dark: WCAG 2.2 AA by axe, and its weight."""

from __future__ import annotations

import gzip
import re
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, Response

from campus_service import assets
from tests.journeys.conftest import DESKTOP, Windows
from tests.journeys.looking import faults
from tests.journeys.site import Site

HEAVIEST = 120_000  # bytes of HTML, CSS and scripts together, compressed


@dataclass(frozen=True)
class Look:
    """One page in one state; ``{name}`` in the path is a thing of the site, ``who`` is signed in."""

    endpoint: str
    path: str
    who: str = ""
    status: int = 200
    state: str = ""

    def __str__(self) -> str:
        return " ".join(filter(None, (self.endpoint, self.state, self.who)))


LOOKS = [
    Look("home", "/"),
    Look("home", "/?lang=en", state="English"),
    Look("home", "/", "lin"),
    # --- the list
    Look("search.index", "/search"),
    Look("search.index", "/search?q=雨伞", state="hits of several kinds"),
    Look("search.index", "/search?q=出了刊的一篇&tab=event", state="events"),
    Look("search.index", "/search?q=独角兽的角", state="nothing found"),
    Look("search.index", "/search?q=独角兽的角&tab=article", "lin", state="no such article"),
    Look("search.index", f"/search?q={'W' * 300}", state="too long"),
    Look("lostfound.index", "/lost-found"),
    Look("lostfound.index", "/lost-found?kind=lost", "lin", state="lost"),
    Look("lostfound.index", "/lost-found?q=雨伞&category=umbrella", state="search with a filter"),
    Look("lostfound.index", "/lost-found?q=独角兽的角", state="nothing found"),
    Look("lostfound.index", "/lost-found?after=zzz&category=bicycle_scooter_access", state="empty"),
    Look("lostfound.index", "/lost-found?lang=en&q=umbrella", state="English"),
    # --- one thing
    Look("lostfound.item", "/lost-found/{item}"),
    Look("lostfound.item", "/lost-found/{item}", "wu", state="claim form"),
    Look("lostfound.item", "/lost-found/{item}", "security", state="staff"),
    Look("lostfound.item", "/lost-found/{watch}", state="teaser"),
    Look("lostfound.item", "/lost-found/{claimed}", "lin", state="claimed"),
    Look("lostfound.item", "/lost-found/{kept}", "zhou", state="own, kept"),
    Look("lostfound.item", "/lost-found/{kept}?posted=1", "zhou", state="just posted"),
    Look("lostfound.item", "/lost-found/{lins_find}", "lin", state="own, at a desk"),
    Look("lostfound.item", "/lost-found/{back}", state="returned"),
    Look("lostfound.item", "/lost-found/{handed_over}", state="handed over"),
    Look("lostfound.item", "/lost-found/{long}", "wu", state="long"),
    Look("lostfound.item", "/lost-found/{lost}", "lin", state="own loss"),
    Look("lostfound.item", "/lost-found/{lost_by_wu}", state="somebody's loss"),
    Look("lostfound.item", "/lost-found/{recovered}", state="recovered"),
    Look("lostfound.item", "/lost-found/{long_lost}", "lin", state="long loss"),
    Look("lostfound.item", "/lost-found/9999-9999", status=404, state="not there"),
    Look("lostfound.item", "/lost-found/{item}?lang=en", "wu", state="English"),
    Look("lostfound.receipt", "/lost-found/receipt/{receipt}"),
    Look("announcing.cards", "/lost-found/cards", "lin"),
    Look("announcing.notices", "/lost-found/notices"),
    Look("announcing.notice", "/lost-found/notices/{notice_month}"),
    Look("announcing.notice", "/lost-found/notices/2020-01?lang=en", status=404, state="not there, English"),
    # --- posting and claiming
    Look("lostfound.new_lost", "/lost-found/new/lost", "lin"),
    Look("lostfound.new_found", "/lost-found/new/found", "lin"),
    Look("lostfound.change", "/lost-found/{lost}/edit", "lin"),
    Look("lostfound.change", "/lost-found/{item}/edit?lang=en", "desk", state="at the desk, English"),
    Look("lostfound.new_found", "/lost-found/new/found?category=campus_card", "lin", state="campus card"),
    Look("lostfound.show_claim", "/lost-found/claims/{claim}", "lin", state="waiting"),
    Look("lostfound.show_claim", "/lost-found/claims/{approved}", "lin", state="with its code"),
    Look("lostfound.show_claim", "/lost-found/claims/{claim_at_desk}", "lin", state="at the desk"),
    Look("lostfound.show_claim", "/lost-found/claims/{claim_shown}", "lin", state="to be confirmed"),
    Look("lostfound.show_claim", "/lost-found/claims/{claim_aborted}", "lin", state="aborted"),
    Look("lostfound.show_claim", "/lost-found/claims/{claim_returned}", "lin", state="returned"),
    Look("lostfound.show_claim", "/lost-found/claims/{rejected}", "lin", state="refused"),
    Look("lostfound.show_claim", "/lost-found/claims/{appealed}", "lin", state="appealed"),
    Look("lostfound.show_claim", "/lost-found/claims/{withdrawn}", "wu", state="withdrawn"),
    # --- the service guide
    Look("guide.index", "/guide"),
    Look("guide.index", "/guide?q=校园卡", state="search"),
    Look("guide.index", "/guide?q=独角兽的角", state="nothing found"),
    Look("guide.index", f"/guide?q={'校园卡补办' * 25}", state="too long"),
    Look("guide.show", "/guide/{guide}"),
    Look("guide.show", "/guide/{guide}?lang=en", "lin", state="English"),
    Look("guide.show", "/guide/nothing-1", status=404, state="not there"),
    # --- the bulletin
    Look("compass.index", "/compass"),
    Look("compass.index", "/compass?q=独角兽的角&lang=en", "lin", state="nothing found, English"),
    Look("compass.issue", "/compass/{issue_out}"),
    Look("compass.issue", "/compass/999", status=404, state="not there"),
    Look("compass.article", "/compass/{issue_out}/{slug}", "lin"),
    Look("compass.online", "/compass/online/{early_slug}"),
    Look("subscribing.index", "/compass/subscribe"),
    Look("subscribing.manage", "/compass/subscription/{reader}"),
    Look("subscribing.ask_end", "/compass/unsubscribe/{reader}"),
    Look("mailings.index", "/newsroom/mailings", "chief"),
    Look("mailings.show", "/newsroom/mailings/{mailing}", "chief"),
    Look("events.index", "/compass/events"),
    Look("events.month", "/compass/events/2026-11", "lin"),
    Look("compass.section", "/compass/section/events"),
    # --- feedback
    Look("feedback.new", "/feedback/new"),
    Look("feedback.new", "/feedback/new?text=三教二楼的感应灯不亮", "lin", state="prefilled"),
    Look("feedback.new", "/feedback/new?lang=en", "lin", state="English"),
    Look("feedback.index", "/feedback"),
    Look("feedback.index", "/feedback?show=faq&department=logistics", state="often asked, filtered"),
    Look("feedback.index", "/feedback?show=cases&lang=en", state="cases, English"),
    Look("feedback.index", "/feedback?q=独角兽的角", state="nothing found"),
    Look("feedback.answer", "/feedback/answers/{public_answer}"),
    Look("feedback.track", "/feedback/track"),
    Look("feedback.track", "/feedback/track?left=1", "lin", state="left"),
    Look("feedback.show", "/feedback/{case}", "lin", state="in progress"),
    Look("feedback.show", "/feedback/{case}?lang=en", "lin", state="English"),
    Look("feedback.show", "/feedback/{case_answered}", "lin", state="answered"),
    Look("feedback.show", "/feedback/{own_waiting}", "sun", state="asked"),
    Look("feedback.show", "/feedback/{own_handed}?sent=1", "sun", state="handed over, just sent"),
    Look("feedback.show", "/feedback/{own_reopened}?done=reopen", "sun", state="reopened"),
    Look("feedback.show", "/feedback/{own_flagged}", "sun", state="waits for a look"),
    Look("feedback.show", "/feedback/{own_merged}", "qian", state="merged"),
    Look("feedback.show", "/feedback/{own_withdrawn}", "qian", state="withdrawn"),
    Look("feedback.show", "/feedback/{own_closed}", "qian", state="not solved"),
    Look("feedback.show", "/feedback/{own_report}", "qian", state="report"),
    Look("feedback.show", "/feedback/{case_public}", state="public"),
    Look("feedback.show", "/feedback/{case_public}", "zhou", state="public, me too"),
    Look("feedback.show", "/feedback/{case}", "wu", status=404, state="not mine"),
    # --- one's own
    Look("me_things.index", "/me", "lin"),
    Look("me_things.index", "/me", "zhao", state="empty"),
    Look("me.settings", "/me/settings", "lin"),
    Look("following.index", "/me/following", "lin"),
    Look("following.index", "/me/following", "zhao", state="empty"),
    Look("following.ask_stop", "/following/stop/{stop}"),
    Look("privacy.index", "/me/data", "lin", state="with a copy"),
    Look("privacy.index", "/me/data", "zhao", state="nothing yet"),
    Look("privacy.index", "/me/data", "zhou", state="to be deleted"),
    Look("letters.ask", "/lost-found/{kept}/contact", "wu"),
    Look("letters.show", "/lost-found/letters/{thread}", "lin"),
    Look("letters.show", "/lost-found/letters/{thread_over}", "security", state="reported and over"),
    Look("notices.index", "/me/notifications", "lin"),
    Look("notices.index", "/me/notifications", "zhao", state="empty"),
    Look("notices.settings", "/me/notifications/settings", "lin"),
    # --- the desks
    Look("desk.intake", "/desk/intake", "desk"),
    Look("desk.intake", "/desk/intake?saved={item}", "desk", state="just saved"),
    Look("signals.index", "/desk/signals", "security"),
    Look("desk.shelf", "/desk/shelf", "desk"),
    Look("desk.shelf", "/desk/shelf?q=独角兽", "desk", state="nothing found"),
    Look("desk.item", "/desk/items/{item}", "security"),
    Look("moving.index", "/desk/import", "security"),
    Look("moving.show", "/desk/import/{import}", "security"),
    Look("moving.show", "/desk/import/{import}?lang=en", "security", state="English"),
    Look("desk.item", "/desk/items/{kept}", "desk", state="with its finder"),
    Look("desk.item", "/desk/items/{moving}", "desk", state="in transit"),
    Look("desk.item", "/desk/items/{wallet}", "desk", state="with contents"),
    Look("desk.item", "/desk/items/{long}", "security", state="long"),
    Look("desk.label", "/desk/items/{item}/label", "desk"),
    Look("labels.index", "/desk/labels", "desk"),
    Look("labels.index", "/desk/labels?lang=en", "security", state="English"),
    Look("desk.receipt", "/desk/items/{item}/receipt", "desk"),
    Look("desk.claims", "/desk/claims", "security"),
    Look("desk.claims_of", "/desk/claims/{claimed}", "security", state="rivals"),
    Look("desk.claims_of", "/desk/claims/{item}", "security", state="none"),
    Look("keeping.cards", "/desk/cards", "desk"),
    Look("keeping.cards", "/desk/cards?saved={card_told}&lang=en", "desk", state="just saved, English"),
    Look("keeping.due", "/desk/due", "security"),
    Look("keeping.due", "/desk/due?lang=en", "desk", state="own proposal, English"),
    Look("desk.returns", "/desk/returns", "desk"),
    Look("desk.pickup", "/desk/returns/{pickup_at_desk}", "desk", state="identity"),
    Look("desk.pickup", "/desk/returns/{pickup_shown}", "security", state="recipient"),
    Look("desk.pickup", "/desk/returns/{pickup_aborted}", "security", state="aborted"),
    Look("desk.pickup", "/desk/returns/{pickup_returned}", "security", state="returned"),
    Look("desk.item", "/desk/items/{purse}", "security", state="with cash to count"),
    Look("watch.index", "/desk/watch", "security"),
    Look("watch.index", "/desk/watch?lang=en", "desk", state="English"),
    Look("watch.arriving", "/desk/arriving?all=1", "security"),
    Look("watch.arriving", "/desk/arriving", "desk", state="empty"),
    Look("stocktakes.index", "/desk/stock-takes", "desk"),
    Look("stocktakes.show", "/desk/stock-takes/{take}?differences=1", "desk", state="going on"),
    Look("stocktakes.show", "/desk/stock-takes/{take_closed}?lang=en", "desk", state="closed, English"),
    Look("scan.desk", "/desk/scan", "desk"),
    Look("scan.desk", "/desk/scan?tag=nothing", "desk", status=404, state="nothing found"),
    Look("scan.short", "/s/{card}", state="kept"),
    Look("scan.short", "/s/{item}", "security", state="held"),
    Look("scan.short", "/s/{moving}", "security", state="in transit"),
    Look("desk.shelf", "/desk/shelf", "lin", status=403, state="forbidden"),
    # --- the coordinator's desk
    Look("inbox.index", "/inbox", "officer"),
    Look("inbox.index", "/inbox?filter=approval&lang=en", "head", state="to be approved, English"),
    Look("inbox.index", "/inbox?q=独角兽", "officer", state="nothing found"),
    Look("inbox.index", "/inbox", "lin", status=403, state="forbidden"),
    Look("inbox.show", "/inbox/{case}", "officer", state="under way"),
    Look("inbox.show", "/inbox/{case_routed}", "officer", state="to be accepted"),
    Look("inbox.show", "/inbox/{case_urgent}", "coordinator", state="urgent"),
    Look("inbox.show", "/inbox/{case_waiting}", "officer", state="waiting"),
    Look("inbox.show", "/inbox/{case_offered}", "officer", state="offered"),
    Look("inbox.show", "/inbox/{case_split}", "officer", state="split"),
    Look("inbox.show", "/inbox/{case_submitted}", "head", state="to be approved"),
    Look("inbox.show", "/inbox/{case_closed}", "officer", state="closed"),
    Look("inbox.record", "/inbox/record", "officer"),
    Look("inbox.templates", "/inbox/templates", "officer"),
    Look("inbox.options", "/inbox/options", "head"),
    Look("triage.index", "/triage", "coordinator"),
    Look("triage.index", "/triage?lang=en", "coordinator", state="English"),
    Look("triage.show", "/triage/{to_triage}", "coordinator", state="waiting"),
    Look("triage.show", "/triage/{returned_twice}", "coordinator", state="to be decided"),
    Look("triage.show", "/triage/{to_correct}", "coordinator", state="routed"),
    Look("triage.decisions", "/triage/decisions", "coordinator"),
    Look("triage.accuracy", "/triage/accuracy", "coordinator"),
    Look("rules.index", "/triage/rules", "coordinator"),
    Look("rules.index", "/triage/rules?text=三教的感应灯不亮", "coordinator", state="tried"),
    Look("rules.new", "/triage/rules/new", "coordinator"),
    Look("rules.edit", "/triage/rules/{rule}", "coordinator"),
    Look("publishing.index", "/triage/public", "coordinator"),
    Look("publishing.index", "/triage/public?shelf=aside", "coordinator", state="empty"),
    Look("publishing.edit", "/triage/public/{suggestion}", "coordinator"),
    Look("publishing.recipients", "/triage/recipients", "admin"),
    Look("triage.index", "/triage", "lin", status=403, state="forbidden"),
    # --- the newsroom
    Look("newsroom.index", "/newsroom", "chief"),
    Look("newsroom.index", "/newsroom", "writer", state="asked to write"),
    Look("newsroom.index", "/newsroom?shelf=review&lang=en", "editor", state="to review, English"),
    Look("newsroom.index", "/newsroom?q=独角兽", "writer", state="nothing found"),
    Look("newsroom.index", "/newsroom", "lin", status=403, state="forbidden"),
    Look("newsroom.article", "/newsroom/articles/{article_approved}/desk", "chief"),
    Look("newsroom.article", "/newsroom/articles/{article_waiting}/desk", "chief", state="timed"),
    Look("newsroom.article", "/newsroom/articles/{article_early}/desk", "chief", state="online"),
    Look("newsroom.article", "/newsroom/articles/{article_changes}/desk", "writer", state="sent back"),
    Look("editor.show", "/newsroom/articles/{article_draft}", "writer"),
    Look("editor.show", "/newsroom/articles/{article_draft}?lang=en", "editor", state="English"),
    Look("editor.show", "/newsroom/articles/{article_changes}", "writer", state="sent back"),
    Look("editor.show", "/newsroom/articles/{article_submitted}", "writer", state="in review"),
    Look("editor.show", "/newsroom/articles/{article_bound}", "editor", state="published"),
    Look("editor.show", "/newsroom/articles/{article_draft}", "lin", status=403, state="forbidden"),
    Look("editor.revisions", "/newsroom/articles/{article_draft}/revisions", "writer"),
    Look(
        "editor.revisions",
        "/newsroom/articles/{article_changes}/revisions?left=1&right=1",
        "writer",
        state="the same",
    ),
    Look("review.show", "/newsroom/articles/{article_submitted}/review", "editor"),
    Look("review.show", "/newsroom/articles/{article_submitted}/review?lang=en", "editor", state="English"),
    Look("review.show", "/newsroom/articles/{article_submitted}/review", "writer", state="writer"),
    Look("review.show", "/newsroom/articles/{article_approved}/review", "editor", state="approved"),
    Look("review.correcting", "/newsroom/articles/{article_bound}/correct", "editor"),
    Look(
        "review.correcting", "/newsroom/articles/{article_bound}/correct?lang=en", "editor", state="English"
    ),
    Look("issues.index", "/newsroom/issues", "editor"),
    Look("issues.index", "/newsroom/issues", "writer", state="writer"),
    Look("issues.show", "/newsroom/issues/{issue_planned}", "editor", state="planning"),
    Look("issues.show", "/newsroom/issues/{issue_planned}?lang=en", "editor", state="planning, English"),
    Look("issues.show", "/newsroom/issues/{issue_planned}", "writer", state="writer"),
    Look("issues.show", "/newsroom/issues/{issue_in_review}", "chief", state="to be signed"),
    Look("issues.show", "/newsroom/issues/{issue_signed}", "chief", state="signed"),
    Look("issues.show", "/newsroom/issues/{issue_scheduled}", "chief", state="timed"),
    Look("issues.show", "/newsroom/issues/{issue_out_id}", "chief", state="out"),
    Look("issues.signing", "/newsroom/issues/{issue_in_review}/sign", "chief"),
    Look("issues.signing", "/newsroom/issues/{issue_in_review}/sign", "editor", state="only to read"),
    Look("posters.index", "/newsroom/posters", "editor"),
    Look("posters.show", "/newsroom/posters/{issue_out_id}", "editor"),
    Look(
        "posters.show",
        "/newsroom/posters/{issue_out_id}?template=list&paper=a4&board=repair&lang=en",
        "chief",
        state="English",
    ),
    Look("posters.show", "/newsroom/posters/{issue_planned}?template=list", "editor", state="sample"),
    Look("boards.index", "/newsroom/boards", "editor"),
    Look("boards.index", "/newsroom/boards?lang=en", "editor", state="English"),
    Look("wechat.issue", "/newsroom/wechat/{issue_out}", "editor"),
    Look("wechat.article", "/newsroom/wechat/{issue_out}/{slug}", "editor"),
    # --- figures
    Look("figures.dashboard", "/dashboard"),
    Look("figures.dashboard", "/dashboard?lang=en", state="English"),
    Look("lostfound_figures.dashboard", "/dashboard/lost-found"),
    Look("lostfound_figures.dashboard", "/dashboard/lost-found?lang=en", state="English"),
    Look("thanks.index", "/lost-found/thanks"),
    Look("thanks.index", "/lost-found/thanks?lang=en", "desk", state="to copy, English"),
    Look("figures.department", "/inbox/figures", "head"),
    Look("figures.department", "/inbox/figures", "coordinator", state="all departments"),
    # --- accounts
    Look("accounts.sign_in", "/sign-in"),
    Look("accounts.sign_up", "/sign-up"),
    Look("accounts.sign_up", "/sign-up?lang=en", state="English"),
    Look("accounts.forgot", "/forgot"),
    Look("accounts.confirm", "/confirm/{confirm}"),
    Look("accounts.confirm", "/confirm/gone", status=404, state="gone"),
    Look("accounts.reset", "/reset/{reset}"),
    # --- administration, API, demo
    Look("admin.audit", "/admin/audit", "admin"),
    Look("admin.audit", "/admin/audit?actor=nobody&check=1", "admin", state="empty"),
    Look("admin_calendar.index", "/admin/calendar", "admin"),
    Look(
        "admin_calendar.index", "/admin/calendar?year=2031&lang=en", "admin", state="not published, English"
    ),
    Look("admin_retention.index", "/admin/retention", "admin"),
    Look("admin.jobs", "/admin/jobs", "admin"),
    Look("admin_webhooks.index", "/admin/webhooks", "admin"),
    Look("admin_webhooks.show", "/admin/webhooks/{webhook}", "admin", state="refused"),
    Look("admin_webhooks.show", "/admin/webhooks/{webhook_off}", "admin", state="off"),
    Look("search_words.index", "/admin/words", "coordinator"),
    Look("search_words.index", "/admin/words?try=黑色雨伞", "admin", state="tried"),
    Look("admin_users.index", "/admin/users", "admin"),
    Look("admin_users.index", "/admin/users?q=nobody", "admin", state="empty"),
    Look("admin_users.person", "/admin/users/{person}", "admin"),
    Look("api_lostfound.docs", "/api/v1/docs"),
    Look("demo_mail.index", "/demo/mail"),
    Look("demo_mail.show", "/demo/mail/{mail}"),
]

# What GET answers that is no page of its own: files, JSON, and parts of the pages above.
NO_PAGES = {
    *("events.clashes", "events.everything", "events.of_section", "events.one"),
    *("feeds.atom", "feeds.json", "feeds.section_atom", "feeds.section_json"),
    "open311.definition", "open311.discovery", "open311.nothing", "open311.requests", "open311.services", "open311.show",
    "open311.token", "open311.updates", "figures.dashboard_table", "figures.export", "lostfound_figures.table",
    "editor.image", "posters.preview", "posters.pdf", "posters.long_picture", "posters.public", "wechat.preview", "wechat.pictures", "static", "media.show", "health.alive", "health.ready", "api_lostfound.openapi", "api_lostfound.list_reports",
    "api_lostfound.show_report", "api_lostfound.my_claims", "api_lostfound.undecided_claims", "api_lostfound.show_claim",
    "api_custody.on_the_way", "api_custody.watch", "api_custody.show_stock_take", "api_custody.show_contents",
    "api_feedback.list_public", "api_feedback.my_cases", "api_feedback.show_case",
    "guide.similar", "labels.sheet", "lostfound.poster", "lostfound.share_picture", "lostfound.suggest", "lostfound.similar", "lostfound.pickup_state", "desk.rule", "desk.pickup_state", "inbox.answering",
    "moving.progress", "moving.refused",
    "privacy.fetch", "search.suggest", "announcing.paper", "metrics.metrics",
    "keeping.protocol", "api_keeping.list_due",
}  # fmt: skip


def test_every_page_is_looked_at(site: Site) -> None:
    pages = {rule.endpoint for rule in site.app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    assert pages == {look.endpoint for look in LOOKS} | NO_PAGES


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_a_page_can_be_used_by_everybody(look: Look, site: Site, windows: Windows) -> None:
    page = windows.open(signed_in=look.who, color_scheme="light", reduced_motion="reduce")
    answer = page.goto(look.path.format_map(site.things))
    assert answer is not None
    assert answer.status == look.status
    wrong = [f"390 px, light: {fault}" for fault in faults(page)] + _built(page) + _heavy(page, answer)
    page.set_viewport_size(DESKTOP)
    page.emulate_media(color_scheme="dark")
    wrong += [f"1280 px, dark: {fault}" for fault in faults(page)]
    assert not wrong, "\n".join(wrong)


def _built(page: Page) -> list[str]:
    """What a page is built of: one h1, a language, pictures that keep their place and have a text."""
    wrong = []
    if (count := page.locator("h1").count()) != 1:
        wrong.append(f"{count} h1")
    if page.locator("html").get_attribute("lang") not in ("zh-CN", "en"):
        wrong.append("no language")
    bare = "img:not([width][height][alt])"
    wrong += [
        f"a picture without width, height or alt: {src}"
        for src in page.eval_on_selector_all(bare, "all => all.map(img => img.outerHTML)")
    ]
    return wrong


def _heavy(page: Page, answer: Response) -> list[str]:
    links = page.eval_on_selector_all(
        "link[rel=stylesheet], script[src]", "all => all.map(e => e.href || e.src)"
    )
    weight = len(gzip.compress(answer.body())) + sum(_weight(urlsplit(link).path) for link in links)
    return [f"{weight} bytes of HTML, CSS and scripts, at most {HEAVIEST}"] if weight > HEAVIEST else []


@cache
def _weight(path: str) -> int:
    return len(gzip.compress((assets.folder("static") / re.sub("^/static/", "", path)).read_bytes()))
