"""campus-service eval routing and routing train, as they are typed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from campus_service.cli import main
from campus_service.feedback.routing.classifier import Model, shipped
from tests.feedback.routing.conftest import UNSEEN


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    """Types a command in an empty folder, where there is neither database nor settings."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("CAMPUS_")]:
        monkeypatch.delenv(name)

    def type_in(*words: str) -> Result:
        return CliRunner().invoke(main, list(words))

    return type_in


def line(**changes: object) -> str:
    row = {"id": "X1", "title": "灯", "body": "走廊的灯不亮", "department": "logistics", "kind": "request"}
    return json.dumps(row | changes, ensure_ascii=False) + "\n"


def test_a_test_file_is_measured_as_json(run) -> None:  # type: ignore[no-untyped-def]
    done = run("eval", "routing", "--test", str(UNSEEN), "--json")
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert found["messages"] == 248
    assert {
        "top1",
        "top3",
        "automatic",
        "precision",
        "urgent",
        "rules_only",
        "classifier_only",
    } <= found.keys()
    assert sum(found["how"].values()) == 248


def test_without_a_test_file_the_table_is_cross_validated(run) -> None:  # type: ignore[no-untyped-def]
    done = run("eval", "routing")
    assert done.exit_code == 0, done.output
    for words in (
        "600 messages",
        "top-1",
        "by itself",
        "rules only",
        "classifier only",
        "recall",
        "confusions",
    ):
        assert words in done.stdout


def test_every_bad_line_is_refused_with_its_number_and_reason(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    bad = tmp_path / "bad.jsonl"
    lines = (
        line(),
        "{\n",
        line(department="kitchen"),
        line(kind="wish"),
        line(body=" "),
        line(urgent="yes"),
        "[]\n",
    )
    bad.write_text("".join(lines), encoding="utf-8")
    done = run("eval", "routing", "--test", str(bad))
    assert done.exit_code == 1
    assert "line 1:" not in done.output
    for number, reason in ((2, ""), (3, "kitchen"), (4, "wish"), (5, "body"), (6, "urgent"), (7, "object")):
        assert f"line {number}: " in done.output
        assert reason in done.output


def test_bytes_that_are_no_text_and_an_empty_file_are_refused(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    bad = tmp_path / "bad.jsonl"
    bad.write_bytes(line().encode("gbk"))
    assert "line 1: " in run("eval", "routing", "--train", str(bad)).output
    bad.write_bytes(b"\n")
    assert "no messages" in run("eval", "routing", "--train", str(bad)).output


def test_too_few_messages_to_learn_from_are_refused(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    few = tmp_path / "few.jsonl"
    few.write_text(line() * 5 + line(department="library"), encoding="utf-8")
    done = run("eval", "routing", "--train", str(few))
    assert done.exit_code == 1
    assert "fewer: library" in done.output


def test_a_file_of_other_messages_can_be_learnt_from(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    own, out = tmp_path / "own.jsonl", tmp_path / "own.bin"
    texts = {"logistics": "走廊的灯不亮", "library": "借书超期"}
    own.write_text(
        "".join(line(body=texts[code], department=code) for code in texts for _n in range(8)), "utf-8"
    )
    done = run("routing", "train", "--train", str(own), "--out", str(out))
    assert done.exit_code == 0, done.output
    learnt = Model.loads(out.read_bytes())
    assert learnt.dumps() != shipped().dumps()
    assert learnt.candidates("", "走廊的灯不亮")[0].department == "logistics"
