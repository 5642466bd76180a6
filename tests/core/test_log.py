"""Logs go to standard error, one line of JSON each, from the chosen level up."""

from __future__ import annotations

import json

import pytest
import structlog

from campus_service.core import log


def test_an_event_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info")
    structlog.get_logger().warning("mail refused", code=550, reason="信箱满了")
    out, err = capsys.readouterr()
    (line,) = err.splitlines()
    event = json.loads(line)
    assert out == ""
    assert (event["event"], event["level"], event["code"]) == ("mail refused", "warning", 550)
    assert "信箱满了" in line


def test_an_error_keeps_its_traceback_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("info")
    try:
        raise ValueError("odd")
    except ValueError:
        structlog.get_logger().exception("failed")
    (line,) = capsys.readouterr().err.splitlines()
    assert "ValueError: odd" in json.loads(line)["exception"]


def test_what_is_below_the_level_is_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    log.configure("error")
    structlog.get_logger().warning("not this")
    structlog.get_logger().error("this")
    log.configure("info")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["this"]
