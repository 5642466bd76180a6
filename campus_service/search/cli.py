"""campus-service search: the index rebuilt and checked; campus-service eval search: how well each engine finds."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import click
from flask.cli import with_appcontext

from campus_service.core.errors import Invalid

if TYPE_CHECKING:
    from campus_service.search.reconciling import Differences

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


@click.group("search")
def search_index() -> None:
    """The search index."""


@search_index.command("rebuild")
@with_appcontext
def rebuild_index() -> None:
    """Read every document from the features, its words cut anew, then build the index; the old one answers meanwhile."""
    from campus_service.search import reconciling
    from campus_service.search.engine import EngineUnavailable

    try:
        with Progress() as tell:
            mended, done = reconciling.rebuild(tell)
    except EngineUnavailable as error:
        raise click.ClickException(f"the index cannot be written: {error}") from None
    _print(mended)
    click.echo(f"The index holds {done} documents.")


@search_index.command("check")
@with_appcontext
def check_index() -> None:
    """Say how far the index is behind, then compare features, documents and index, and mend what differs.

    Exit code 1 when anything differed.
    """
    from campus_service.search import reconciling

    behind = reconciling.lag()
    click.echo(f"{behind.changes} changes are not in the index yet, the oldest for {behind.oldest_s:.0f} s.")
    differing = [each for each in reconciling.reconcile() if each.any]
    _print(differing)
    if differing:
        sys.exit(1)
    click.echo("Nothing had to be mended.")


def _print(differences: Sequence[Differences]) -> None:
    from campus_service.search.reconciling import INDEX

    for each in differences:
        counted = f"{each.missing} missing, {each.stale} stale, {each.surplus} surplus"
        if each.unreadable:
            click.echo("The index is missing or damaged; the worker builds it anew.")
        elif each.kind == INDEX and each.any:
            click.echo(f"The index differs from the table: {counted}; the worker builds it anew.")
        elif each.any:
            click.echo(f"{each.kind}: {counted}, mended.")


class Progress:
    """On a terminal a bar for each thing that is worked on, elsewhere a line for every tenth of it."""

    def __init__(self) -> None:
        self._bars = ExitStack()
        self._bar: Any = None
        self._at: tuple[str, int] = ("", 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.close()

    def __call__(self, what: str, done: int, total: int) -> None:
        """``done`` of ``total`` documents are done."""
        before, self._at = self._at, (what, 10 * done // max(total, 1))
        if sys.stderr.isatty():
            self._draw(what, done, total, new=before[0] != what)
        elif before != self._at:
            click.echo(f"{what}: {done} of {total}", err=True)

    def _draw(self, what: str, done: int, total: int, *, new: bool) -> None:
        if new:
            self._bars.close()
            self._bar = self._bars.enter_context(
                click.progressbar(length=total, label=f"{what:<8}", file=sys.stderr, show_pos=True)
            )
        self._bar.update(done - self._bar.pos)
