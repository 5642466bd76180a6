"""campus-service eval routing, campus-service routing train: neither needs the application or its database."""

from __future__ import annotations

import json
from pathlib import Path

import click

from campus_service.feedback.routing import examples
from campus_service.feedback.routing.examples import BadLines, Example

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_LEARN = click.option(
    "--train",
    "sources",
    type=_FILE,
    multiple=True,
    help="Messages to learn from, as JSON lines; may be given several times. Else the shipped ones.",
)


@click.command("routing")
@_LEARN
@click.option(
    "--test", "test", type=_FILE, help="Messages to ask; else cross-validation in the training messages."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def eval_routing(sources: tuple[Path, ...], test: Path | None, as_json: bool) -> None:
    """Measure routing on messages it has not seen: right department, share by itself, urgent ones found."""
    from campus_service.feedback.routing import evaluation

    learn = _learn_from(sources)
    asked = evaluation.held_out(learn, _read(test)) if test else evaluation.cross_validated(learn)
    found = evaluation.figures(asked)
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else evaluation.table(found))


@click.group("routing")
def routing_group() -> None:
    """The classifier that routes feedback."""


@routing_group.command("train")
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="File to write.")
@_LEARN
def train_model(out: Path, sources: tuple[Path, ...]) -> None:
    """Train the classifier and write it to a file; the same messages give the same file."""
    from campus_service.feedback.routing import training

    learn = _learn_from(sources)
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


def _learn_from(sources: tuple[Path, ...]) -> list[Example]:
    """The messages of the files, enough that calibration can hold some of each department out."""
    learn = [one for path in sources for one in _read(path)] or examples.shipped()
    try:
        examples.need_enough(learn)
    except ValueError as error:
        raise click.ClickException(str(error)) from None
    return learn
