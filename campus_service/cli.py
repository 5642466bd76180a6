"""The command line: campus-service. What needs the application is loaded only when it is asked for."""

from __future__ import annotations

import os
import secrets
from importlib import import_module

import click

from campus_service import __version__, start

# Each command that needs the application, and where it lives.
LAZY = {
    "audit": "campus_service.operations:audit_log",
    "calendar": "campus_service.admin.cli:calendar_group",
    "check": "campus_service.operations:check_all",
    "db": "campus_service.operations:database",
    "demo": "campus_service.operations:demo",
    "eval": "campus_service.operations:evaluations",
    "import": "campus_service.operations:importer",
    "inbound": "campus_service.operations:inbound_mail",
    "prepare": "campus_service.operations:prepare",
    "routing": "campus_service.feedback.cli:routing_group",
    "search": "campus_service.search.cli:search_index",
    "user": "campus_service.accounts.cli:group",
    "worker": "campus_service.operations:worker",
}


class _LazyGroup(click.Group):
    """Imports a command when it is asked for: `run` stays small beside the processes that it starts."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *LAZY])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in LAZY:
            return super().get_command(ctx, cmd_name)
        module, _colon, name = LAZY[cmd_name].partition(":")
        command = getattr(import_module(module), name)
        assert isinstance(command, click.Command)  # noqa: S101  # for the type checker
        return command


@click.group(cls=_LazyGroup)
@click.version_option(__version__, prog_name="campus-service")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Run and look after the campus site. Settings are CAMPUS_* variables: see docs/settings.md."""
    if ctx.obj is None and ctx.invoked_subcommand in LAZY:
        from campus_service.operations import application_for

        ctx.obj = application_for(ctx.invoked_subcommand)


@main.command()
@click.option("--demo", is_flag=True, help="With demo data and demo sign-ins: never for a real site.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
def run(demo: bool, host: str, port: int) -> None:
    """Start everything on this machine: database, web server and worker; Ctrl+C ends all."""
    start.run(start.Address(host, port), demo)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 64), help="Processes.")
@click.option(
    "--threads", default=4, show_default=True, type=click.IntRange(1, 64), help="Threads of each process."
)
def web(host: str, port: int, workers: int, threads: int) -> None:
    """Run the web server alone, for a service manager."""
    command = start.gunicorn(start.Address(host, port, workers, threads))
    os.execve(command[0], command, start.environment())  # noqa: S606  # the server takes this process over


@main.command()
def secret() -> None:
    """Print a new value for CAMPUS_SECRET_KEY."""
    click.echo(secrets.token_urlsafe(48))


if __name__ == "__main__":
    main(prog_name="campus-service")
