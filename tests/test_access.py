"""Every address of the site × everybody who may come: one table says who gets in; an address without a row fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from campus_service.app import create_app
from campus_service.config import Settings
from campus_service.core.clock import today
from campus_service.core.db import Base, db
from campus_service.notifications.models import Notification
from tests.conftest import Cast, Person
from tests.everything import Things, one_of_everything

SignInAs = Callable[[FlaskClient, Person], FlaskClient]
WHO = ("visitor", "stranger", "owner", "desk", "security", "admin")
# Who works on feedback: an officer and the head of the department that holds the case, an officer of another one, the
# coordinator, a named recipient of reports. Elsewhere they are students like the stranger.
INBOX = ("officer", "head", "outsider", "coordinator", "recipient")
# Who makes the bulletin: a writer, an editor, the chief editor. 阿柚 wrote the articles that the addresses name.
NEWSROOM = ("writer", "editor", "chief")
EVERYBODY = WHO + INBOX + NEWSROOM

# 林小满 owns the lost report, the claims, the case, the notice, the session and the token that the addresses name; 吴可 is
# the stranger. ok: the page, or what the handler says of the form (2xx, 3xx, 409, 422). in: asked to sign in. no: refused
# (403). none: what this person may not know of does not exist (404). late: he may know of it, but it is not his step, or not any
# more (409). A row of six says that those of INBOX and of NEWSROOM meet what the stranger meets; a row of nine names those of
# NEWSROOM after the six, one of eleven those of INBOX.
TABLE = """
GET    search.index                     ok   ok   ok   ok   ok   ok
GET    search.suggest                   ok   ok   ok   ok   ok   ok
GET    home                             ok   ok   ok   ok   ok   ok
GET    static                           ok   ok   ok   ok   ok   ok
GET    compass.index                    ok   ok   ok   ok   ok   ok
GET    compass.issue                    ok   ok   ok   ok   ok   ok
GET    compass.article                  ok   ok   ok   ok   ok   ok
GET    compass.online                   ok   ok   ok   ok   ok   ok
GET    feeds.atom                       ok   ok   ok   ok   ok   ok
GET    feeds.json                       ok   ok   ok   ok   ok   ok
GET    feeds.section_atom               ok   ok   ok   ok   ok   ok
GET    feeds.section_json               ok   ok   ok   ok   ok   ok
POST   reads.read                       ok   ok   ok   ok   ok   ok
POST   reads.scan                       ok   ok   ok   ok   ok   ok
GET    subscribing.index                ok   ok   ok   ok   ok   ok
POST   subscribing.subscribe            ok   ok   ok   ok   ok   ok
GET    subscribing.manage               ok   ok   ok   ok   ok   ok
POST   subscribing.confirm              ok   ok   ok   ok   ok   ok
POST   subscribing.change               ok   ok   ok   ok   ok   ok
GET    subscribing.ask_end              ok   ok   ok   ok   ok   ok
POST   subscribing.end                  ok   ok   ok   ok   ok   ok
GET    mailings.index                   in   no   no   no   no   no   no   no   ok
POST   mailings.pause                   in   no   no   no   no   no   no   no   ok
GET    mailings.show                    in   no   no   no   no   no   no   no   ok
POST   mailings.again                   in   no   no   no   no   no   no   no   ok
GET    events.index                     ok   ok   ok   ok   ok   ok
GET    events.month                     ok   ok   ok   ok   ok   ok
GET    events.everything                ok   ok   ok   ok   ok   ok
GET    events.of_section                ok   ok   ok   ok   ok   ok
GET    events.one                       ok   ok   ok   ok   ok   ok
GET    events.clashes                   in   no   no   no   no   no   ok   ok   ok
GET    compass.section                  ok   ok   ok   ok   ok   ok
GET    accounts.confirm                 ok   ok   ok   ok   ok   ok
POST   accounts.confirm                 ok   ok   ok   ok   ok   ok
GET    accounts.forgot                  ok   ok   ok   ok   ok   ok
POST   accounts.forgot                  ok   ok   ok   ok   ok   ok
GET    accounts.reset                   ok   ok   ok   ok   ok   ok
POST   accounts.reset                   ok   ok   ok   ok   ok   ok
GET    accounts.sign_in                 ok   ok   ok   ok   ok   ok
POST   accounts.sign_in                 ok   ok   ok   ok   ok   ok
POST   accounts.sign_out                ok   ok   ok   ok   ok   ok
GET    accounts.sign_up                 ok   ok   ok   ok   ok   ok
POST   accounts.sign_up                 ok   ok   ok   ok   ok   ok
GET    admin.audit                      in   no   no   no   no   ok
GET    admin.jobs                       in   no   no   no   no   ok
POST   admin.rerun                      in   no   no   no   no   ok
POST   admin_users.create               in   no   no   no   no   ok
POST   admin_users.grant                in   no   no   no   no   ok
GET    admin_calendar.index             in   no   no   no   no   ok
POST   admin_calendar.mark              in   no   no   no   no   ok
POST   admin_calendar.take_over         in   no   no   no   no   ok
GET    admin_users.index                in   no   no   no   no   ok
GET    admin_users.person               in   no   no   no   no   ok
POST   admin_users.revoke               in   no   no   no   no   ok
POST   admin_users.set_active           in   no   no   no   no   ok
POST   admin_webhooks.add               in   no   no   no   no   ok
POST   admin_webhooks.change            in   no   no   no   no   ok
POST   admin_webhooks.delete            in   no   no   no   no   ok
GET    admin_webhooks.index             in   no   no   no   no   ok
POST   admin_webhooks.set_active        in   no   no   no   no   ok
GET    admin_webhooks.show              in   no   no   no   no   ok
POST   admin_webhooks.test              in   no   no   no   no   ok
POST   matches.confirm                  in   no   no   ok   ok   no
POST   matches.dismiss                  in   none ok   ok   ok   none
POST   matches.set_apart                in   no   no   ok   ok   no
GET    demo_mail.index                  none none none none none none
GET    demo_mail.show                   none none none none none none
GET    keeping.cards                    in   no   no   ok   ok   no
POST   keeping.take_in_card             in   no   no   ok   ok   no
GET    keeping.due                      in   no   no   ok   ok   no
POST   keeping.propose                  in   no   no   ok   ok   no
POST   keeping.sign                     in   no   no   no   ok   no
POST   keeping.hand_over_many           in   no   no   no   ok   no
POST   keeping.withdraw_disposal        in   no   no   ok   ok   no
GET    keeping.protocol                 in   no   no   ok   ok   no
GET    announcing.cards                 ok   ok   ok   ok   ok   ok
GET    announcing.notices               ok   ok   ok   ok   ok   ok
POST   announcing.publish               in   no   no   ok   ok   no
GET    announcing.paper                 ok   ok   ok   ok   ok   ok
GET    announcing.notice                ok   ok   ok   ok   ok   ok
GET    admin_retention.index            in   no   no   no   no   ok
POST   admin_retention.change           in   no   no   no   no   ok
POST   api_keeping.take_in_card         in   no   no   ok   ok   no
GET    api_keeping.list_due             in   no   no   ok   ok   no
POST   api_keeping.propose              in   no   no   ok   ok   no
POST   api_keeping.sign                 in   no   no   no   ok   no
POST   api_keeping.hand_over_many       in   no   no   no   ok   no
POST   desk.abort                       in   no   no   ok   ok   no
POST   desk.choose_desk                 in   no   no   ok   ok   no
GET    desk.claims                      in   no   no   no   ok   no
GET    desk.claims_of                   in   no   no   no   ok   no
POST   desk.confirm                     in   no   no   no   ok   no
POST   desk.counter                     in   no   no   ok   ok   no
POST   desk.decide                      in   no   no   no   ok   no
POST   desk.hand_in                     in   no   no   ok   ok   no
POST   desk.hand_over                   in   no   no   no   ok   no
POST   desk.identity                    in   no   no   ok   ok   no
GET    desk.intake                      in   no   no   ok   ok   no
GET    desk.item                        in   no   no   ok   ok   no
GET    desk.label                       in   no   no   ok   ok   no
POST   desk.move                        in   no   no   ok   ok   no
POST   desk.open_pickup                 in   no   no   ok   ok   no
GET    desk.pickup                      in   no   no   ok   ok   no
GET    desk.pickup_state                in   no   no   ok   ok   no
GET    desk.receipt                     in   no   no   ok   ok   no
POST   desk.receive                     in   no   no   ok   ok   no
POST   desk.reissue_code                in   no   no   no   ok   no
GET    desk.returns                     in   no   no   ok   ok   no
GET    desk.rule                        in   no   no   ok   ok   no
GET    desk.shelf                       in   no   no   ok   ok   no
POST   desk.take_in                     in   no   no   ok   ok   no
GET    labels.index                     in   no   no   ok   ok   no
POST   labels.make                      in   no   no   ok   ok   no
GET    labels.sheet                     in   no   no   ok   ok   no
GET    scan.short                       ok   ok   ok   ok   ok   ok
GET    scan.desk                        in   no   no   ok   ok   no
GET    stocktakes.index                 in   no   no   ok   ok   no
POST   stocktakes.start                 in   no   no   ok   ok   no
GET    stocktakes.show                  in   no   no   ok   ok   no
POST   stocktakes.count                 in   no   no   ok   ok   no
POST   stocktakes.close                 in   no   no   ok   ok   no
POST   stocktakes.abandon               in   no   no   ok   ok   no
GET    watch.index                      in   no   no   ok   ok   no
GET    watch.arriving                   in   no   no   ok   ok   no
POST   watch.receive                    in   no   no   ok   ok   no
POST   watch.send                       in   no   no   ok   ok   no
POST   watch.settle                     in   no   no   ok   ok   no
POST   watch.refuse                     in   no   no   ok   ok   no
POST   watch.take_back                  in   no   no   ok   ok   no
POST   watch.put_content                in   no   no   ok   ok   no
POST   watch.change_content             in   no   no   ok   ok   no
POST   watch.remove_content             in   no   no   ok   ok   no
POST   watch.count_cash                 in   no   no   no   ok   no
GET    moving.index                     in   no   no   no   ok   ok
POST   moving.upload                    in   no   no   no   ok   ok
GET    moving.show                      in   no   no   no   ok   none
POST   moving.read_as                   in   no   no   no   ok   none
POST   moving.use                       in   no   no   no   ok   none
POST   moving.remap                     in   no   no   no   ok   none
POST   moving.preview                   in   no   no   no   ok   none
POST   moving.run                       in   no   no   no   ok   none
POST   moving.cancel                    in   no   no   no   ok   none
POST   moving.undo                      in   no   no   no   ok   none
GET    moving.progress                  in   no   no   no   ok   none
GET    moving.refused                   in   no   no   no   ok   none
GET    following.ask_stop               ok   ok   ok   ok   ok   ok
POST   following.drop                   in   none ok   none none none
GET    following.index                  in   ok   ok   ok   ok   ok
POST   following.keep                   in   ok   ok   ok   ok   ok
POST   following.rhythm                 in   none ok   none none none
POST   following.stop                   ok   ok   ok   ok   ok   ok
GET    letters.ask                      in   ok   ok   ok   ok   ok
POST   letters.close                    in   none ok   none none none
POST   letters.contact                  in   ok   ok   ok   ok   ok
POST   letters.reply                    in   none ok   none none none
POST   letters.report                   in   none ok   none none none
GET    letters.show                     in   none ok   none none none
POST   privacy.ask_erasure              in   ok   ok   ok   ok   ok
POST   privacy.ask_export               in   ok   ok   ok   ok   ok
POST   privacy.cancel_erasure           in   ok   ok   ok   ok   ok
GET    privacy.fetch                    in   none ok   none none none
GET    privacy.index                    in   ok   ok   ok   ok   ok
GET    signals.index                    in   no   no   no   ok   no
GET    guide.index                      ok   ok   ok   ok   ok   ok
GET    guide.show                       ok   ok   ok   ok   ok   ok
GET    guide.similar                    ok   ok   ok   ok   ok   ok
POST   guide.similar                    ok   ok   ok   ok   ok   ok
GET    health.alive                     ok   ok   ok   ok   ok   ok
GET    metrics.metrics                  in   no   no   no   no   ok
GET    health.ready                     ok   ok   ok   ok   ok   ok
POST   lostfound.appeal                 in   none ok   ok   ok   none
POST   lostfound.choose_slot            in   none ok   ok   ok   none
POST   lostfound.claim                  in   ok   ok   ok   ok   ok
POST   lostfound.confirm_receipt        in   none ok   no   no   none
GET    lostfound.change                 in   no   no   ok   ok   no
POST   lostfound.change                 in   no   no   ok   ok   no
GET    lostfound.index                  ok   ok   ok   ok   ok   ok
GET    lostfound.item                   ok   ok   ok   ok   ok   ok
GET    lostfound.new_found              in   ok   ok   ok   ok   ok
POST   lostfound.new_found              in   ok   ok   ok   ok   ok
GET    lostfound.new_lost               in   ok   ok   ok   ok   ok
POST   lostfound.new_lost               in   ok   ok   ok   ok   ok
GET    lostfound.pickup_state           in   none ok   ok   ok   none
GET    lostfound.poster                 ok   ok   ok   ok   ok   ok
GET    lostfound.receipt                ok   ok   ok   ok   ok   ok
POST   lostfound.recovered              in   no   ok   no   no   no
POST   lostfound.renew                  in   no   ok   no   no   no
GET    lostfound.share_picture          ok   ok   ok   ok   ok   ok
GET    lostfound.show_claim             in   none ok   ok   ok   none
GET    lostfound.similar                ok   ok   ok   ok   ok   ok
GET    lostfound.suggest                ok   ok   ok   ok   ok   ok
POST   lostfound.withdraw               in   no   ok   no   no   no
POST   lostfound.withdraw_claim         in   none ok   ok   ok   none
POST   me.change_password               in   ok   ok   ok   ok   ok
POST   me.end_others                    in   ok   ok   ok   ok   ok
POST   me.end_session                   in   none ok   none none none
POST   me.issue_token                   in   ok   ok   ok   ok   ok
POST   me.revoke_token                  in   none ok   none none none
POST   me.set_language                  in   ok   ok   ok   ok   ok
GET    me.settings                      in   ok   ok   ok   ok   ok
GET    me_things.index                  in   ok   ok   ok   ok   ok
GET    media.show                       none none ok   ok   ok   none
DELETE media.take_back                  in   none ok   none none none
POST   media.upload                     in   ok   ok   ok   ok   ok
GET    notices.index                    in   ok   ok   ok   ok   ok
POST   notices.open_one                 in   none ok   none none none
POST   notices.read_all                 in   ok   ok   ok   ok   ok
POST   notices.save_settings            in   ok   ok   ok   ok   ok
GET    notices.settings                 in   ok   ok   ok   ok   ok
POST   api_lostfound.abort_pickup       in   no   no   ok   ok   no
POST   api_lostfound.appeal             in   none ok   ok   ok   none
POST   api_lostfound.change             in   no   no   ok   ok   no
POST   api_lostfound.check_identity     in   no   no   ok   ok   no
POST   api_lostfound.choose_slot        in   none ok   ok   ok   none
POST   api_lostfound.confirm_receipt    in   none ok   no   no   none
POST   api_lostfound.confirm_return     in   no   no   no   ok   no
POST   api_lostfound.decide             in   no   no   no   ok   no
GET    api_lostfound.docs               ok   ok   ok   ok   ok   ok
POST   api_lostfound.hand_in            in   no   no   ok   ok   no
POST   api_lostfound.hand_over          in   no   no   no   ok   no
GET    api_lostfound.list_reports       ok   ok   ok   ok   ok   ok
POST   api_lostfound.make_claim         in   ok   ok   ok   ok   ok
POST   api_lostfound.move               in   no   no   ok   ok   no
GET    api_lostfound.my_claims          in   ok   ok   ok   ok   ok
POST   api_lostfound.open_pickup        in   no   no   ok   ok   no
GET    api_lostfound.openapi            ok   ok   ok   ok   ok   ok
POST   api_lostfound.post_found         in   ok   ok   ok   ok   ok
POST   api_lostfound.post_lost          in   ok   ok   ok   ok   ok
POST   api_lostfound.receive            in   no   no   ok   ok   no
POST   api_lostfound.recover            in   no   ok   no   no   no
POST   api_lostfound.renew              in   no   ok   no   no   no
GET    api_lostfound.show_claim         in   none ok   ok   ok   none
GET    api_lostfound.show_report        ok   ok   ok   ok   ok   ok
POST   api_lostfound.take_in            in   no   no   ok   ok   no
GET    api_lostfound.undecided_claims   in   no   no   no   ok   no
POST   api_lostfound.withdraw           in   no   ok   no   no   no
POST   api_lostfound.withdraw_claim     in   none ok   ok   ok   none
GET    api_custody.on_the_way           in   no   no   ok   ok   no
POST   api_custody.send_things                 in   no   no   ok   ok   no
POST   api_custody.receive_many         in   no   no   ok   ok   no
POST   api_custody.refuse               in   no   no   ok   ok   no
POST   api_custody.take_back            in   no   no   ok   ok   no
GET    api_custody.watch                in   no   no   ok   ok   no
POST   api_custody.settle               in   no   no   ok   ok   no
POST   api_custody.start_stock_take     in   no   no   ok   ok   no
GET    api_custody.show_stock_take      in   no   no   ok   ok   no
POST   api_custody.count_item           in   no   no   ok   ok   no
POST   api_custody.close_stock_take     in   no   no   ok   ok   no
GET    api_custody.show_contents        in   no   no   ok   ok   no
POST   api_custody.put_content          in   no   no   ok   ok   no
POST   api_custody.count_cash           in   no   no   no   ok   no
POST   api_media.upload                 in   ok   ok   ok   ok   ok
GET    feedback.answer                  ok   ok   ok   ok   ok   ok
POST   feedback.follow                  in   ok   ok   ok   ok   ok
POST   feedback.hints                   ok   ok   ok   ok   ok   ok
GET    feedback.index                   ok   ok   ok   ok   ok   ok
POST   feedback.leave                   ok   ok   ok   ok   ok   ok
POST   feedback.message                 in   none ok   none none none
GET    feedback.new                     ok   ok   ok   ok   ok   ok
POST   feedback.new                     ok   ok   ok   ok   ok   ok
POST   feedback.reopen                  in   none ok   none none none
GET    feedback.show                    in   none ok   none none none
GET    feedback.track                   ok   ok   ok   ok   ok   ok
POST   feedback.track                   ok   ok   ok   ok   ok   ok
POST   feedback.unfollow                in   ok   ok   ok   ok   ok
POST   feedback.verdict                 in   none ok   none none none
POST   feedback.withdraw                in   none ok   none none none
POST   api_feedback.add_message         in   none ok   none none none
POST   api_feedback.give_verdict        in   none ok   none none none
GET    api_feedback.list_public         ok   ok   ok   ok   ok   ok
GET    api_feedback.my_cases            in   ok   ok   ok   ok   ok
POST   api_feedback.reopen              in   none ok   none none none
POST   api_feedback.send                ok   ok   ok   ok   ok   ok
GET    api_feedback.show_case           in   none ok   none none none
POST   api_feedback.track               ok   ok   ok   ok   ok   ok
POST   api_feedback.withdraw_case       in   none ok   none none none
GET    triage.accuracy                  in   no   no   no   no   no   no   no   no   ok   no
POST   triage.adjudicate                in   no   no   no   no   no   no   no   no   ok   no
GET    triage.decisions                 in   no   no   no   no   no   no   no   no   ok   no
GET    triage.index                     in   no   no   no   no   no   no   no   no   ok   no
POST   triage.kind                      in   no   no   no   no   no   no   no   no   ok   no
POST   triage.route                     in   no   no   no   no   no   no   no   no   ok   no
GET    triage.show                      in   no   no   no   no   no   no   no   no   ok   no
POST   triage.split                     in   no   no   no   no   no   no   no   no   ok   no
POST   triage.train                     in   no   no   no   no   no   no   no   no   ok   no
POST   triage.urgent                    in   no   no   no   no   no   no   no   no   ok   no
POST   rules.create                     in   no   no   no   no   no   no   no   no   ok   no
POST   rules.delete                     in   no   no   no   no   no   no   no   no   ok   no
GET    search_words.index               in   no   no   no   no   ok   no   no   no   ok   no
POST   search_words.save                in   no   no   no   no   ok   no   no   no   ok   no
POST   search_words.delete              in   no   no   no   no   ok   no   no   no   ok   no
GET    rules.edit                       in   no   no   no   no   no   no   no   no   ok   no
GET    rules.index                      in   no   no   no   no   no   no   no   no   ok   no
POST   rules.move                       in   no   no   no   no   no   no   no   no   ok   no
GET    rules.new                        in   no   no   no   no   no   no   no   no   ok   no
POST   rules.save                       in   no   no   no   no   no   no   no   no   ok   no
POST   rules.switch                     in   no   no   no   no   no   no   no   no   ok   no
POST   publishing.add_recipient         in   no   no   no   no   ok   no   no   no   no   no
POST   publishing.decide                in   no   no   no   no   no   no   no   no   ok   no
GET    publishing.edit                  in   no   no   no   no   no   no   no   no   ok   no
GET    publishing.index                 in   no   no   no   no   no   no   no   no   ok   no
POST   publishing.publish               in   no   no   no   no   no   no   no   no   ok   no
GET    publishing.recipients            in   no   no   no   no   ok   no   no   no   no   no
POST   publishing.remove_recipient      in   no   no   no   no   ok   no   no   no   no   no
POST   publishing.retract               in   no   no   no   no   no   no   no   no   ok   no
POST   inbox.act:accept                 in   none none none none none ok   ok   none late none
POST   inbox.act:assign                 in   none no   none none none ok   ok   none no   none
POST   inbox.act:change                 in   none no   none none none ok   ok   none ok   none
POST   inbox.act:decide                 in   none none none none none no   ok   none no   none
POST   inbox.act:extend                 in   none no   none none none ok   ok   none no   none
POST   inbox.act:handover               in   none none none none none late late ok   late none
POST   inbox.act:link                   in   none none none none none ok   ok   none ok   none
POST   inbox.act:merge                  in   none none none none none ok   ok   none ok   none
POST   inbox.act:offer                  in   none none none none none ok   ok   none late none
POST   inbox.act:return                 in   none none none none none ok   ok   none no   none
POST   inbox.act:split                  in   none none none none none ok   ok   none ok   none
POST   inbox.add_template               in   no   no   no   no   no   ok   ok   ok   no   ok
GET    inbox.answering                  in   none no   none none none ok   ok   none ok   none
POST   inbox.assign_many                in   no   no   no   no   no   ok   ok   none no   none
POST   inbox.delete_template            in   no   no   no   no   no   ok   ok   none no   none
GET    inbox.index                      in   no   no   no   no   no   ok   ok   ok   no   ok
POST   inbox.note_answering             in   none no   none none none ok   ok   none ok   none
GET    inbox.options                    in   no   no   no   no   no   no   ok   no   no   no
GET    inbox.record                     in   no   no   no   no   no   ok   ok   ok   ok   ok
POST   inbox.record_case                in   no   no   no   no   no   ok   ok   ok   ok   ok
POST   inbox.save_options               in   no   no   no   no   no   no   ok   no   no   no
POST   inbox.save_template              in   no   no   no   no   no   ok   ok   none no   none
POST   inbox.say                        in   none no   none none none ok   ok   none ok   none
GET    inbox.show                       in   none no   none none none ok   ok   none ok   none
GET    inbox.templates                  in   no   no   no   no   no   ok   ok   ok   no   ok
POST   figures.appeal                   in   no   no   no   no   no   no   ok   no   no   no
GET    figures.dashboard                ok   ok   ok   ok   ok   ok   ok   ok   ok   ok   ok
GET    figures.dashboard_table          ok   ok   ok   ok   ok   ok   ok   ok   ok   ok   ok
POST   figures.decide_appeal            in   no   no   no   no   no   no   no   no   ok   no
GET    figures.department               in   no   no   no   no   no   ok   ok   ok   ok   ok
GET    figures.export                   in   no   no   no   no   no   ok   ok   ok   ok   ok
GET    lostfound_figures.dashboard      ok   ok   ok   ok   ok   ok
GET    lostfound_figures.table          ok   ok   ok   ok   ok   ok
POST   lostfound_figures.shelf          in   no   no   ok   ok   no
GET    thanks.index                     ok   ok   ok   ok   ok   ok
POST   thanks.agree                     ok   ok   ok   ok   ok   ok
POST   thanks.withdraw                  ok   ok   ok   ok   ok   ok
POST   thanks.agree_own                 in   no   ok   no   no   no
POST   thanks.withdraw_own              in   no   ok   no   no   no
POST   thanks.take_off                  in   no   no   ok   ok   no
POST   open311.add_update               no   no   no   no   no   no
POST   open311.create                   no   no   no   no   no   no
GET    open311.definition               ok   ok   ok   ok   ok   ok
GET    open311.discovery                ok   ok   ok   ok   ok   ok
GET    open311.nothing                  none none none none none none
POST   open311.nothing                  none none none none none none
GET    open311.requests                 ok   ok   ok   ok   ok   ok
GET    open311.services                 ok   ok   ok   ok   ok   ok
GET    open311.show                     ok   ok   ok   ok   ok   ok
GET    open311.token                    ok   ok   ok   ok   ok   ok
GET    open311.updates                  ok   ok   ok   ok   ok   ok
GET    newsroom.index                   in   no   no   no   no   no   ok   ok   ok
POST   newsroom.start                   in   no   no   no   no   no   ok   ok   ok
GET    newsroom.article                 in   no   no   no   no   no   ok   ok   ok
GET    review.show                      in   no   no   no   no   no   ok   ok   ok
POST   review.comment                   in   no   no   no   no   no   ok   ok   ok
POST   review.settle                    in   no   no   no   no   no   ok   ok   ok
POST   review.approve                   in   no   no   no   no   no   no   ok   ok
POST   review.request_changes           in   no   no   no   no   no   no   ok   ok
GET    review.correcting                in   no   no   no   no   no   no   ok   ok
POST   review.correct                   in   no   no   no   no   no   no   ok   ok
POST   review.move_event                in   no   no   no   no   no   no   ok   ok
POST   review.cancel_event              in   no   no   no   no   no   no   ok   ok
POST   newsroom.drop                    in   no   no   no   no   no   ok   ok   ok
POST   newsroom.reopen                  in   no   no   no   no   no   late ok   ok
POST   newsroom.put_online              in   no   no   no   no   no   no   no   ok
POST   newsroom.keep_offline            in   no   no   no   no   no   no   no   ok
GET    editor.show                      in   no   no   no   no   no   ok   ok   ok
POST   editor.save                      in   no   no   no   no   no   ok   ok   ok
POST   editor.pen                       in   no   no   no   no   no   ok   ok   ok
POST   editor.import_file               in   no   no   no   no   no   ok   ok   ok
POST   editor.pasted                    in   no   no   no   no   no   ok   ok   ok
POST   editor.preview                   in   no   no   no   no   no   ok   ok   ok
POST   editor.hints                     in   no   no   no   no   no   ok   ok   ok
POST   editor.submit                    in   no   no   no   no   no   ok   ok   ok
POST   editor.take_back                 in   no   no   no   no   no   ok   ok   ok
GET    editor.image                     in   no   no   no   no   no   ok   ok   ok
POST   editor.add_image                 in   no   no   no   no   no   ok   ok   ok
POST   editor.describe_image            in   no   no   no   no   no   ok   ok   ok
POST   editor.set_cover                 in   no   no   no   no   no   ok   ok   ok
GET    editor.revisions                 in   no   no   no   no   no   ok   ok   ok
POST   editor.restore                   in   no   no   no   no   no   ok   ok   ok
GET    issues.index                     in   no   no   no   no   no   ok   ok   ok
POST   issues.create                    in   no   no   no   no   no   no   ok   ok
GET    issues.show                      in   no   no   no   no   no   ok   ok   ok
POST   issues.change                    in   no   no   no   no   no   no   ok   ok
POST   issues.add_slot                  in   no   no   no   no   no   no   ok   ok
POST   issues.change_slot               in   no   no   no   no   no   no   ok   ok
POST   issues.fill_slot                 in   no   no   no   no   no   no   ok   ok
POST   issues.begin_slot                in   no   no   no   no   no   ok   ok   ok
POST   issues.remove_slot               in   no   no   no   no   no   no   ok   ok
POST   issues.order                     in   no   no   no   no   no   no   ok   ok
POST   issues.send                      in   no   no   no   no   no   no   ok   ok
GET    issues.signing                   in   no   no   no   no   no   no   ok   ok
POST   issues.sign                      in   no   no   no   no   no   no   no   ok
POST   issues.back                      in   no   no   no   no   no   no   no   ok
POST   issues.schedule                  in   no   no   no   no   no   no   no   ok
POST   issues.unschedule                in   no   no   no   no   no   no   no   ok
GET    posters.index                    in   no   no   no   no   no   no   ok   ok
GET    posters.show                     in   no   no   no   no   no   no   ok   ok
GET    posters.preview                  in   no   no   no   no   no   no   ok   ok
GET    posters.pdf                      in   no   no   no   no   no   no   ok   ok
GET    posters.long_picture             in   no   no   no   no   no   no   ok   ok
GET    posters.public                   ok   ok   ok   ok   ok   ok   ok   ok   ok
GET    boards.index                     in   no   no   no   no   no   no   ok   ok
POST   boards.create                    in   no   no   no   no   no   no   ok   ok
POST   boards.change                    in   no   no   no   no   no   no   ok   ok
POST   boards.use                       in   no   no   no   no   no   no   ok   ok
POST   boards.remove                    in   no   no   no   no   no   no   ok   ok
GET    wechat.issue                     in   no   no   no   no   no   no   ok   ok
GET    wechat.article                   in   no   no   no   no   no   no   ok   ok
GET    wechat.preview                   in   no   no   no   no   no   no   ok   ok
GET    wechat.pictures                  in   no   no   no   no   no   no   ok   ok
"""


def _row(met: list[str]) -> tuple[str, ...]:
    stranger, first, rest = met[1], met[: len(WHO)], met[len(WHO) :]
    inbox = rest if len(rest) == len(INBOX) else [stranger] * len(INBOX)
    newsroom = rest if len(rest) == len(NEWSROOM) else [stranger] * len(NEWSROOM)
    return (*first, *inbox, *newsroom)


ROWS = {(method, name): _row(met) for method, name, *met in map(str.split, TABLE.strip().splitlines())}

# What each part of an address is, where it is not what DEFAULTS says.
DEFAULTS = {
    "no": "item", "claim_id": "claim", "pickup_id": "pickup_at_desk", "user_id": "person", "row_id": "job",
    "session_id": "device", "slug": "guide", "token_id": "token", "notification_id": "notice", "key": "photo",
    "webhook_id": "webhook", "rule_id": "rule", "answer_id": "suggestion", "appeal_id": "appeal", "month": "month",
    "template_id": "template", "article_id": "article_draft", "issue_id": "issue_planned", "number": "issue_out",
    "slot_id": "slot", "image_id": "article_image", "event_id": "event", "mailing_id": "mailing",
    "take_id": "take", "difference_id": "difference", "line": "line",
    "import_id": "import", "search_id": "search", "thread_id": "thread",
    "disposal_id": "disposal", "protocol_id": "protocol",
    "pair_id": "pair",
}  # fmt: skip
# The number in the addresses of the inbox is a case's.
BLUEPRINTS = {
    "inbox": "case",
    "triage": "to_triage",
    "publishing": "flagged_case",
    "feedback": "case",
    "api_feedback": "case",
    "open311": "case_public",
}
_REPORT = {"no": "lost"}
_COLLECTED = {"claim_id": "claim_shown"}
PARTS: dict[str, dict[str, str]] = {
    "accounts.confirm": {"token": "confirm"},
    "compass.article": {"slug": "slug"},
    "compass.online": {"slug": "early_slug"},
    "subscribing.manage": {"token": "reader"},
    "subscribing.confirm": {"token": "reader"},
    "subscribing.change": {"token": "reader"},
    "subscribing.ask_end": {"token": "reader"},
    "subscribing.end": {"token": "reader"},
    "admin_webhooks.delete": {"webhook_id": "webhook_off"},
    "accounts.reset": {"token": "reset"},
    "lostfound.receipt": {"token": "receipt"},
    "thanks.agree": {"token": "receipt"},
    "thanks.withdraw": {"token": "thanked_receipt"},
    "thanks.agree_own": {"no": "own_find"},
    "thanks.withdraw_own": {"no": "own_find"},
    "thanks.take_off": {"no": "thanked"},
    "following.ask_stop": {"token": "stop"},
    "following.stop": {"token": "stop"},
    "letters.ask": {"no": "lost_by_wu"},
    "letters.contact": {"no": "kept"},
    "media.take_back": {"key": "waiting_photo"},
    "media.show": {"key": "proof_photo"},
    "desk.claims_of": {"no": "claimed"},
    "desk.hand_in": {"no": "kept"},
    "desk.receive": {"no": "moving"},
    "stocktakes.abandon": {"take_id": "take_dropped"},
    "watch.refuse": {"no": "moving"},
    "watch.take_back": {"no": "moving"},
    "watch.change_content": {"no": "wallet"},
    "watch.remove_content": {"no": "wallet"},
    "watch.count_cash": {"no": "purse"},
    "api_custody.refuse": {"no": "moving"},
    "api_custody.take_back": {"no": "moving"},
    "api_custody.count_cash": {"no": "purse"},
    "announcing.notice": {"month": "notice_month"},
    "announcing.paper": {"month": "notice_month"},
    "desk.reissue_code": {"claim_id": "claim_aborted"},
    "desk.counter": {"pickup_id": "pickup_shown"},
    "lostfound.confirm_receipt": _COLLECTED,
    "lostfound.pickup_state": _COLLECTED,
    "lostfound.appeal": {"claim_id": "rejected"},
    "lostfound.choose_slot": {"claim_id": "approved"},
    "lostfound.recovered": _REPORT,
    "lostfound.change": {"no": "own_find"},
    "api_lostfound.change": {"no": "own_find"},
    "lostfound.renew": _REPORT,
    "lostfound.withdraw": _REPORT,
    "api_lostfound.hand_in": {"no": "kept"},
    "api_lostfound.receive": {"no": "moving"},
    "api_lostfound.recover": _REPORT,
    "api_lostfound.renew": _REPORT,
    "api_lostfound.withdraw": _REPORT,
    "api_lostfound.confirm_receipt": _COLLECTED,
    "api_lostfound.appeal": {"claim_id": "rejected"},
    "api_lostfound.choose_slot": {"claim_id": "approved"},
    "publishing.remove_recipient": {"user_id": "recipient"},
    "feedback.answer": {"answer_id": "public_answer"},
    "feedback.verdict": {"no": "case_answered"},
    "feedback.reopen": {"no": "case_answered"},
    "feedback.follow": {"no": "case_public"},
    "feedback.unfollow": {"no": "case_public"},
    "api_feedback.give_verdict": {"no": "case_answered"},
    "api_feedback.reopen": {"no": "case_answered"},
    "triage.adjudicate": {"no": "returned_twice"},
    "triage.split": {"no": "case_routed"},
    "open311.token": {"token": "case_public"},
    "review.show": {"article_id": "article_submitted"},
    "review.comment": {"article_id": "article_submitted"},
    "review.settle": {"article_id": "article_submitted", "comment_id": "comment"},
    "review.approve": {"article_id": "article_submitted"},
    "review.request_changes": {"article_id": "article_submitted"},
    "review.correcting": {"article_id": "article_bound"},
    "review.correct": {"article_id": "article_bound"},
    "review.move_event": {"article_id": "article_bound"},
    "review.cancel_event": {"article_id": "article_bound"},
    "newsroom.drop": {"article_id": "article_changes"},
    "newsroom.reopen": {"article_id": "article_dropped"},
    "newsroom.put_online": {"article_id": "article_approved"},
    "newsroom.keep_offline": {"article_id": "article_waiting"},
    "editor.take_back": {"article_id": "article_submitted"},
    "wechat.article": {"slug": "slug"},
    "issues.begin_slot": {"slot_id": "slot_empty"},
    "issues.remove_slot": {"slot_id": "slot_empty"},
    "issues.signing": {"issue_id": "issue_in_review"},
    "issues.sign": {"issue_id": "issue_in_review"},
    "issues.back": {"issue_id": "issue_signed"},
    "issues.schedule": {"issue_id": "issue_signed"},
    "issues.unschedule": {"issue_id": "issue_scheduled"},
}
FIXED = {"filename": "css/site.css", "size": 320, "revision": 1, "mail_id": 1, "kind": "csv", "department": "logistics"} | {
    "format": "xml", "code": "repair", "rest": "nothing.json", "section": "events",
}  # fmt: skip
# One address that stands for several steps: each with a case that is where the step can be made.
STEPS = {
    "inbox.act": {
        "accept": "case_routed", "return": "to_correct", "offer": "case_accepted", "handover": "case_offered",
        "assign": "case", "extend": "case", "change": "case", "merge": "case_linked", "link": "case_into",
        "split": "case_adjudicated", "decide": "case_submitted",
    },
}  # fmt: skip

_POST = {"title": "雨伞", "category": "umbrella", "place": "图书馆"}
_CASE = {"body": "食堂二楼的洗手池堵了两天", "kind": "request", "anonymous": True}
_VERDICT = {"solved": True, "rating": 5}
_CLAIM = {"answer": "伞柄缠了胶带", "when_where": "昨天，图书馆"}
# A form that goes through, where an empty one would be sent back before anybody asks who sent it.
BODIES: dict[str, dict[str, Any]] = {
    "post_lost": _POST, "post_found": _POST, "lostfound.change": _POST, "api_lostfound.change": _POST, "take_in": _POST | {"desk": "centre"}, "hand_in": {"desk": "centre"},
    "move": {"desk": "centre"}, "hand_over": {"destination": "police", "to": "派出所"}, "make_claim": _CLAIM, "claim": _CLAIM,
    "take_in_card": {"number": "2026119999", "desk": "gym"},
    "admin_retention.change": {"custody": "ordinary", "days": "90", "reason": "仓库满了"},
    "decide": {"approve": False, "reason": "对不上"}, "appeal": {"text": "是我的"}, "open_pickup": {"code": "000000"},
    "choose_slot": {"slot_at": f"{today()}T08:00:00+08:00"}, "check_identity": {"id_type": "passport", "id_last4": "0001"},
    "identity": {"id_type": "passport", "id_last4": "0001"}, "abort_pickup": {"reason": "对不上"},
    "abort": {"reason": "对不上"}, "counter": {"name": "林小满"}, "choose_desk": {"desk": "gym"},
    "watch.send": {"numbers": "2611-0001", "desk": "gym"}, "watch.receive": {"numbers": "2611-0001"},
    "api_custody.send_things": {"numbers": ["2611-0001"], "desk": "gym"}, "receive_many": {"numbers": ["2611-0001"]},
    "refuse": {"kind": "not_arrived", "note": "袋子里没有"}, "settle": {"note": "找到了"}, "count_item": {"tag": "2611-0001"},
    "start": {"desk": "gym"}, "start_stock_take": {"desk": "gym"}, "count": {"tag": "2611-0001"}, "count_cash": {"yuan": "20"},
    "put_content": {"kind": "other"}, "change_content": {"kind": "cash", "yuan": "20"},
    "set_language": {"locale": "en"}, "grant": {"role": "desk"}, "revoke": {"role": "desk"},
    "create": {"name": "新老师", "email": "new@campus.test"}, "issue_token": {"name": "程序", "days": "30"},
    "feedback.new": _CASE, "send": _CASE, "message": {"body": "再补一句"}, "add_message": {"body": "再补一句"},
    "verdict": _VERDICT, "give_verdict": _VERDICT, "reopen": {"reason": "又不亮了"},
    "act:return": {"reason": "不是我们管的灯"}, "act:offer": {"to": "library", "reason": "灯在图书馆门口"},
    "act:handover": {"accept": "1"}, "act:extend": {"days": "1", "reason": "等配件"}, "act:change": {"urgent": "1"},
    "act:split": {"part_department": "library", "part_body": "门口的那一盏"}, "act:decide": {"approve": "1"},
    "say": {"as": "note", "body": "问过师傅了"}, "record_case": {"body": "食堂的灯坏了", "kind": "request"},
    "add_template": {"name": "已派工", "body": "已经派工。"}, "save_template": {"name": "已派工", "body": "已经派工。"},
    "save_options": {"department": "logistics"}, "decide_appeal": {"uphold": "1", "reason": "确实评错"},
    "adjudicate": {"department": "logistics", "reason": "楼里的灯由后勤处修"},
    "editor.save": {"base": "1", "section": "tips", "title": "宿舍用电"}, "editor.describe_image": {"alt": "分区图"},
    "reads.read": {"publication": "1"}, "reads.scan": {"issue": "1", "board": "repair"},
    "review.approve": {"hash": "0" * 64}, "request_changes": {"reason": "写清几号门"},
    "newsroom.start": {"section": "tips", "title": "宿舍用电"}, "newsroom.put_online": {"when": "now"},
    "boards.create": {"code": "library", "name": "图书馆"}, "boards.change": {"name": "三食堂"}, "boards.use": {"active": "0"},
    "issues.create": {"title": "新学期"}, "issues.change": {"title": "新学期"}, "issues.fill_slot": {"article": ""},
    "add_slot": {"section": "tips", "topic": "宿舍用电"}, "change_slot": {"section": "tips", "topic": "宿舍用电"},
    "thanks.agree": {"finder_name": "张小明", "how": "surname"}, "agree_own": {"how": "surname"},
    "issues.order": {"slots": "1"}, "issues.sign": {"hash": "0" * 64}, "issues.schedule": {"when": "now"},
    "following.keep": {"q": "雨伞", "kind": "found"}, "rhythm": {"rhythm": "daily"}, "contact": {"body": "是红色的吗"},
    "letters.reply": {"body": "是红色的吗"}, "search_words.delete": {"id": "1"},
}  # fmt: skip


@pytest.fixture
def things(app: Flask, people: Cast) -> Things:
    """One of everything, with a notice of 林小满's."""
    made = one_of_everything(people)
    mine = select(Notification.id).where(Notification.user_id == people.lin.id)
    BODIES["act:merge"] = BODIES["act:link"] = {"into": made["case"], "other": made["case"]}
    BODIES["figures.appeal"] = {"no": made["case_scored"], "reason": "同学评错了一件"}
    bank = [made["bank_card"]]
    BODIES["propose"] = {"items": bank, "destination": "destroyed", "reason": "无人认领"}
    BODIES["hand_over_many"] = {"items": bank, "destination": "issuer", "to": "江城银行"}
    BODIES["keeping.sign"] = BODIES["api_keeping.sign"] = {"disposals": [made["disposal"]]}
    BODIES["track"] = {"receipt": made["case_receipt"]}
    BODIES["act:assign"] = {"user_id": people.colleague.id}
    BODIES["assign_many"] = BODIES["act:assign"] | {"numbers": made["case"]}
    return made | {"notice": db.session.scalars(mine).first()}


