"""Mails as the programs of students write them, for the tests of inbound mail."""

from __future__ import annotations

import base64
import quopri
from email.message import EmailMessage

JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 40
PNG = b"\x89PNG\r\n\x1a\n" + b"picture" * 40


def letter(to: str, text: str = "灯还是不亮。", **headers: str) -> EmailMessage:
    """A plain mail; ``headers`` with _ for -."""
    mail = EmailMessage()
    mail["From"] = "lin@mail.test"
    mail["To"] = to
    mail["Subject"] = "Re: 3 号楼漏水"
    mail["Message-ID"] = "<1@mail.test>"
    for name, value in headers.items():
        del mail[name.replace("_", "-")]
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


def raw(body: bytes, kind: str, encoding: str = "8bit", **headers: str) -> bytes:
    """A mail byte by byte, in transfer ``encoding``."""
    coded = {
        "8bit": lambda: body,
        "base64": lambda: base64.encodebytes(body),
        "quoted-printable": lambda: quopri.encodestring(body),
    }[encoding]()
    lines = [f"Content-Type: {kind}", f"Content-Transfer-Encoding: {encoding}", "MIME-Version: 1.0"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\n".join(lines).encode() + b"\n\n" + coded


def with_photos(to: str, *photos: bytes, **headers: str) -> EmailMessage:
    """A mail with pictures, as a phone sends them."""
    mail = letter(to, **headers)
    for photo in photos:
        mail.add_attachment(photo, "image", "jpeg", filename="IMG_0001.jpg")
    return mail


BOUNCE = b"""\
From: MAILER-DAEMON@mail.test
Message-ID: <bounce-1@mail.test>
MIME-Version: 1.0
Auto-Submitted: auto-replied
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

The mail could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mail.test

Final-Recipient: rfc822; gone@mail.test
Action: failed
Status: 5.1.1

--b
Content-Type: message/rfc822

Subject: the mail of ours

our own words
--b--
"""
