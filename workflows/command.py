"""What the commands of all flows have in common."""

import inspect
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from protfold.cli import console
from protfold.cli.main import UsageError
from workflows.runners import Runner

if TYPE_CHECKING:
    from workflows.fold import TaskSettings

_TASKS = "How tasks are run"
RunnerName = Annotated[
    Runner, typer.Option(help="Where tasks are worked on; dask and ray need their extra package.", rich_help_panel=_TASKS)
]
Workers = Annotated[int, typer.Option(min=1, help="Targets or backbones at a time.", rich_help_panel=_TASKS)]
PredictionsAtOnce = Annotated[
    int, typer.Option(min=1, help="Predictions or designs at a time on one machine.", rich_help_panel=_TASKS)
]
Retries = Annotated[int, typer.Option(min=0, help="Further tries of a task after an error that may pass.", rich_help_panel=_TASKS)]
TimeLimit = Annotated[
    float | None, typer.Option(min=0.001, help="Minutes that one task may work.", show_default="none", rich_help_panel=_TASKS)
]


def task_settings(*, retries: int, time_limit: float | None, predictions_at_once: int) -> "TaskSettings":
    """The settings that the options ask for."""
    from workflows.fold import TaskSettings

    seconds = None if time_limit is None else 60 * time_limit
    return TaskSettings(retries=retries, time_limit_seconds=seconds, predictions_at_once=predictions_at_once)


def with_parameters(command: Any, other: Any, place: str) -> Any:
    """The flow's command with the parameters of another in front of its own, so that the two never differ.

    Args:
        command: takes them as keyword arguments, by its parameter `place`.
        other: the command of `protfold`.
        place: a name.
    """
    own = [parameter for parameter in inspect.signature(command).parameters.values() if parameter.name != place]
    of_other = list(inspect.signature(other).parameters.values())
    command.__signature__ = inspect.Signature([*of_other, *own])
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in (*of_other, *own)}
    return command


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