def _addresses(app: Flask, things: Things) -> Iterator[tuple[str, str, str]]:
    """Method, endpoint (and step) and path of everything the site answers."""
    for rule in app.url_map.iter_rules():
        blueprint = rule.endpoint.partition(".")[0]
        number = {"no": BLUEPRINTS[blueprint]} if blueprint in BLUEPRINTS else {}
        for step, no in STEPS.get(rule.endpoint, {"": ""}).items():
            names = DEFAULTS | number | PARTS.get(rule.endpoint, {}) | ({"no": no} if no else {})
            fixed = FIXED | ({"step": step} if step else {})
            given = rule.defaults or {}
            parts = {
                name: given.get(name) or fixed.get(name) or things[names[name]] for name in rule.arguments
            }
            path = app.url_map.bind("campus.test").build(rule.endpoint, parts)
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, f"{rule.endpoint}:{step}" if step else rule.endpoint, path


def _send(client: FlaskClient, method: str, endpoint: str, path: str) -> TestResponse:
    bodies = BODIES.get(endpoint) or BODIES.get(endpoint.partition(".")[2], {})
    body = bodies if method == "POST" else {}
    if path.startswith("/api/"):
        return client.open(path, method=method, json=body, buffered=True)
    return client.open(path, method=method, data=body, headers={"Accept": "text/html"}, buffered=True)


