"""campus-service eval matching: needs neither the application nor its database."""

from __future__ import annotations

import json
from pathlib import Path

import click

from campus_service.config import Settings


@click.command("matching")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--background",
    default=0,
    show_default=True,
    type=click.IntRange(0, 200_000),
    help="Generated reports mixed in.",
)
@click.option(
    "--threshold", type=float, help="Score from which a loser is told. Default: CAMPUS_MATCH_ALERT's."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def eval_matching(file: Path, background: int, threshold: float | None, as_json: bool) -> None:
    """Measure matching on FILE (.jsonl with "pair"): recall in both directions, alerts. Reads no private marks."""
    from campus_service.lostfound.matching import evaluation

    least = Settings.model_fields["match_alert"].default if threshold is None else threshold
    try:
        found = evaluation.figures(evaluation.load(file), background, least)
    except evaluation.BadFile as error:
        raise click.ClickException(f"{file} cannot be read: {error}") from None
    click.echo(json.dumps(found, ensure_ascii=False, indent=2) if as_json else evaluation.table(found))
