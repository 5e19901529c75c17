"""What the commands of all flows have in common."""

import sys

import typer

from protfold.cli import console
from protfold.cli.main import UsageError


def new_app() -> typer.Typer:
    """The application that a flow's one command is registered with."""
    return typer.Typer(
        pretty_exceptions_enable=False, add_completion=False, context_settings={"help_option_names": ["-h", "--help"]}
    )


def run_app(app: typer.Typer, module: str) -> None:
    """Run the command of `python -m MODULE`; a wrong command line is told in two lines."""
    try:
        sys.exit(app(standalone_mode=False))
    except UsageError as error:
        if problem := error.format_message():
            console.show_error(f"{problem}\n`python -m {module} --help` shows what is possible.")
        sys.exit(console.UNUSABLE)
