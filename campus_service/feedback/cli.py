"""campus-service eval routing, campus-service routing train: neither needs the application or its database."""

from __future__ import annotations

import json
from pathlib import Path

import click

from campus_service.feedback.routing import examples
from campus_service.feedback.routing.examples import BadLines, Example

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("routing")
@click.option("--train", "source", type=_FILE, help="Messages to learn from, as JSON lines; else the shipped ones.")
@click.option("--test", "test", type=_FILE, help="Messages to ask; else cross-validation in the training messages.")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def eval_routing(source: Path | None, test: Path | None, as_json: bool) -> None:
    """Measure routing on messages it has not seen: right department, share by itself, urgent ones found."""
    from campus_service.feedback.routing import evaluation

    learn = _read(source) if source else examples.shipped()
    _need_enough(learn)
    asked = evaluation.held_out(learn, _read(test)) if test else evaluation.cross_validated(learn)
    found = evaluation.figures(asked)
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else evaluation.table(found))


@click.group("routing")
def routing_group() -> None:
    """The classifier that routes feedback."""


@routing_group.command("train")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@click.option("--train", "source", type=_FILE, help="Messages to learn from, as JSON lines; else the shipped ones.")
def train_model(out: Path, source: Path | None) -> None:
    """Train the classifier and write it to a file; the same messages give the same file."""
    from campus_service.feedback.routing import training

    learn = _read(source) if source else examples.shipped()
    _need_enough(learn)
    data = training.train(training.samples(learn)).dumps()
    try:
        out.write_bytes(data)
    except OSError as error:
        raise click.ClickException(f"cannot write {out}: {error.strerror}") from None
    click.echo(f"{len(learn)} messages, {len(data)} bytes: {out}")


def _read(path: Path) -> list[Example]:
    try:
        return examples.read(path)
    except BadLines as error:
        lines = [f"  line {number}: {reason}" for number, reason in error.lines[:20]]
        more = len(error.lines) - len(lines)
        lines += [f"  and {more} more"] if more > 0 else []
        raise click.ClickException("\n".join([f"{path} cannot be read:", *lines])) from None


def _need_enough(learn: list[Example]) -> None:
    """Calibration holds messages out: each department needs some."""
    try:
        examples.need_enough(learn)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
