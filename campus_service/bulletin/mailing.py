"""The bulletin by mail: letters composed once for each choice of sections, sent copy by copy, resumed after any crash."""

from __future__ import annotations

import smtplib
import socket
from base64 import encodebytes
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP, EmailPolicy
from email.utils import localtime
from time import monotonic
from urllib.parse import urlsplit

import css_inline
import structlog
from flask import current_app
from sqlalchemy.orm import Session

from campus_service.bulletin.models import Correction, Issue, Mailing, Publication, Subscriber
from campus_service.bulletin.service import sending, subscribing
from campus_service.bulletin.service.sending import Copy
from campus_service.bulletin.states import DeliveryState, MailingKind
from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.core.i18n import LANGUAGE_TAGS, _, force_locale
from campus_service.core.settings import settings
from campus_service.notifications import inbound, mail
from campus_service.notifications.inbound import Inbound
from campus_service.notifications.models import DemoMail

log = structlog.get_logger(__name__)
# One run of the job ends after so many seconds, well before its lease; the next one goes on.
RUN_S = 60.0
# Before the next run: the server may have said "not now", or a domain has had its share of this minute.
BREAK = timedelta(seconds=5)
# Before the server is tried again that was not there, or takes nothing from us.
AWAY = timedelta(minutes=1)
FOR_GOOD = 5
_States = tuple[DeliveryState, ...]
# A line with letters that are not ASCII has 76 at most (RFC 2047 2).
_FOLDED = SMTP.clone(max_line_length=76)


class _Policy(EmailPolicy):
    """No link is folded: some programs do not find one that begins on a second line. Words are (RFC 2047 2)."""

    def fold_binary(self, name: str, value: str) -> bytes:
        """One header as it is sent."""
        whole = name.startswith(("List-", "Message-"))
        return super().fold_binary(name, value) if whole else _FOLDED.fold_binary(name, value)


_UNFOLDED = _Policy(linesep="\r\n", max_line_length=998)


# What stands in a letter where each reader's own things go.
MANAGE = "https://manage.invalid/"
_ANYBODY = Copy(0, "reader@anybody.invalid", "", "token-of-anybody", True, ())
_TEXT, _HTML = "text-of-letter", "html-of-letter"


@dataclass(frozen=True, slots=True)
class Letter:
    """What readers with the same choice get; ``MANAGE`` stands for each one's own link."""

    text: str
    html: str
    subject: str
    # The mail to _ANYBODY with _TEXT and _HTML as its parts: making the headers anew for each reader takes too long.
    envelope: bytes


class ServerAway(smtplib.SMTPException):
    """The server takes nothing from us now, whoever it is for."""


def ask_reader(subscriber_id: int) -> None:
    """Ask an address to confirm; one that reads us already gets the link to its choices."""
    row = db.session.get(Subscriber, subscriber_id)
    if row is None or row.ended_at is not None:
        return
    known = subscribing.reads(row)
    link = f"{settings().base_url}/compass/subscription/{row.token}"
    template = "bulletin/known" if known else "bulletin/ask"
    mail.send(
        mail.compose(row.email, row.locale, template, {"link": link}, f"reader-{row.id}-{row.token[:8]}")
    )


def send_mailing(mailing_id: int, turn: int = 0) -> None:
    """Send what is left of a mailing, for RUN_S seconds at most; the rest is promised to another run.

    ``turn``: 0 and 1 in turn: a job that asks for itself again while it runs would be run at once.
    """
    with transaction():
        mailing = db.session.get_one(Mailing, mailing_id)
        sending.write_copies(mailing)
        sending.take_back(mailing_id)
    until, letters, trouble = monotonic() + RUN_S, _Letters(mailing), ""
    while monotonic() < until and not trouble and not _paused(mailing_id):
        with transaction():
            copies = sending.claim(mailing_id)
        if not copies:
            break
        try:
            trouble = _send_batch(copies, letters)
        finally:
            with transaction():
                sending.give_back(copy.id for copy in copies)
    with transaction():
        sending.trouble(mailing_id, trouble)
        if not sending.finish(mailing_id) and not _paused(mailing_id):
            sending.go_on(mailing_id, 1 - turn, AWAY if trouble else BREAK)


def _paused(mailing_id: int) -> bool:
    row = db.session.get(Mailing, mailing_id, populate_existing=True)
    return row is None or row.paused_at is not None


