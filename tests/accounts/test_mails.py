"""The words of the mails, in both languages."""

from __future__ import annotations

import pytest
from flask import Flask

from campus_service.core.i18n import LOCALES
from campus_service.notifications.mail import compose

PARAMS = {
    "confirm": {"link": "http://campus.test/confirm/x", "student_no": "2026110001"},
    "known": {"name": "林小满", "email": "lin@campus.test"},
    "reset": {"name": "林小满", "link": "http://campus.test/reset/x"},
    "password_changed": {"name": "林小满"},
    "invited": {"name": "林小满", "link": "http://campus.test/reset/x"},
}


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("letter", PARAMS)
def test_a_mail_has_a_subject_its_link_and_no_holes(app: Flask, letter: str, locale: str) -> None:
    mail = compose("lin@campus.test", locale, f"accounts/{letter}", PARAMS[letter], "key")
    assert mail.subject
    assert "%(" not in mail.text + mail.subject
    assert "http://campus.test/" in mail.text
    assert PARAMS[letter].get("link", "") in mail.text
