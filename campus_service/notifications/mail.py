"""Writing and sending mails: plain text with a simple HTML twin, over SMTP or onto the demo's page."""

from __future__ import annotations

import re
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import localtime
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit

from flask import current_app
from sqlalchemy import delete

from campus_service.core.clock import now
from campus_service.core.db import db, transaction
from campus_service.core.i18n import LANGUAGE_TAGS, _, force_locale, lazy
from campus_service.core.page import site_name
from campus_service.core.settings import settings
from campus_service.jobs import Permanent
from campus_service.notifications.models import DemoMail

TIMEOUT_S = 10
DEMO_KEEPS = 500
FOR_GOOD = 5
# What stands below it in an answer is ours: quoting.py knows it in both languages.
MARKER = lazy("—— 请在此行以上回复 ——")
_ADDRESS = re.compile(r"[^\s<>(){}\[\]:;,'\"]+@[^\s<>(){}\[\]:;,'\"]+")
_LINK = re.compile(r"https?://\S+")
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Undelivered(Exception):
    """The server did not take the mail now; the message names neither sender nor recipient."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail ready to go. ``key`` names it for good: the same key sent twice is recognisable as one mail.

    ``reply_to``: where its answer goes, "" for nowhere. ``thread``: mails with the same one are one conversation.
    ``stop``: the address that ends mails like it with one click, "" for none.
    """

    to: str
    locale: str
    subject: str
    text: str
    key: str
    reply_to: str = ""
    thread: str = ""
    stop: str = ""


def compose(to: str, locale: str, template: str, params: dict[str, Any], key: str) -> Mail:
    """Fill templates/mail/<template>.txt in ``locale``: its first line is the subject, the rest the text."""
    with force_locale(locale):
        page = current_app.jinja_env.get_template(f"mail/{template}.txt")
        filled = page.render({"base_url": settings().base_url, "site_name": site_name()} | params)
    subject, _line, text = filled.strip().partition("\n")
    return Mail(to, locale, one_line(subject), text.strip() + "\n", key)