def _send_batch(copies: list[Copy], letters: _Letters) -> str:
    """Send some copies over one connection; returns why the server took nothing more, empty when it did."""
    if settings().mail_url == "page:":
        with transaction() as session:
            for copy in copies:
                _to_page(session, copy, letters.of(copy))
        return ""
    taken: list[int] = []
    try:
        with _connected() as server:
            for copy in copies:
                _send_one(server, copy, letters, taken)
    except (OSError, smtplib.SMTPException) as error:
        # What was not handed over waits again (sending.give_back).
        log.warning("the mail server ended a batch", error=type(error).__name__)
        return str(error) if isinstance(error, ServerAway) else type(error).__name__
    finally:
        with transaction():
            sending.sent(taken)
    return ""


def _to_page(session: Session, copy: Copy, letter: Letter | None) -> None:
    """On a site without a mail server (the demo) mails are read on a page."""
    if letter is None:
        sending.skip(copy.id)
        return
    body = letter.text.replace(MANAGE, manage_link(copy))
    session.add(DemoMail(to=copy.email, subject=letter.subject, body=body, created_at=now()))
    sending.sent([copy.id])


@contextmanager
def _connected() -> Iterator[smtplib.SMTP]:
    server = mail.connection(urlsplit(settings().mail_url))
    assert server.sock  # noqa: S101  # it is connected
    # The last dot goes alone: it must not wait for the network to gather more.
    server.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        yield server
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        server.close()


def _send_one(server: smtplib.SMTP, copy: Copy, letters: _Letters, taken: list[int]) -> None:
    """Everything but the end of the mail, a note in the database, the end: a crash in between doubles nothing.

    ``taken``: copies the server has said yes to; they are noted with the next one, for each note costs a write to disk.
    Raises ServerAway, smtplib.SMTPException and OSError when the connection is of no more use.
    """
    letter = letters.of(copy)
    if letter is None:
        with transaction():
            sending.skip(copy.id)
        return
    _begin(server, copy)
    if not _names_reader(server, copy):
        return
    server.send(on_the_wire(letter, copy))
    with transaction():
        ours = sending.handed(copy.id, taken)
    taken.clear()
    if not ours:
        # Without its end the server does not take the mail.
        raise smtplib.SMTPServerDisconnected("another sender has this copy")
    server.send(b".\r\n")
    code, words = server.getreply()
    if code < 400:
        taken.append(copy.id)
    else:
        _note(copy, code, words, sending.refused, sending.AFTER_END)


def _begin(server: smtplib.SMTP, copy: Copy) -> None:
    """Name us as the sender; a server that will not have us has nothing to say about readers."""
    sender = inbound.signed_address("bounce", copy.id) if settings().inbound_port else settings().mail_from
    code, words = server.mail(sender)
    if code >= 400:
        raise ServerAway(_said(code, words))


def _names_reader(server: smtplib.SMTP, copy: Copy) -> bool:
    """Name the reader; False when the server takes no mail for him, which is noted."""
    code, words = server.rcpt(copy.email)
    # 5.7.x is about rules of the server, not about the address (RFC 3463 3.8).
    no_more = sending.refused if words.startswith(b"5.7") else sending.unknown
    if code < 400:
        code, words = server.docmd("DATA")
        no_more = sending.refused
    if code < 400:
        return True
    _note(copy, code, words, no_more)
    server.rset()
    return False