def _met(answer: TestResponse) -> str:
    """What the table calls this answer."""
    status = answer.status_code
    if status == 401 or (status == 302 and answer.location.startswith("/sign-in")):
        return "in"
    return {403: "no", 404: "none"}.get(
        status, "ok" if status < 500 and status not in (400, 405) else str(status)
    )


def _client_of(app: Flask, people: Cast, who: str, sign_in: SignInAs) -> FlaskClient:
    person = {
        "stranger": people.wu,
        "owner": people.lin,
        "desk": people.desk,
        "security": people.he,
        "admin": people.admin,
        "recipient": people.auditor,
        "outsider": people.librarian,
    } | {name: getattr(people, name) for name in ("officer", "head", "coordinator", *NEWSROOM) if name == who}
    return app.test_client() if who == "visitor" else sign_in(app.test_client(), person[who])


def _everything_there() -> dict[str, list[str]]:
    """What every table holds; of sessions only which there are, for each use of one is noted."""
    db.session.rollback()
    tables = Base.metadata.sorted_tables
    columns = {table.name: table.c if table.name != "sign_ins" else [table.c.id] for table in tables}
    return {name: sorted(map(repr, db.session.execute(select(*of)))) for name, of in columns.items()}


# --- who may what -------------------------------------------------------------------------------------------------


