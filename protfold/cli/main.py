"""The command line's root."""

import sys
from typing import Annotated, Any

import typer

import protfold
from protfold.cli import compare, console, design, doctor, fold, relax, report, score, train, validate, weights

UsageError: Any = typer.BadParameter.__mro__[1]  # Typer exports its children only

app = typer.Typer(
    name="protfold",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Protein structure prediction and sequence design: from a sequence to scored models, and from a backbone to sequences.",
)
app.command("fold")(fold.fold)
app.command("design")(design.design)
app.command("score")(score.score)
app.command("relax")(relax.relax)
app.command("compare")(compare.compare)
app.command("report")(report.report)
app.command("validate")(validate.validate)
app.command("doctor")(doctor.doctor)
app.add_typer(train.app, name="train")
app.add_typer(weights.app, name="weights")


def _show_version(wanted: bool) -> bool:
    if wanted:
        typer.echo(f"protfold {protfold.__version__}")
        raise typer.Exit
    return wanted


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and leave.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the `protfold` command; a wrong command line is told in two lines."""
    try:
        sys.exit(app(standalone_mode=False))
    except UsageError as error:
        if problem := error.format_message():  # empty where help was shown for a bare command
            command = error.ctx.command_path if error.ctx else "protfold"
            console.show_error(f"{problem}\n`{command} --help` shows what is possible.")
        sys.exit(console.UNUSABLE)