def _note(
    copy: Copy,
    code: int,
    words: bytes,
    for_good: Callable[[int, str, _States], None],
    before: _States = sending.BEFORE_END,
) -> None:
    said = _said(code, words).replace(copy.email, "<address>")
    with transaction():
        (for_good if code // 100 == FOR_GOOD else sending.later)(copy.id, said, before)


def _said(code: int, words: bytes) -> str:
    return f"{code} {mail.one_line(words.decode('utf-8', 'replace'))}"


def on_the_wire(letter: Letter, copy: Copy) -> bytes:
    """One reader's copy as SMTP sends it, but for the last dot; no line of it begins with one (RFC 5321 4.5.2)."""
    link = manage_link(copy)
    made = letter.envelope
    for ours, theirs in (
        (_ANYBODY.email, copy.email),
        (_ANYBODY.token, copy.token),
        (f"<delivery-{_ANYBODY.id}@", f"<delivery-{copy.id}@"),
    ):
        made = made.replace(ours.encode(), theirs.encode())
    for place, part in ((_TEXT, letter.text), (_HTML, letter.html)):
        made = made.replace(_encoded(place), _encoded(part.replace(MANAGE, link)))
    return made


def _encoded(part: str) -> bytes:
    """A part of a mail in Base64, lines as SMTP ends them (RFC 2045 6.8)."""
    text = "".join(f"{line}\r\n" for line in part.splitlines())
    return encodebytes(text.encode()).replace(b"\n", b"\r\n")


def _envelope(subject: str, locale: str) -> bytes:
    """The mail to anybody, with the headers of RFC 8058 and RFC 2919; nothing in it changes on the way (DKIM)."""
    made, sender = EmailMessage(policy=_UNFOLDED), settings().mail_from
    domain, link = sender.rpartition("@")[2], manage_link(_ANYBODY)
    made["To"] = Address(addr_spec=_ANYBODY.email)
    with force_locale(locale):
        made["From"] = Address(mail.one_line(_("校园指南针")), addr_spec=sender)
    made["Subject"] = subject
    made["Date"] = localtime(now())
    made["Message-ID"] = f"<delivery-{_ANYBODY.id}@{domain}>"
    made["List-Id"] = f"<compass.{domain}>"
    made["List-Unsubscribe"] = f"<{link.replace('/subscription/', '/unsubscribe/')}>"
    made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    made["Auto-Submitted"] = "auto-generated"
    made["Precedence"] = "bulk"
    made.set_content(_TEXT, cte="base64")
    made.add_alternative(_HTML, subtype="html", cte="base64")
    return made.as_bytes()


def manage_link(copy: Copy) -> str:
    """Where a reader changes his choice."""
    return f"{settings().base_url}/compass/subscription/{copy.token}"


class _Letters:
    """The letters of one mailing, each composed once."""

    def __init__(self, mailing: Mailing) -> None:
        self._mailing = mailing
        self._made: dict[tuple[str, tuple[int, ...]], Letter] = {}
        self._articles = sending.articles_of(mailing)
        # Read once: a row is forgotten with each commit.
        self._all = tuple(each.id for each in self._articles)
        self._sections = {each.id: each.section.value for each in self._articles}
        self._by_choice = mailing.kind is MailingKind.ISSUE

    def of(self, copy: Copy) -> Letter | None:
        """The letter for a reader's language and choice; None when he has had everything in it."""
        chosen = self._chosen(copy)
        key = (copy.locale, chosen)
        if chosen and key not in self._made:
            with force_locale(copy.locale):
                articles = [each for each in self._articles if each.id in chosen]
                self._made[key] = self._compose(copy.locale, articles)
        return self._made.get(key)

    def _chosen(self, copy: Copy) -> tuple[int, ...]:
        if copy.whole or not self._by_choice:
            return self._all
        sections = self._sections.items()
        return tuple(id for id, section in sections if section in copy.sections and id not in copy.had)

    def _compose(self, locale: str, articles: list[Publication]) -> Letter:
        subject, intro = self._head(articles)
        pieces = [
            {
                "kind": str(each.section.label),
                "title": each.title,
                "lede": each.lede,
                "link": self._link(each),
            }
            for each in articles
        ]
        lines = [f"{each['title']}\n{each['lede']}\n{each['link']}" for each in pieces]
        foot = f"{_('你收到这封信，是因为订阅了《校园指南针》。')}{_('改栏目或退订')}\n{MANAGE}"
        text = "\n\n".join(filter(None, [subject, intro, *lines, foot])) + "\n"
        html = current_app.jinja_env.get_template("mail/bulletin/letter.html").render(
            subject=subject,
            intro=intro,
            pieces=pieces,
            manage=MANAGE,
            lang=LANGUAGE_TAGS.get(locale, "zh-CN"),
        )
        subject = mail.one_line(subject)
        page = css_inline.inline(html, keep_style_tags=False)
        return Letter(text, page, subject, _envelope(subject, locale))

    def _head(self, articles: list[Publication]) -> tuple[str, str]:
        """The subject, and what is said above the articles."""
        if self._mailing.kind is MailingKind.ISSUE:
            issue = db.session.get_one(Issue, self._mailing.issue_id)
            words = {"n": issue.number, "title": issue.title}
            return _("《校园指南针》第 %(n)s 期：%(title)s", **words), issue.lede
        if self._mailing.kind is MailingKind.ARTICLE:
            return articles[0].title, ""
        correction = db.session.get_one(Correction, self._mailing.correction_id)
        change = _("原来写的是“%(wrong)s”，应为“%(right)s”。", wrong=correction.wrong, right=correction.right)
        return _("勘误：%(title)s", title=articles[0].title), f"{change} {correction.note}".strip()

    @staticmethod
    def _link(article: Publication) -> str:
        issue = db.session.get(Issue, article.issue_id) if article.issue_id else None
        middle = str(issue.number) if issue else "online"
        return f"{settings().base_url}/compass/{middle}/{article.slug}"


# --- mails that come back -----------------------------------------------------------------------------------------


def come_back(ids: tuple[int, ...], returned: Inbound) -> None:
    """A copy came back to the address it was sent from, which names it (VERP)."""
    if returned.status:
        sending.bounce(ids[0], returned.status)


inbound.register_address("bounce", come_back, automatic=True)
