"""A month in fast time: every reminder and escalation comes at its moment, and none too many (bench/month.py)."""

from __future__ import annotations

import pytest
from flask import Flask

from bench.month import render, simulate
from campus_service.core.audit import verify
from campus_service.feedback.service import sending


def test_each_clock_of_a_month_of_cases_is_kept(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "PER_DAY", sending.PER_DAY)  # the month raises it; put back afterwards
    figures = simulate(cases=40)
    assert figures["faults"] == [], render(figures)
    assert figures["checked"]["step 100"] > 20
    assert list(verify()) == []