def test_every_address_has_its_row(app: Flask, things: Things) -> None:
    there = {(method, endpoint) for method, endpoint, _path in _addresses(app, things)}
    assert there == set(ROWS)


@pytest.mark.parametrize("who", EVERYBODY)
def test_everybody_meets_what_the_table_says(
    who: str, app: Flask, people: Cast, sign_in: SignInAs, things: Things
) -> None:
    column, wrong = EVERYBODY.index(who), []
    # Reading first: what is sent afterwards changes the things.
    for method, endpoint, path in sorted(_addresses(app, things), key=lambda address: address[0] != "GET"):
        answer = _send(_client_of(app, people, who, sign_in), method, endpoint, path)
        expected = ROWS[method, endpoint][column]
        met = "late" if expected == "late" and answer.status_code == 409 else _met(answer)
        if met != expected:
            wrong.append(
                f"{method} {path} ({endpoint}): {answer.status_code} for the {who}, expected “{expected}”"
            )
    assert not wrong, "\n".join(wrong)


def test_reading_never_writes(app: Flask, people: Cast, sign_in: SignInAs, things: Things) -> None:
    clients = {who: _client_of(app, people, who, sign_in) for who in EVERYBODY}
    before = _everything_there()
    for who, client in clients.items():
        for method, endpoint, path in _addresses(app, things):
            if method == "GET":
                _send(client, method, endpoint, path)
        assert _everything_there() == before, f"the {who} changed something by reading"