def one_line(words: str) -> str:
    """``words`` without line ends and other characters a header must not hold."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in words).split())


def send(mail: Mail) -> None:
    """Hand ``mail`` to the server in CAMPUS_MAIL_URL, or put it onto the demo's page.

    Raises Permanent when recipient or mail is refused for good, Undelivered when a later try may work.
    """
    if settings().mail_url == "page:":
        _to_page(mail)
        return
    message = _message(mail)
    try:
        _deliver(message, mail.to)
    except smtplib.SMTPRecipientsRefused as error:
        raise _refusal(*next(iter(error.recipients.values()))) from None
    except (smtplib.SMTPDataError, smtplib.SMTPSenderRefused) as error:
        raise _refusal(error.smtp_code, error.smtp_error) from None
    except smtplib.SMTPResponseException as error:
        raise Undelivered(_answer(error.smtp_code, error.smtp_error)) from None
    except (OSError, smtplib.SMTPException) as error:
        raise Undelivered(f"{type(error).__name__}: {_ADDRESS.sub('<address>', str(error))}") from None


def _deliver(message: EmailMessage, to: str) -> None:
    server = connection(urlsplit(settings().mail_url))
    try:
        server.send_message(message, settings().mail_from, [to])
        # The mail is taken: a server that fails to say goodbye must not get it twice.
        with suppress(smtplib.SMTPException, OSError):
            server.quit()
    finally:
        server.close()


def _refusal(code: int, reason: bytes | str) -> Exception:
    """5xx means: do not come back with this one; everything else means later."""
    return (Permanent if code // 100 == FOR_GOOD else Undelivered)(_answer(code, reason))


def _answer(code: int, reason: bytes | str) -> str:
    words = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else reason
    return f"the mail server said {code} {_ADDRESS.sub('<address>', one_line(words))}"


def _to_page(mail: Mail) -> None:
    with transaction():
        subject = mail.subject[:300]
        row = DemoMail(to=mail.to[:254], subject=subject, body=mail.text, created_at=now())
        db.session.add(row)
        db.session.flush()
        db.session.execute(delete(DemoMail).where(DemoMail.id <= row.id - DEMO_KEEPS))


def connection(url: SplitResult) -> smtplib.SMTP:
    """A greeted, encrypted and signed-in connection; only a server on this machine may stay unencrypted."""
    host, domain = url.hostname or "", settings().mail_from.rpartition("@")[2]
    if url.scheme == "smtps":
        context = ssl.create_default_context()
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            host, url.port or 465, domain, timeout=TIMEOUT_S, context=context
        )
    else:
        server = smtplib.SMTP(host, url.port or 25, domain, timeout=TIMEOUT_S)
    try:
        _secure(server, url)
    except BaseException:
        server.close()
        raise
    return server


def _secure(server: smtplib.SMTP, url: SplitResult) -> None:
    server.ehlo_or_helo_if_needed()
    local = url.hostname in LOOPBACK
    if url.scheme == "smtp" and not local and server.has_extn("starttls"):
        server.starttls(context=ssl.create_default_context())
        server.ehlo()
    elif url.scheme == "smtp" and url.username and not local:
        raise smtplib.SMTPException(
            "the server offers no encryption, so it was not given the password: use smtps://"
        )
    if url.username:
        server.login(unquote(url.username), unquote(url.password or ""))


def _message(mail: Mail) -> EmailMessage:
    """The mail with its headers; raises Permanent for an address that is none."""
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    sender = settings().mail_from
    if not mail.to.isascii():
        raise Permanent("the recipient's address needs SMTPUTF8, which most mail servers do not know")
    try:
        message["To"] = Address(addr_spec=mail.to)
        with force_locale(mail.locale):
            message["From"] = Address(one_line(site_name()), addr_spec=sender)
    except (ValueError, IndexError, MessageError):
        raise Permanent("the recipient's address cannot be used") from None
    message["Subject"] = one_line(mail.subject)
    message["Date"] = localtime(now())
    message["Message-ID"] = _message_id(mail.key)
    if mail.thread:
        # A first mail that never was: whatever of the conversation arrives hangs on it, in any order.
        message["In-Reply-To"] = message["References"] = _message_id(f"thread-{mail.thread}")
    if mail.reply_to:
        message["Reply-To"] = Address(addr_spec=mail.reply_to)
    if mail.stop:
        message["List-Unsubscribe"] = f"<{mail.stop}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(with_marker(mail))
    message.add_alternative(html(mail), subtype="html")
    message["Content-Language"] = LANGUAGE_TAGS.get(mail.locale, "zh-CN")
    return message


def _message_id(key: str) -> str:
    return f"<{re.sub(r'[^A-Za-z0-9.-]', '-', key)}@{settings().mail_from.rpartition('@')[2]}>"


def with_marker(mail: Mail) -> str:
    """The mail's text; above one that can be answered stands where an answer must end."""
    if not mail.reply_to:
        return mail.text
    with force_locale(mail.locale):
        return f"{MARKER}\n\n{mail.text}"


def html(mail: Mail) -> str:
    """The mail's text as a simple HTML page, for programs that show only that."""
    with force_locale(mail.locale):
        page = current_app.jinja_env.get_template("mail/base.html")
        return page.render(
            subject=mail.subject,
            paragraphs=[pieces(part) for part in with_marker(mail).strip().split("\n\n")],
            lang=LANGUAGE_TAGS.get(mail.locale, "zh-CN"),
            site_name=site_name(),
            base_url=settings().base_url,
            footer=_("直接回复这封邮件，就能接着说。")
            if mail.reply_to
            else _("这封邮件由系统发出，不用回复。"),
        )


def pieces(text: str) -> list[tuple[str, str]]:
    """``text`` cut at its links to this site: pairs of what to show and where it leads ("" for plain words).

    Other addresses stay words: what somebody typed into a title must not become a link in our mail.
    """
    found: list[tuple[str, str]] = []
    at = 0
    for match in _LINK.finditer(text):
        if not match.group().startswith(settings().base_url + "/"):
            continue
        found += [(text[at : match.start()], ""), (match.group(), match.group())]
        at = match.end()
    return [piece for piece in [*found, (text[at:], "")] if piece[0]]
