"""The commands, in the order of the help page."""

from __future__ import annotations

from typing import Annotated

import typer

from regen.cli import cycle, look, settle

app = typer.Typer(
    name="regen",
    help="Keeps generated code in step with a knowledge graph.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 done, 1 a check found something, 2 wrong usage, configuration or input, 3 conflicts are open, "
    "4 a gate said no, 5 a deployment failed and was rolled back, 6 the state cannot be used, 7 not allowed, "
    "130 interrupted.",
)


def _version(asked: bool) -> None:
    if asked:
        from regen import __version__

        typer.echo(f"regen {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[  # noqa: FBT002, RUF100 - typer's way
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keeps generated code in step with a knowledge graph."""
    del version


app.command("init")(settle.init)
app.command("plan")(cycle.plan)
app.command("apply")(cycle.apply)
app.command("watch")(cycle.watch)
app.command("diff")(look.diff)
app.command("why")(look.why)
app.command("status")(look.status)
app.command("history")(look.history)
app.command("show")(look.show_release)
app.command("rollback")(settle.rollback)
app.command("resume")(settle.resume)
app.command("restore")(settle.restore)
app.command("conflicts")(look.conflicts)
app.command("resolve")(settle.resolve)
app.command("plugins")(look.plugins)
app.command("prune")(settle.prune)
app.command("demo")(settle.demo)