def test_nothing_is_changed_without_the_token_of_a_page(
    app: Flask, people: Cast, sign_in: SignInAs, things: Things
) -> None:
    app.config["WTF_CSRF_ENABLED"] = True
    client = _client_of(app, people, "security", sign_in)
    before = _everything_there()
    changing = [address for address in _addresses(app, things) if address[0] != "GET"]
    # Programs that speak Open311 bring a key instead; a cookie means nothing to them. A mail program that unsubscribes with
    # one click (RFC 8058) brings the token in the address, and no cookie either. A page that tells it was read changes
    # a count and nothing else; without the Origin that browsers send, not even that.
    met = {
        address: 403 if address[1].startswith("open311.") else 400
        for address in changing
        if address[1]
        not in ("open311.nothing", "subscribing.end", "following.stop", "reads.read", "reads.scan")
    }
    assert {address: _send(client, *address).status_code for address in met} == met
    assert _everything_there() == before


# --- what every answer carries ------------------------------------------------------------------------------------

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=()",
}
POLICY = re.compile(
    r"default-src 'self'; script-src 'nonce-([\w-]{20,})' 'strict-dynamic'; style-src 'self'; img-src 'self' data: blob:; "
    r"object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


def _has_the_headers(answer: TestResponse) -> None:
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    policy = answer.headers["Content-Security-Policy"]
    # A picture is confined even more: should a browser take it for a page, it may run and load nothing.
    assert POLICY.fullmatch(policy) or policy == "sandbox; default-src 'none'", policy


def test_every_answer_carries_the_security_headers(
    app: Flask, people: Cast, sign_in: SignInAs, things: Things
) -> None:
    client = _client_of(app, people, "owner", sign_in)
    for method, endpoint, path in _addresses(app, things):
        _has_the_headers(_send(client, method, endpoint, path))


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/static/nothing.css", 404),
        ("POST", "/lost-found", 405),
        ("GET", "/lost-found/9999-9999", 404),
        ("GET", "/api/v1/lost-found/9999-9999", 404),
        ("POST", "/sign-out", 400),
    ],
)
def test_errors_carry_them_too(client: FlaskClient, method: str, path: str, status: int) -> None:
    client.application.config["WTF_CSRF_ENABLED"] = True
    answer = client.open(path, method=method, buffered=True)
    assert answer.status_code == status
    _has_the_headers(answer)


