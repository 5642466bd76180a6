"""Commands that need the application: worker, database, import, demo, search, audit, check."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

import click
from flask import Flask, current_app
from flask.cli import ScriptInfo, with_appcontext

from campus_service import check
from campus_service.app import create_app
from campus_service.config import BadSetting, Settings
from campus_service.core import audit, schema
from campus_service.core.errors import DomainError
from campus_service.core.i18n import force_locale
from campus_service.core.importing import Refusals
from campus_service.core.settings import settings
from campus_service.feedback.cli import eval_routing
from campus_service.lostfound.matching.cli import eval_matching
from campus_service.search.cli import eval_search
from campus_service.start import CannotStart, environment

# These commands must work on a database that is not up to date.
_ON_ANY_DATABASE = ("check", "db", "prepare")


def application_for(command: str) -> ScriptInfo:
    """How ``command`` gets its application; building it raises CannotStart instead of a traceback."""

    def build() -> Flask:
        try:
            app = create_app(Settings.from_env(environment()))
        except BadSetting as error:
            raise CannotStart(str(error)) from None
        if command not in _ON_ANY_DATABASE:
            with app.app_context():
                _refuse_old_database()
        return app

    return ScriptInfo(create_app=build, set_debug_flag=False, load_dotenv_defaults=False)


def _refuse_old_database() -> None:
    if not schema.is_current():
        raise CannotStart("the database is not up to date: run campus-service db upgrade")


@contextmanager
def _spoken() -> Iterator[None]:
    """Messages in the terminal's language; a DomainError becomes one line."""
    language = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    with force_locale("zh_CN" if language.startswith("zh") else "en"):
        try:
            yield
        except DomainError as error:
            raise click.ClickException(str(error)) from None


@click.command()
@with_appcontext
def worker() -> None:
    """Run jobs (index, mail, reminders) until Ctrl+C or SIGTERM; takes answers to mails where that is on."""
    from campus_service.jobs.queue import run_worker, settle
    from campus_service.notifications import listener

    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    # Until the queue listens to signals itself, being asked to end is an end like any other.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    settle()
    with listener.beside_the_worker(app):
        run_worker(app, settings().worker_threads)


