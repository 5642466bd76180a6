"""Addresses that only we can make: `<prefix>+<ids>.<signature>@<domain>`."""

from __future__ import annotations

import pytest
from flask import Flask

from campus_service.core.settings import KEY
from campus_service.notifications import inbound
from campus_service.notifications.inbound import read_address, signed_address
from tests.notifications.mailroom import (
    Features,
)


def test_an_address_says_again_what_it_was_made_of(app: Flask, features: Features) -> None:
    address = signed_address("case", 123, 45)
    assert address.endswith("@answers.campus.test")
    assert address.startswith("case+123.45.")
    assert read_address(address) == ("case", (123, 45))
    assert read_address(address.upper()) == ("case", (123, 45))
    assert read_address(signed_address("bounce", 7)) == ("bounce", (7,))
    assert read_address(signed_address("case", 2, 0)) == ("case", (2, 0))


def test_the_longest_address_is_one_that_mail_servers_take(app: Flask, features: Features) -> None:
    big = 2**31 - 1
    assert len(signed_address("bulletin", big, big).partition("@")[0]) <= 64


def test_an_address_cannot_be_made_by_others_or_for_others(app: Flask, features: Features) -> None:
    good = signed_address("case", 123, 45)
    signature = good.partition("@")[0].rpartition(".")[2]
    for forged in (
        good.replace("case+123.45", "case+124.45"),
        good.replace("case+123.45", "case+123.46"),
        good.replace("case+", "bounce+"),
        good.replace("case+123.45", "case+0123.45"),
        good.replace(signature, "a" * 24),
        good.replace(signature, signature[:-1]),
        good.replace("answers.campus.test", "campus.test"),
        good.replace("case+", "case"),
        signed_address("nobody", 1),
        f"x{good}",
        f"{good}x",
        good.replace("123", "１２３"),
        "",
        "@",
        "lin@mail.test",
    ):
        assert read_address(forged) is None, forged


def test_another_secret_makes_other_addresses(app: Flask, features: Features) -> None:
    good = signed_address("case", 1)
    settings = app.extensions[KEY]
    other = type(settings.secret_key)("another secret that is 32 letters long")
    app.extensions[KEY] = settings.model_copy(update={"secret_key": other})
    assert read_address(good) is None


@pytest.mark.parametrize("ids", [(), (1, 2, 3, 4), (-1,)])
def test_what_cannot_be_an_address_is_refused(app: Flask, features: Features, ids: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="one to three numbers"):
        signed_address("case", *ids)
    with pytest.raises(ValueError, match="small letters"):
        inbound.register_address("Case+", features.on_case)