def test_a_crash_carries_them_too_and_tells_nothing(app: Flask, client: FlaskClient) -> None:
    def crash() -> str:
        raise RuntimeError("the secret of the house")

    app.config["TESTING"] = False
    app.view_functions["home"] = crash
    answer = client.get("/")
    assert answer.status_code == 500
    assert "secret of the house" not in answer.text
    _has_the_headers(answer)


def test_each_page_has_its_own_nonce_and_its_scripts_carry_it(client: FlaskClient) -> None:
    pages = [client.get("/"), client.get("/")]
    nonces = [POLICY.fullmatch(page.headers["Content-Security-Policy"])[1] for page in pages]  # type: ignore[index]
    assert nonces[0] != nonces[1]
    for page, nonce in zip(pages, nonces, strict=True):
        assert re.findall(r"<script\b[^>]*>", page.text)
        assert all(f'nonce="{nonce}"' in tag for tag in re.findall(r"<script\b[^>]*>", page.text))


# What is the same for everybody, and names nobody.
FOR_ALL = {"static", "media.show", "feeds.atom", "feeds.json", "feeds.section_atom", "feeds.section_json"} | {
    "events.everything", "events.of_section", "events.one",
}  # fmt: skip


def test_no_answer_to_a_person_is_kept_by_caches_in_between(
    app: Flask, people: Cast, sign_in: SignInAs, things: Things
) -> None:
    client = _client_of(app, people, "owner", sign_in)
    for method, endpoint, path in _addresses(app, things):
        if method == "GET" and endpoint not in FOR_ALL:
            kept = _send(client, method, endpoint, path).headers["Cache-Control"]
            assert "private" in kept or "no-store" in kept, f"{path}: {kept}"


def test_over_https_the_browser_stays_there_and_the_cookie_too(settings: Settings) -> None:
    app = create_app(settings.model_copy(update={"base_url": "https://campus.test"}))
    answer = app.test_client().get("/sign-in?lang=en", base_url="https://campus.test")
    with app.app_context():
        db.engine.dispose()
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-session=")
    assert all(word in cookie for word in ("Secure", "HttpOnly", "SameSite=Lax", "Path=/"))