@click.command("inbound")
@with_appcontext
def inbound_mail() -> None:
    """Take answers to mails by SMTP, without running jobs, until Ctrl+C or SIGTERM; needs CAMPUS_INBOUND_PORT."""
    from campus_service.notifications import listener

    if not settings().inbound_port:
        raise CannotStart("inbound mail is off: set CAMPUS_INBOUND_PORT to the port to listen on")
    try:
        listener.run(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
    except OSError as error:
        where = f"{settings().inbound_host}:{settings().inbound_port}"
        raise CannotStart(
            f"CAMPUS_INBOUND_PORT: cannot listen on {where}: {error.strerror or error}"
        ) from None


@click.command()
@with_appcontext
def prepare() -> None:
    """Bring the database up to date; with CAMPUS_DEMO=true fill an empty one and print the demo sign-ins."""
    from flask_migrate import upgrade

    if not schema.is_current():
        click.echo("Preparing the database …", err=True)
        upgrade()
    if settings().demo:
        _load_demo()
        _print_sign_ins()


def _load_demo() -> bool:
    """Fill an empty registry, service guide and inbox; returns whether the registry was empty."""
    from campus_service.bulletin import demo as bulletin
    from campus_service.feedback import demo as inbox
    from campus_service.guide import demo as guides
    from campus_service.lostfound import demo

    def tell(done: int, total: int) -> None:
        if done in (1, total):
            click.echo(f"Demo data: picture {done} of {total} …", err=True)

    with _spoken():
        guides.load()
        loaded = demo.load(tell) is not None
        inbox.load()
        bulletin.load()
        return loaded


def _print_sign_ins() -> None:
    from campus_service.accounts.demo import DEMO_PEOPLE, PASSWORD

    click.echo(f"Sign in with the password {PASSWORD} as")
    width = max(len(person.email) for person in DEMO_PEOPLE)
    for person in DEMO_PEOPLE:
        click.echo(f"  {person.email:{width}}  {person.name}  {person.part}")
    click.echo(f"Mails of the demo: {settings().base_url}/demo/mail")


@click.group("db")
def database() -> None:
    """The database's tables."""


@database.command("upgrade")
@click.argument("revision", default="head")
@with_appcontext
def upgrade_database(revision: str) -> None:
    """Bring the tables up to REVISION, by default the last one."""
    from flask_migrate import upgrade

    upgrade(revision=revision)
    click.echo(f"The database is at {_standing()}.")


@database.command("downgrade")
@click.argument("revision")
@click.confirmation_option(prompt="Going back drops what newer tables and columns hold. Continue?")
@with_appcontext
def downgrade_database(revision: str) -> None:
    """Take the tables back to REVISION ("base": none)."""
    from flask_migrate import downgrade

    downgrade(revision=revision)
    click.echo(f"The database is at {_standing()}.")


@database.command("current")
@with_appcontext
def current_revision() -> None:
    """Print which revision the tables are at, and the last one."""
    click.echo(f"The database is at {_standing()}; the last one is {', '.join(sorted(schema.shipped()))}.")


def _standing() -> str:
    return ", ".join(sorted(schema.standing())) or "base (no tables)"


@click.group("import")
def importer() -> None:
    """Bring in data from files."""


@importer.command("lostfound")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option(
    "--mapping",
    default="",
    help="ours, lost112, sncf, a name kept on the site, or a .json file; else by the headings.",
)
@click.option("--dry-run", is_flag=True, help="Check every line, store nothing.")
@click.option(
    "--refused", type=click.Path(dir_okay=False, path_type=Path), help="Write refused lines to this CSV file."
)
@with_appcontext
def import_lostfound(file: Path, mapping: str, dry_run: bool, refused: Path | None) -> None:
    """Import lost and found reports from FILE (.csv in any usual encoding, .xlsx or .jsonl).

    Every refused line is printed with its number and reason; good lines are stored together or not at all.
    Exit code 1 when a line was refused.
    """
    from campus_service.lostfound.importing import import_file, mapping_named, refusals_to

    with _spoken():
        chosen = mapping_named(mapping)
    with refusals_to(refused) as note:
        run = partial(import_file, mapping=chosen, on_refused=note)
        report = _import(file, run, dry_run)
    _end_import(report, f"{report.found} found, {report.lost} lost", dry_run)


@importer.command("guides")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every line, store nothing.")
@with_appcontext
def import_guides(file: Path, dry_run: bool) -> None:
    """Import service guides from FILE (.jsonl, UTF-8 or GBK).

    Every refused line is printed with its number and reason; good lines are stored together or not at all.
    Exit code 1 when a line was refused.
    """
    from campus_service.guide.importing import import_file

    report = _import(file, import_file, dry_run)
    _end_import(report, f"{report.taken} guides", dry_run)


@importer.command("bulletin")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Check every line, store nothing.")
@with_appcontext
def import_bulletin(file: Path, dry_run: bool) -> None:
    """Take over published issues of the bulletin from FILE (.jsonl, UTF-8 or GBK), with their numbers.

    Every refused line is printed with its number and reason; an issue is stored whole or not at all.
    Exit code 1 when a line was refused.
    """
    from campus_service.bulletin.importing import import_file

    report = _import(file, import_file, dry_run)
    _end_import(report, f"{report.issues} issues, {report.articles} articles", dry_run)


R = TypeVar("R", bound=Refusals)


def _import(file: Path, import_file: Callable[..., R], dry_run: bool) -> R:
    """Run an import with a progress bar and print each refused line in the terminal's language."""
    with _spoken():
        with click.progressbar(length=file.stat().st_size, label=file.name, file=sys.stderr) as bar:
            report = import_file(file, dry_run=dry_run, progress=bar.update)
        for refused in report.refused:
            click.echo(f"line {refused.line}: {refused.reason}")
    return report


def _end_import(report: Refusals, taken: str, dry_run: bool) -> None:
    if report.refused_count > len(report.refused):
        click.echo(f"… and {report.refused_count - len(report.refused)} more refused lines")
    click.echo(f"{'would be imported' if dry_run else 'imported'}: {taken}; refused: {report.refused_count}")
    if report.refused_count:
        sys.exit(1)


@click.group()
def demo() -> None:
    """Demo data."""


@demo.command("load")
@with_appcontext
def load_demo() -> None:
    """Fill an empty registry with the demo; only with CAMPUS_DEMO=true."""
    if not settings().demo:
        raise CannotStart("demo data is for a demo only: set CAMPUS_DEMO=true")
    click.echo(
        "The demo is loaded."
        if _load_demo()
        else "The registry holds something already: nothing was changed."
    )
    _print_sign_ins()


@click.group("eval")
def evaluations() -> None:
    """Measure what the site decides by itself; needs no database."""


evaluations.add_command(eval_routing)
evaluations.add_command(eval_matching)
evaluations.add_command(eval_search)


@click.group("audit")
def audit_log() -> None:
    """The audit log."""


@audit_log.command("verify")
@with_appcontext
def verify_audit_log() -> None:
    """Walk the chain of hashes; exit code 1 when a link does not hold."""
    faults = 0
    for fault in audit.verify():
        faults += 1
        click.echo(str(fault))
    click.echo(f"{audit.count()} entries, {faults or 'no'} broken link{'' if faults == 1 else 's'}.")
    if faults:
        sys.exit(1)


@click.command("check")
def check_all() -> None:
    """Say what is wrong with this installation and how to mend it; exit code 1 when anything is."""
    findings = list(check.findings(environment()))
    for finding in findings:
        click.echo(f"{'ok     ' if finding.ok else 'PROBLEM'}  {finding.name}: {finding.detail}")
        if finding.mend:
            click.echo(f"         → {finding.mend}")
    if not all(finding.ok for finding in findings):
        sys.exit(1)
