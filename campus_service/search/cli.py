"""campus-service eval search: how well each engine finds what people mean."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from campus_service.core.errors import Invalid

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command("search")
@click.option(
    "--items", required=True, type=_FILE, help="Reports, one JSON object a line (as lostfound.jsonl)."
)
@click.option(
    "--queries", required=True, type=_FILE, help='Judged queries: {"q", "kind", "relevant": [ids]}.'
)
@click.option(
    "--postgresql", default="", help="Address of an empty PostgreSQL database to ask too; it stays empty."
)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def eval_search(items: Path, queries: Path, postgresql: str, as_json: bool) -> None:
    """Measure search on judged queries, per engine: recall@10, precision of what is shown, MRR."""
    from campus_service.search import evaluating

    try:
        documents, asked = evaluating.read_items(items), evaluating.read_queries(queries)
    except Invalid as error:
        raise click.ClickException(str(error)) from None
    found = {"whoosh": evaluating.figures(evaluating.whoosh(documents, asked))}
    with tempfile.TemporaryDirectory() as folder:
        places = {"sqlite": f"sqlite:///{folder}/search.db"} | (
            {"postgresql": postgresql} if postgresql else {}
        )
        for name, url in places.items():
            found[name] = evaluating.figures(evaluating.database(url, documents, asked))
    click.echo(json.dumps(found, indent=2) if as_json else evaluating.table(found))
